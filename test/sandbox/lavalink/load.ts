import { abilities, type Abilities } from './abilities.ts';
import { catalogue, longPlaylist, musicOrigin, playlists, searchCatalogue } from './catalogue.ts';
import type { CatalogueTrack } from './catalogue.ts';
import { encodeTrack } from './encoded-track.ts';
import { longMaxValue } from './java-json.ts';
import { severities } from './protocol.ts';
import type { LavalinkException, LoadResult, Severity, Track, TrackInfo } from './protocol.ts';

/** Search prefixes of Lavalink, youtube-source and LavaSrc. */
const searches: Readonly<Record<string, string>> = {
  ytsearch: 'youtube',
  ytmsearch: 'youtube',
  scsearch: 'soundcloud',
  bcsearch: 'bandcamp',
  spsearch: 'spotify',
  amsearch: 'applemusic',
  dzsearch: 'deezer',
};

/** What services recommend after a track, by its id (LavaSrc README, "Supported URLs and Queries"). */
const recommending: Readonly<Record<string, string>> = { sprec: 'spotify', dzrec: 'deezer' };

/** Hosts of music services, with subdomains, and the source that plays their addresses. */
const services: readonly (readonly [host: string, source: string])[] = [
  ['youtube.com', 'youtube'],
  ['youtu.be', 'youtube'],
  ['soundcloud.com', 'soundcloud'],
  ['bandcamp.com', 'bandcamp'],
  ['twitch.tv', 'twitch'],
  ['open.spotify.com', 'spotify'],
  ['music.apple.com', 'applemusic'],
  ['deezer.com', 'deezer'],
];

/**
 * Resolves an identifier as Lavalink does: a search prefix, a URL, or a known id; anything else is empty.
 * `error:<severity>:<message>` (behind a search prefix too) fails on demand, `empty:` finds nothing.
 */
export function loadTracks(identifier: string, node: Abilities = abilities()): LoadResult {
  const prefix = /^([a-z]+):/.exec(identifier)?.[1] ?? '';
  const source = searches[prefix];
  if (source !== undefined && node.sources.includes(source))
    return refusedBy(node, source) ?? search(identifier.slice(prefix.length + 1).trim(), source);
  const recommends = recommending[prefix];
  if (recommends !== undefined && node.sources.includes(recommends))
    return refusedBy(node, recommends) ?? recommended(identifier.slice(prefix.length + 1), recommends);
  if (prefix === 'error') return demandedError(identifier);
  if (/^https?:\/\//i.test(identifier)) return loadAddress(identifier, node);
  const known = catalogue.find((track) => track.identifier === identifier);
  return known ? { loadType: 'track', data: toTrack(known) } : empty;
}

/** A catalogue song as Lavalink shows it. */
export function toTrack(song: CatalogueTrack, sourceName = 'youtube', addressAt = song.uri): Track {
  return trackOf({
    identifier: song.identifier,
    isSeekable: true,
    author: song.author,
    length: song.lengthMs,
    isStream: false,
    position: 0,
    title: song.title,
    uri: addressAt,
    artworkUrl: song.artworkUrl,
    isrc: song.isrc,
    sourceName,
  });
}

/** A track with this info. */
export function trackOf(info: TrackInfo): Track {
  return { encoded: encodeTrack(info), info, pluginInfo: {}, userData: {} };
}

/** A failure in Lavalink's format; `cause` names what a JVM would have thrown. */
export function exception(message: string, severity: Severity, cause: string): LavalinkException {
  return { message, severity, cause, causeStackTrace: `${cause}\n\tat sandbox.lavalink` };
}

const empty: LoadResult = { loadType: 'empty', data: null };

function search(text: string, sourceName: string): LoadResult {
  if (text.startsWith('error:')) return demandedError(text);
  if (text.startsWith('empty:')) return empty;
  const found = searchCatalogue(text);
  return found.length === 0 ? empty : { loadType: 'search', data: found.map((song) => toTrack(song, sourceName)) };
}

/** By the slug or id of a song, others of its genre and then the rest, as a list; `seed_tracks` is Spotify's parameter. */
function recommended(seed: string, source: string): LoadResult {
  const id = new URLSearchParams(seed).get('seed_tracks') ?? seed;
  const song = songOf(id);
  if (!song) return empty;
  return playlistOf({ name: `Like ${song.title}`, tracks: related(song).slice(1) }, source);
}

const songOf = (id: string) => catalogue.find(({ slug, identifier }) => slug === id || identifier === id);

/** The song itself, then those of its genre, then the rest: 25, as in a mix of YouTube. */
const related = (song: CatalogueTrack): readonly CatalogueTrack[] =>
  [
    song,
    ...catalogue.filter((other) => other !== song && other.genre === song.genre),
    ...catalogue.filter(({ genre }) => genre !== song.genre),
  ].slice(0, 25);

/** What a source does without its credentials: it is there, and every load fails inside it. */
function refusedBy({ withoutCredentials }: Abilities, source: string): LoadResult | undefined {
  if (!withoutCredentials.includes(source)) return undefined;
  const cause = `java.lang.IllegalStateException: ${source} has no credentials`;
  return failed('Something went wrong while looking up the track.', 'suspicious', cause);
}

/** The address that a service gives to a song, where that matters to clients; elsewhere it is the catalogue's own. */
const addresses: Readonly<Record<string, (song: CatalogueTrack) => string>> = {
  youtube: ({ identifier }) => `https://www.youtube.com/watch?v=${identifier}`,
  spotify: ({ slug }) => `https://open.spotify.com/track/${slug}`,
};

/** A song of the catalogue at a music service: its slug or id ends the path, or is the parameter `v`. */
function loadFromService(url: URL, source: string, node: Abilities): LoadResult | undefined {
  const last = url.searchParams.get('v') ?? url.pathname.split('/').at(-1) ?? '';
  const isList = /\/(?:playlist|album|sets)\//.test(url.pathname);
  const list = isList ? playlists.get(last) : undefined;
  const song = songOf(last);
  if (!list && !song) return undefined;
  // Without its source, the address is a web page to the one for files.
  if (!node.sources.includes(source))
    return failed('Unknown file format.', 'common', 'java.lang.IllegalStateException');
  const refused = refusedBy(node, source);
  if (refused) return refused;
  if (list) return playlistOf(list, source);
  const mix = url.searchParams.get('list') ?? '';
  if (song && source === 'youtube' && mix.startsWith('RD'))
    return playlistOf({ name: `Mix - ${song.title}`, tracks: related(song) }, source);
  return song ? { loadType: 'track', data: toTrack(song, source, addresses[source]?.(song)) } : undefined;
}

function loadAddress(address: string, node: Abilities): LoadResult {
  const url = URL.parse(address);
  if (!url) return failed('Not a valid URL', 'common', 'java.net.MalformedURLException');
  const [, source] = services.find(([host]) => url.hostname === host || url.hostname.endsWith(`.${host}`)) ?? [];
  const fromService = source === undefined ? undefined : loadFromService(url, source, node);
  if (fromService) return fromService;
  if (url.origin !== musicOrigin) {
    return failed('Connecting to the URL failed.', 'suspicious', `java.net.UnknownHostException: ${url.hostname}`);
  }
  const file = /^\/(?:files|radio)\/./.test(url.pathname) ? loadFile(url) : undefined;
  if (file) return file;
  const [, kind, slug = ''] = /^\/(track|playlist)\/([a-z0-9-]+)$/.exec(url.pathname) ?? [];
  if (kind === 'playlist') return loadPlaylist(slug);
  const song = catalogue.find((track) => track.slug === slug);
  return song ? { loadType: 'track', data: toTrack(song) } : empty;
}

/**
 * A file without tags and without a length in its header, or a radio station, as lavaplayer's http source describes
 * them (MediaContainerDetection.UNKNOWN_TITLE, UNKNOWN_ARTIST; Units.DURATION_MS_UNKNOWN is Long.MAX_VALUE).
 */
function loadFile({ href, pathname }: URL): LoadResult {
  const info = {
    identifier: href,
    isSeekable: false,
    author: 'Unknown artist',
    length: longMaxValue,
    isStream: pathname.startsWith('/radio/'),
    position: 0,
    title: 'Unknown title',
    uri: href,
    artworkUrl: null,
    isrc: null,
    sourceName: 'http',
  };
  return { loadType: 'track', data: trackOf(info) };
}

function loadPlaylist(slug: string): LoadResult {
  const list = playlists.get(slug) ?? longPlaylist(slug);
  if (!list) return empty;
  return playlistOf(list);
}

function playlistOf(
  list: { readonly name: string; readonly tracks: readonly CatalogueTrack[] },
  source?: string,
): LoadResult {
  const tracks = list.tracks.map((song) => toTrack(song, source, source && addresses[source]?.(song)));
  return { loadType: 'playlist', data: { info: { name: list.name, selectedTrack: -1 }, pluginInfo: {}, tracks } };
}

function demandedError(identifier: string): LoadResult {
  const [, first = '', ...rest] = identifier.split(':');
  const severity = severities.find((known) => known === first) ?? 'common';
  const message = (severity === first ? rest.join(':') : [first, ...rest].join(':')) || 'Something went wrong';
  return failed(message, severity, `sandbox.DemandedException: ${message}`);
}

function failed(message: string, severity: Severity, cause: string): LoadResult {
  return { loadType: 'error', data: exception(message, severity, cause) };
}
