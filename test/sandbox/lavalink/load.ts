import { abilities, type Abilities } from './abilities.ts';
import { catalogue, musicOrigin, playlists, searchCatalogue } from './catalogue.ts';
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
  if (prefix === 'error') return demandedError(identifier);
  if (/^https?:\/\//i.test(identifier)) return loadAddress(identifier, node);
  const known = catalogue.find((track) => track.identifier === identifier);
  return known ? { loadType: 'track', data: toTrack(known) } : empty;
}

/** A catalogue song as Lavalink shows it. */
export function toTrack(song: CatalogueTrack, sourceName = 'youtube'): Track {
  return trackOf({
    identifier: song.identifier,
    isSeekable: true,
    author: song.author,
    length: song.lengthMs,
    isStream: false,
    position: 0,
    title: song.title,
    uri: song.uri,
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

/** What a source does without its credentials: it is there, and every load fails inside it. */
function refusedBy({ withoutCredentials }: Abilities, source: string): LoadResult | undefined {
  if (!withoutCredentials.includes(source)) return undefined;
  const cause = `java.lang.IllegalStateException: ${source} has no credentials`;
  return failed('Something went wrong while looking up the track.', 'suspicious', cause);
}

/** A song of the catalogue at a music service: its slug or id ends the path, or is the parameter `v`. */
function loadFromService(url: URL, source: string, node: Abilities): LoadResult | undefined {
  const last = url.searchParams.get('v') ?? url.pathname.split('/').at(-1) ?? '';
  const isList = /\/(?:playlist|album|sets)\//.test(url.pathname);
  const list = isList ? playlists.get(last) : undefined;
  const song = catalogue.find(({ slug, identifier }) => slug === last || identifier === last);
  if (!list && !song) return undefined;
  // Without its source, the address is a web page to the one for files.
  if (!node.sources.includes(source))
    return failed('Unknown file format.', 'common', 'java.lang.IllegalStateException');
  const refused = refusedBy(node, source);
  if (refused) return refused;
  if (list) return playlistOf(list, source);
  return song ? { loadType: 'track', data: toTrack(song, source) } : undefined;
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
  const list = playlists.get(slug);
  if (!list) return empty;
  return playlistOf(list);
}

function playlistOf(
  list: { readonly name: string; readonly tracks: readonly CatalogueTrack[] },
  source?: string,
): LoadResult {
  const tracks = list.tracks.map((song) => toTrack(song, source));
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
