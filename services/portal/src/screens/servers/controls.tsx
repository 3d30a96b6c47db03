import { NativeSelect, Slider, Switch } from '@mantine/core';
import { languages } from '#infra/kernel/languages.ts';
import { presetNames } from '#services/contracts/presets.ts';
import { mostWaiting, skippable } from '#services/contracts/settings.ts';
import type { GuildDetail, GuildSettings } from '../../api/types.ts';
import { isolated } from '../../parts/names.ts';
import { Setting } from '../../parts/setting.tsx';
import {
  announcedWords,
  filterWords,
  languageNames,
  leftOutNames,
  leaveWords,
  lengthWords,
  requestsWords,
  tracksWords,
} from './setting-words.ts';

const leaving = [60, 300, 600, 1_800, 3_600, 7_200];
const lengths = [10, 25, 50, 100, 250, 500, 1_000];

/** A choice beside those that are offered stays one. */
const among = (offered: readonly number[], chosen: number | null): readonly number[] =>
  chosen === null || offered.includes(chosen) ? offered : [...offered, chosen].toSorted((one, other) => one - other);

/** The settings of a server, one control each; without `change` they can only be read. */
export function Controls(props: {
  guild: GuildDetail;
  settings: GuildSettings;
  change?: (part: Partial<GuildSettings>) => void;
}) {
  const { guild, settings, change } = props;
  const off = change === undefined;
  return (
    <div className="card rows settings">
      <Setting
        title="Language"
        text="For messages that everybody sees. What only one member sees is in that member's language."
      >
        <NativeSelect
          aria-label="Language"
          value={settings.language ?? ''}
          disabled={off}
          onChange={({ currentTarget: { value } }) =>
            change?.({ language: languages.find((language) => language === value) ?? null })
          }
          data={[
            { value: '', label: "The server's language at Discord" },
            ...languages.map((language) => ({ value: language, label: languageNames[language] })),
          ]}
        />
      </Setting>
      <Volume volume={settings.volume} {...(change ? { change } : {})} />
      <Setting title="Filter at the start" text="The filter with which music starts when the bot joins a channel.">
        <NativeSelect
          aria-label="Filter at the start"
          value={settings.startFilter ?? ''}
          disabled={off}
          onChange={({ currentTarget: { value } }) =>
            change?.({ startFilter: presetNames.find((name) => name === value) ?? null })
          }
          data={[
            { value: '', label: filterWords(null) },
            ...presetNames.map((name) => ({ value: name, label: filterWords(name) })),
          ]}
        />
      </Setting>
      <Setting title="Leaving" text="When the bot leaves a voice channel where nobody listens or nothing plays.">
        <NativeSelect
          aria-label="Leaving"
          value={settings.stay ? 'stay' : String(settings.leaveAfterSec ?? '')}
          disabled={off}
          onChange={({ currentTarget: { value } }) =>
            change?.(
              value === 'stay' ? { stay: true } : { stay: false, leaveAfterSec: value === '' ? null : Number(value) },
            )
          }
          data={[
            { value: '', label: leaveWords({ ...settings, stay: false, leaveAfterSec: null }) },
            ...among(leaving, settings.leaveAfterSec).map((seconds) => ({
              value: String(seconds),
              label: `After ${lengthWords(seconds)}`,
            })),
            { value: 'stay', label: 'Never: it stays around the clock' },
          ]}
        />
      </Setting>
      <Setting title="What is playing" text="Where the message with the current track and its buttons is posted.">
        <NativeSelect
          aria-label="What is playing"
          value={settings.announce ? (settings.announceIn ?? '') : 'off'}
          disabled={off}
          onChange={({ currentTarget: { value } }) =>
            change?.(
              value === 'off' ? { announce: false } : { announce: true, announceIn: value === '' ? null : value },
            )
          }
          data={placesIn(guild, settings)}
        />
      </Setting>
      <Setting
        title="Request channel"
        text="A channel in which a message with a link, an audio file or words adds music, as /play does. Discord has to let the bot read messages: switch on “Message Content Intent” on the Bot page of the Discord Developer Portal."
      >
        <NativeSelect
          aria-label="Request channel"
          value={settings.requestChannel ?? ''}
          disabled={off}
          onChange={({ currentTarget: { value } }) => change?.({ requestChannel: value === '' ? null : value })}
          data={[
            { value: '', label: 'None' },
            ...textChannels(guild, settings.requestChannel, requestsWords(settings, guild)),
          ]}
        />
      </Setting>
      <Setting title="Voice channel status" text="The title of the current track below the name of the voice channel.">
        <Switch
          aria-label="Voice channel status"
          checked={settings.voiceStatus}
          disabled={off}
          onChange={({ currentTarget: { checked } }) => change?.({ voiceStatus: checked })}
        />
      </Setting>
      <Setting
        title="Fair queue"
        text="Members take turns, however many tracks each of them adds. What is added to play next still comes first."
      >
        <Switch
          aria-label="Fair queue"
          checked={settings.fair}
          disabled={off}
          onChange={({ currentTarget: { checked } }) => change?.({ fair: checked })}
        />
      </Setting>
      <Setting title="Longest queue" text="How many tracks may wait at once. Limits for each member are in the policy.">
        <NativeSelect
          aria-label="Longest queue"
          value={String(settings.queueLimit ?? '')}
          disabled={off}
          onChange={({ currentTarget: { value } }) => change?.({ queueLimit: value === '' ? null : Number(value) })}
          data={[
            ...among(lengths, settings.queueLimit).map((count) => ({
              value: String(count),
              label: tracksWords(count),
            })),
            { value: '', label: tracksWords(mostWaiting) },
          ]}
        />
      </Setting>
      <Setting title="Left out of videos" text="Parts of YouTube videos, where the music server has SponsorBlock.">
        <NativeSelect
          aria-label="Left out of videos"
          value={settings.skipSegments}
          disabled={off}
          onChange={({ currentTarget: { value } }) =>
            change?.({ skipSegments: skippable.find((name) => name === value) ?? 'off' })
          }
          data={skippable.map((name) => ({ value: name, label: leftOutNames[name] }))}
        />
      </Setting>
    </div>
  );
}

function Volume(props: { volume: number | null; change?: (part: Partial<GuildSettings>) => void }) {
  const { volume, change } = props;
  const off = change === undefined;
  return (
    <Setting
      title="Volume at the start"
      text="The volume at which music starts when the bot joins a channel. Without it, the last volume is kept."
    >
      <div className="vote">
        <Switch
          aria-label="Set the volume at the start"
          checked={volume !== null}
          disabled={off}
          onChange={({ currentTarget: { checked } }) => change?.({ volume: checked ? 100 : null })}
        />
        {volume !== null && (
          <Slider
            flex={1}
            min={0}
            max={150}
            step={5}
            disabled={off}
            value={volume}
            onChange={(percent) => change?.({ volume: percent })}
            label={(percent) => `${percent}%`}
            thumbLabel="Volume at the start, in percent"
          />
        )}
        {volume !== null && <span className="volume-number">{volume} %</span>}
      </div>
    </Setting>
  );
}

const placesIn = (guild: GuildDetail, settings: GuildSettings) => [
  { value: '', label: 'Where music was requested' },
  ...textChannels(guild, settings.announceIn, announcedWords({ ...settings, announce: true }, guild)),
  { value: 'off', label: 'Nowhere' },
];

/** The channels that there are, and the chosen one even if it no longer exists. */
function textChannels({ text }: GuildDetail, chosen: string | null, label: string) {
  const channels = text.map(({ id, name }) => ({ value: id, label: isolated(`#${name}`) }));
  const isGone = chosen !== null && !text.some(({ id }) => id === chosen);
  return isGone ? [...channels, { value: chosen, label }] : channels;
}
