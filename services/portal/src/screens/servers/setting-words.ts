import { languages } from '#infra/kernel/languages.ts';
import { presetLabels, type Preset } from '#services/contracts/presets.ts';
import { mostWaiting, type Skippable } from '#services/contracts/settings.ts';
import type { GuildDetail, GuildSettings } from '../../api/types.ts';

/** Languages by the names that their speakers call them, which is what people look for. */
export const languageNames: Readonly<Record<(typeof languages)[number], string>> = {
  en: 'English',
  de: 'Deutsch',
  'es-ES': 'Español',
  fr: 'Français',
  'pt-BR': 'Português do Brasil',
};

export const filterWords = (filter: Preset | null): string => (filter === null ? 'None' : presetLabels[filter]);

export const leftOutNames: Readonly<Record<Skippable, string>> = {
  off: 'Nothing',
  sponsors: 'Advertising',
  all: 'Whatever is no music',
};

/** Minutes as whole hours, if they are. */
export function lengthWords(seconds: number): string {
  if (seconds % 3_600 === 0) return seconds === 3_600 ? '1 hour' : `${seconds / 3_600} hours`;
  if (seconds % 60 === 0) return seconds === 60 ? '1 minute' : `${seconds / 60} minutes`;
  return `${seconds} seconds`;
}

/** Where the bot shows what is playing. */
export function announcedWords({ announce, announceIn }: GuildSettings, { text }: Pick<GuildDetail, 'text'>): string {
  if (!announce) return 'Nowhere';
  return announceIn === null ? 'Where music was requested' : channelWords(announceIn, text);
}

/** Where messages add music. */
export const requestsWords = ({ requestChannel }: GuildSettings, { text }: Pick<GuildDetail, 'text'>): string =>
  requestChannel === null ? 'None' : channelWords(requestChannel, text);

function channelWords(id: string, text: GuildDetail['text']): string {
  const channel = text.find((each) => each.id === id);
  return channel ? `#${channel.name}` : 'In a channel that no longer exists';
}

export const leaveWords = ({ leaveAfterSec, stay }: GuildSettings): string =>
  stay
    ? 'Never'
    : leaveAfterSec === null
      ? 'After 1 minute without listeners, or 5 without music'
      : `After ${lengthWords(leaveAfterSec)}`;

/** Every setting in words, by the title of its control. */
const rows: readonly (readonly [
  title: string,
  words: (settings: GuildSettings, guild: Pick<GuildDetail, 'text'>) => string,
])[] = [
  ['Language', ({ language }) => (language === null ? "The server's language at Discord" : languageNames[language])],
  ['Volume at the start', ({ volume }) => (volume === null ? 'As it was before' : `${volume}%`)],
  ['Filter at the start', ({ startFilter }) => filterWords(startFilter)],
  ['Leaving', leaveWords],
  ['What is playing', announcedWords],
  ['Request channel', requestsWords],
  ['Voice channel status', ({ voiceStatus }) => (voiceStatus ? 'On' : 'Off')],
  ['Fair queue', ({ fair }) => (fair ? 'On' : 'Off')],
  ['Longest queue', ({ queueLimit }) => tracksWords(queueLimit ?? mostWaiting)],
  ['Left out of videos', ({ skipSegments }) => leftOutNames[skipSegments]],
];

export const tracksWords = (count: number): string =>
  count === 1 ? '1 track' : `${new Intl.NumberFormat('en').format(count)} tracks`;

/** What differs, as people read it. */
export const differences = (
  before: GuildSettings,
  after: GuildSettings,
  guild: Pick<GuildDetail, 'text'>,
): readonly string[] =>
  rows.flatMap(([title, words]) =>
    words(before, guild) === words(after, guild) ? [] : [`${title}: ${words(after, guild)}`],
  );

/** The settings with what the user has changed, on top of what others have saved meanwhile. */
export function onTopOf(theirs: GuildSettings, base: GuildSettings, mine: GuildSettings): GuildSettings {
  const changed = Object.entries(mine).filter(([name, value]) => base[name as keyof GuildSettings] !== value);
  return { ...theirs, ...Object.fromEntries(changed) };
}
