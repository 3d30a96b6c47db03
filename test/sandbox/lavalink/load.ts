import { catalogue, musicOrigin, playlists, searchCatalogue } from './catalogue.ts';
import type { CatalogueTrack } from './catalogue.ts';
import { encodeTrack } from './encoded-track.ts';
import { longMaxValue } from './java-json.ts';
import { severities } from './protocol.ts';
import type { LavalinkException, LoadResult, Severity, Track, TrackInfo } from './protocol.ts';

/** The sources that this node reports (`/v4/info`); lavalink-client refuses a search whose source is not among them. */
export const sourceManagers = ['youtube', 'soundcloud', 'http'] as const;

const searches: Readonly<Record<string, string>> = {
  ytsearch: 'youtube',
  ytmsearch: 'youtube',
  scsearch: 'soundcloud',
};

/**
 * Resolves an identifier as Lavalink does: a search prefix, a URL, or a known id; anything else is empty.
 * `error:<severity>:<message>` (behind a search prefix too) fails on demand, `empty:` finds nothing.
 */
export function loadTracks(identifier: string): LoadResult {
  const prefix = /^([a-z]+):/.exec(identifier)?.[1] ?? '';
  const source = searches[prefix];
  if (source !== undefined) return search(identifier.slice(prefix.length + 1).trim(), source);
  if (prefix === 'error') return demandedError(identifier);
  if (/^https?:\/\//i.test(identifier)) return loadAddress(identifier);
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

function loadAddress(address: string): LoadResult {
  const url = URL.parse(address);
  if (!url) return failed('Not a valid URL', 'common', 'java.net.MalformedURLException');
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
  const tracks = list.tracks.map((song) => toTrack(song));
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
