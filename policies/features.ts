import type { CommandName } from './commands.ts';

interface Definition {
  /** For people. */
  readonly title: string;
  readonly text: string;
  /** Whether a server has it that nobody has decided for. */
  readonly on: boolean;
  /** The commands that are refused without it, and left out of the help. What else ends without it, its user decides. */
  readonly commands: readonly CommandName[];
}

/** What can be switched off for a tenant, or for one of its servers. What is not listed here is always there. */
export const features = {
  lyrics: {
    title: 'Lyrics',
    text: 'Members see the lyrics of what is playing.',
    on: true,
    commands: ['lyrics'],
  },
  effects: {
    title: 'Effects',
    text: 'Filters, speed, pitch and equaliser.',
    on: true,
    commands: ['filter', 'speed', 'pitch', 'equaliser'],
  },
  library: {
    title: 'Favourites and playlists',
    text: 'Members keep tracks of their own.',
    on: true,
    commands: [
      'favourite add',
      'favourite remove',
      'favourite list',
      'favourite play',
      'playlist create',
      'playlist add',
      'playlist show',
      'playlist list',
      'playlist play',
      'playlist remove',
      'playlist rename',
      'playlist delete',
      'playlist move',
      'playlist save',
      'playlist import',
      'playlist export',
      'playlist share',
      'playlist unshare',
      'playlist copy',
    ],
  },
  sharing: {
    title: 'Sharing playlists',
    text: 'Members copy playlists from each other by a code.',
    on: true,
    commands: ['playlist share', 'playlist copy'],
  },
  autoplay: {
    title: 'Autoplay',
    text: 'When the queue is over, something like the last track follows, where members have chosen that.',
    on: true,
    commands: ['autoplay'],
  },
  charts: {
    title: 'History and charts',
    text: 'What has played in a server, and what has played most.',
    on: true,
    commands: ['history', 'top server', 'top mine', 'top counting'],
  },
  suggestions: {
    title: 'Suggestions while typing',
    text: 'What members type is searched for before they send it.',
    on: true,
    commands: [],
  },
  uploads: {
    title: 'Uploaded files',
    text: 'Members play audio and video files that they upload to Discord.',
    on: true,
    commands: [],
  },
  statistics: {
    title: 'What was played each day',
    text: 'The tracks of each day, and how much each member asked for, are kept for owners for ninety days.',
    on: true,
    commands: [],
  },
  segments: {
    title: 'Leaving out parts of videos',
    text: 'What the setting for segments names is left out, from the next track on (SponsorBlock).',
    on: true,
    commands: [],
  },
  'request-channel': {
    title: 'Request channels',
    text: 'In the channel that a server names, a message with a link or words is enough to add music.',
    on: true,
    commands: [],
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type Feature = keyof typeof features;

export const featureNames = Object.keys(features) as [Feature, ...Feature[]];

export const isFeature = (text: string): text is Feature => Object.hasOwn(features, text);

/** The features that a command needs, all of them. */
export const featuresOf = (command: string): readonly Feature[] =>
  featureNames.filter((name) => new Set<string>(features[name].commands).has(command));

/** Whether it was decided that a feature is on: for a guild, or for the whole tenant (null). */
export interface FeatureChoice {
  readonly guild: string | null;
  readonly feature: Feature;
  readonly on: boolean;
}

/** Whether a guild has a feature: what was decided for it, else for its tenant, else the default. Null: the tenant itself. */
export function isOn(choices: readonly FeatureChoice[], feature: Feature, guild: string | null): boolean {
  const of = (whose: string | null) => choices.find((choice) => choice.feature === feature && choice.guild === whose);
  return (of(guild) ?? of(null))?.on ?? features[feature].on;
}
