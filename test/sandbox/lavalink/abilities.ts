/**
 * What this node has: sources, filters and plugins, as `/v4/info` names them, and which of its sources lack what they
 * need. By default everything; tests take away what a node of a particular operator would not have.
 */
export interface Abilities {
  readonly sources: readonly string[];
  readonly filters: readonly string[];
  readonly plugins: readonly Plugin[];
  /** Sources that are enabled without the credentials that they need: every load fails. */
  readonly withoutCredentials: readonly string[];
}

export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/** Lavalink's own sources and filters, and those of youtube-source and LavaSrc. */
const everySource = ['youtube', 'soundcloud', 'bandcamp', 'twitch', 'http', 'spotify', 'applemusic', 'deezer'];
const everyFilter = 'volume equalizer karaoke timescale tremolo vibrato distortion rotation channelMix lowPass'.split(
  ' ',
);
/** The versions of infra/deploy/lavalink/application.yml. */
const everyPlugin: readonly Plugin[] = [
  { name: 'youtube-plugin', version: '1.18.2' },
  { name: 'lavasrc-plugin', version: '4.8.3' },
  { name: 'lavasearch-plugin', version: '1.0.0' },
  { name: 'lavalyrics-plugin', version: '1.1.0' },
  { name: 'sponsorblock-plugin', version: '3.0.1' },
];

/** Names of sources, filters and plugins that a node does not have, and of sources that lack their credentials. */
export interface Missing {
  readonly lacks?: readonly string[] | undefined;
  readonly withoutCredentials?: readonly string[] | undefined;
}

export function abilities({ lacks = [], withoutCredentials = [] }: Missing = {}): Abilities {
  const isThere = (name: string) => !lacks.includes(name);
  return {
    sources: everySource.filter(isThere),
    filters: everyFilter.filter(isThere),
    plugins: everyPlugin.filter(({ name }) => isThere(name)),
    withoutCredentials,
  };
}

export const hasPlugin = ({ plugins }: Abilities, name: string): boolean =>
  plugins.some((plugin) => plugin.name === name);
