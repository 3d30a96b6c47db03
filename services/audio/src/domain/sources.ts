import { sourceNames } from '#policies/sources.ts';

type Source = (typeof sourceNames)[number];

/** Hosts whose addresses only one source plays, with their subdomains. Every other address is for whatever a node has. */
const hosts: readonly (readonly [host: string, source: Source])[] = [
  ['youtube.com', 'youtube'],
  ['youtu.be', 'youtube'],
  ['soundcloud.com', 'soundcloud'],
  ['bandcamp.com', 'bandcamp'],
  ['vimeo.com', 'vimeo'],
  ['twitch.tv', 'twitch'],
  ['nicovideo.jp', 'niconico'],
  ['open.spotify.com', 'spotify'],
  ['music.apple.com', 'applemusic'],
  ['deezer.com', 'deezer'],
  ['music.yandex.ru', 'yandexmusic'],
];

/** Prefixes of searches: Lavalink's own, and those of youtube-source and LavaSrc. */
const prefixes: Readonly<Record<string, Source>> = {
  ytsearch: 'youtube',
  ytmsearch: 'youtube',
  scsearch: 'soundcloud',
  bcsearch: 'bandcamp',
  spsearch: 'spotify',
  amsearch: 'applemusic',
  dzsearch: 'deezer',
  ymsearch: 'yandexmusic',
};

/** Prefixes of what services recommend (LavaSrc). */
const recommenders: Readonly<Record<string, Source>> = {
  sprec: 'spotify',
  dzrec: 'deezer',
  ymrec: 'yandexmusic',
};

/** The source that an identifier needs (Lavalink docs/api/rest.md, "Track Loading"); undefined if several might do. */
export function sourceOf(identifier: string): Source | undefined {
  const prefix = /^([a-z]+):(?!\/\/)/.exec(identifier)?.[1];
  if (prefix !== undefined) return prefixes[prefix] ?? recommenders[prefix];
  const host = URL.parse(identifier)?.hostname ?? '';
  return hosts.find(([name]) => host === name || host.endsWith(`.${name}`))?.[1];
}

/** The prefix to search with: `preferred`, unless no node has its source and there is another that can be searched. */
export function searchPrefix(preferred: string, sources: readonly string[] | undefined): string {
  const isThere = (prefix: string) => {
    const source = prefixes[prefix];
    return source === undefined || sources === undefined || sources.includes(source);
  };
  return [preferred, ...Object.keys(prefixes)].find(isThere) ?? preferred;
}

/** As people call them; a source that nobody has named keeps the name that its node gives. */
const titles: Readonly<Record<string, string>> = {
  youtube: 'YouTube',
  soundcloud: 'SoundCloud',
  bandcamp: 'Bandcamp',
  twitch: 'Twitch',
  vimeo: 'Vimeo',
  niconico: 'Niconico',
  spotify: 'Spotify',
  applemusic: 'Apple Music',
  deezer: 'Deezer',
  yandexmusic: 'Yandex Music',
} satisfies Partial<Record<Source, string>>;

export const sourceTitle = (source: string): string => titles[source] ?? source;

/** What can be played, for a sentence: music services by their names; `http`, which plays files and stations, is left out. */
export const sourceTitles = (sources: readonly string[]): string =>
  sources
    .filter((source) => Object.hasOwn(titles, source))
    .map(sourceTitle)
    .join(', ');
