import { MultiSelect, NativeSelect, SegmentedControl, Slider, Switch } from '@mantine/core';
import { categoryNames, djCategories, ruledCommands } from '#policies/commands.ts';
import { sourceNames } from '#policies/sources.ts';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { Setting } from '../../parts/setting.tsx';
import { categoryLabels, lengthWords, sourceLabels } from './words.ts';

const queued = [1, 2, 3, 5, 10, 20, 50];
const minutes = [5, 10, 15, 20, 30, 60, 120];
const reservable = [
  ...categoryNames.map((name) => ({ value: name as string, label: `${categoryLabels[name]} commands` })),
  ...ruledCommands.map((name) => ({ value: name as string, label: `/${name}` })),
];

/** Settings of the whole server: DJ roles, votes, sources, quotas, and commands that no rule mentions. */
export function Limits(props: { policy: GuildPolicy; guild: GuildDetail; change?: (policy: GuildPolicy) => void }) {
  const { policy, guild, change } = props;
  const off = change === undefined;
  const set = (part: Partial<{ [Key in keyof GuildPolicy]: GuildPolicy[Key] | undefined }>) =>
    change?.(pruned({ ...policy, ...part }));
  const quota = (part: Partial<Record<'maxQueuedPerMember' | 'maxTrackLengthSec', number | undefined>>) => {
    const quotas = pruned({ ...policy.quotas, ...part });
    set({ quotas: Object.keys(quotas).length > 0 ? quotas : undefined });
  };
  const roles = guild.roles.filter(({ managed }) => !managed).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <div className="card rows settings">
      <Setting
        title="Commands that no rule mentions"
        text="The result for commands that neither the permissions table nor a rule covers."
      >
        <SegmentedControl
          aria-label="Commands that no rule mentions"
          value={policy.otherwise}
          disabled={off}
          onChange={(otherwise) => set({ otherwise })}
          data={[
            { value: 'allow', label: 'Allow' },
            { value: 'deny', label: 'Deny' },
          ]}
        />
      </Setting>
      <Setting
        title="DJs"
        text="DJs have one of these roles, manage the server, or are alone with the bot. What is reserved is for them alone, unless a rule allows it to others; members still skip what they requested. Quotas do not apply to members with a DJ role."
      >
        <MultiSelect
          aria-label="DJ roles"
          placeholder={policy.dj ? undefined : 'No DJ roles'}
          data={roles}
          value={[...(policy.dj?.roles ?? [])]}
          disabled={off}
          clearable
          onChange={(chosen) => set({ dj: chosen.length > 0 ? { ...policy.dj, roles: chosen } : undefined })}
        />
        {policy.dj && (
          <MultiSelect
            mt="xs"
            aria-label="Reserved for DJs"
            placeholder={policy.dj.commands?.length === 0 ? 'Nothing is reserved' : undefined}
            data={reservable}
            value={[...(policy.dj.commands ?? djCategories)]}
            disabled={off}
            clearable
            onChange={(chosen) =>
              set({
                dj: { roles: policy.dj?.roles ?? [], commands: chosen as NonNullable<typeof policy.dj>['commands'] },
              })
            }
          />
        )}
      </Setting>
      <Setting
        title="Vote to skip"
        text="Members without permission to skip vote instead; the track is skipped once enough listeners agree."
      >
        <div className="vote">
          <Switch
            aria-label="Vote to skip"
            checked={policy.voteSkip !== undefined}
            disabled={off}
            onChange={(event) => set({ voteSkip: event.currentTarget.checked ? { share: 0.5 } : undefined })}
          />
          {policy.voteSkip && (
            <Slider
              flex={1}
              min={10}
              max={100}
              step={5}
              disabled={off}
              value={Math.round(policy.voteSkip.share * 100)}
              onChange={(percent) => set({ voteSkip: { share: percent / 100 } })}
              label={(percent) => `${percent}% of the listeners`}
              thumbLabel="Share of the listeners"
            />
          )}
          {policy.voteSkip && <span className="volume-number">{Math.round(policy.voteSkip.share * 100)} %</span>}
        </div>
      </Setting>
      <Setting title="Sources" text="Where tracks may come from. If you choose none, every source is allowed.">
        <MultiSelect
          aria-label="Sources"
          placeholder={policy.sources ? undefined : 'Every source'}
          data={sourceNames.map((name) => ({ value: name, label: sourceLabels[name] }))}
          value={[...(policy.sources ?? [])]}
          disabled={off}
          clearable
          onChange={(chosen) => set({ sources: chosen.length > 0 ? chosen : undefined })}
        />
      </Setting>
      <Setting title="Queued tracks per member" text="How many tracks one member may have in the queue at a time.">
        <Choice
          label="Queued tracks per member"
          values={queued}
          words={(value) => String(value)}
          value={policy.quotas?.maxQueuedPerMember}
          off={off}
          change={(maxQueuedPerMember) => quota({ maxQueuedPerMember })}
        />
      </Setting>
      <Setting title="Longest track" text="Live streams have no end, so any limit excludes them.">
        <Choice
          label="Longest track"
          values={minutes.map((value) => value * 60)}
          words={lengthWords}
          value={policy.quotas?.maxTrackLengthSec}
          off={off}
          change={(maxTrackLengthSec) => quota({ maxTrackLengthSec })}
        />
      </Setting>
    </div>
  );
}

/** Without the undefined fields. */
function pruned<Value extends object>(value: { [Key in keyof Value]: Value[Key] | undefined }): Value {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Value;
}

function Choice(props: {
  label: string;
  values: readonly number[];
  words: (value: number) => string;
  value: number | undefined;
  off: boolean;
  change: (value: number | undefined) => void;
}) {
  const { value, values, words } = props;
  const offered = value === undefined || values.includes(value) ? values : [...values, value].sort((a, b) => a - b);
  return (
    <NativeSelect
      aria-label={props.label}
      value={value ?? ''}
      disabled={props.off}
      onChange={(event) =>
        props.change(event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value))
      }
      data={[{ value: '', label: 'No limit' }, ...offered.map((each) => ({ value: String(each), label: words(each) }))]}
    />
  );
}
