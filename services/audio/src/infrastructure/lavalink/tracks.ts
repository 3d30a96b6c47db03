import { setImmediate } from 'node:timers/promises';
import { newId } from '#infra/kernel/ids.ts';
import { displayName } from '#infra/kernel/names.ts';
import type { LeftOut } from '#services/contracts/player.ts';
import { mostWaiting } from '#services/contracts/settings.ts';
import { trackFaults } from '#services/contracts/why.ts';
import type { Loaded } from '../../application/ports.ts';
import { cleanUrl, plausibleLength, type Entry } from '../../domain/entry.ts';
import { leftOutFor } from '../../domain/obligations.ts';
import { listOf, objectOf, textOf } from './node-values.ts';

/** The maximum number of search results. */
const searchLimit = 50;
const maxEncodedLength = 16_384;
/** Tracks that are read before others have their turn: a few milliseconds. */
const readAtOnce = 250;

/**
 * Parses a response to `GET /v4/loadtracks` (Lavalink docs/api/rest.md, "Track Loading Result"). A track that cannot be
 * used is left out without affecting the others; undefined if it is not such a response.
 */
export async function loadedFrom(answer: unknown, nowMs: number): Promise<Loaded | undefined> {
  const { loadType, data } = objectOf(answer);
  switch (loadType) {
    case 'track':
      return trackFrom(data, nowMs);
    case 'playlist':
      return playlistFrom(data, nowMs);
    case 'search':
      return Array.isArray(data) ? searchFrom(data, nowMs) : undefined;
    case 'empty':
      return { kind: 'nothing' };
    case 'error':
      return { kind: 'failed', why: whyOf(data) };
    default:
      return undefined;
  }
}

/**
 * The reason in words for members: foreign text, cleaned and clipped. Only what Lavalink marks as common is meant for
 * people; the rest reveals internals.
 */
export function whyOf(exception: unknown): string {
  const { severity, message } = objectOf(exception);
  const words = severity === 'common' ? textOf(message) : '';
  return displayName(words, { maxCharacters: 150, otherwise: trackFaults.undelivered });
}

function trackFrom(data: unknown, nowMs: number): Loaded {
  const entry = entryOf(data, nowMs);
  if (!entry) return { kind: 'failed', why: trackFaults.unreadable };
  return { kind: 'tracks', entries: [entry], playlistName: null, isSearch: false, leftOut: [] };
}

async function searchFrom(tracks: readonly unknown[], nowMs: number): Promise<Loaded> {
  const { entries } = await readable(tracks, searchLimit, nowMs);
  if (entries.length === 0) return { kind: 'nothing' };
  return { kind: 'tracks', entries, playlistName: null, isSearch: true, leftOut: [] };
}

async function playlistFrom(data: unknown, nowMs: number): Promise<Loaded> {
  const { info, tracks } = objectOf(data);
  const { entries, leftOut } = await readable(listOf(tracks), mostWaiting, nowMs);
  if (entries.length === 0) return { kind: 'nothing' };
  const playlistName = displayName(textOf(objectOf(info)['name']), { maxCharacters: 100, otherwise: 'Playlist' });
  return { kind: 'tracks', entries, playlistName, isSearch: false, leftOut };
}

/** The first `limit` that can be used. Ten thousand take a while, and nothing else waits for all of them. */
async function readable(
  tracks: readonly unknown[],
  limit: number,
  nowMs: number,
): Promise<{ readonly entries: readonly Entry[]; readonly leftOut: readonly LeftOut[] }> {
  const entries: Entry[] = [];
  let looked = 0;
  for (const track of tracks) {
    if (entries.length === limit) break;
    looked += 1;
    if (looked % readAtOnce === 0) await setImmediate();
    const entry = entryOf(track, nowMs);
    if (entry) entries.push(entry);
  }
  const leftOut = [
    ...leftOutFor('unreadable', looked - entries.length),
    ...leftOutFor('playlist-limit', tracks.length - looked),
  ];
  return { entries, leftOut };
}

/** Without its encoded form a track cannot be played; all other fields are optional. */
function entryOf(track: unknown, nowMs: number): Entry | undefined {
  const { encoded, info } = objectOf(track);
  if (typeof encoded !== 'string' || encoded === '' || encoded.length > maxEncodedLength) return undefined;
  const { title, author, uri, artworkUrl, length, isStream, sourceName } = objectOf(info);
  const live = isStream === true;
  const address = cleanUrl(textOf(uri));
  const source = displayName(textOf(sourceName), { maxCharacters: 40, otherwise: 'unknown' });
  return {
    entryId: newId('ent', nowMs),
    encoded,
    title: titleOf(displayName(textOf(title)), source, address),
    author: named(displayName(textOf(author)), unknownAuthor) ?? 'Unknown',
    uri: address,
    artworkUrl: cleanUrl(textOf(artworkUrl)),
    lengthMs: live ? null : plausibleLength(length),
    isStream: live,
    source,
    requestedBy: null,
    failures: 0,
  };
}

/** What lavaplayer reports for a file without tags (MediaContainerDetection: UNKNOWN_TITLE, UNKNOWN_ARTIST). */
const unknownTitle = 'Unknown title';
const unknownAuthor = 'Unknown artist';

const named = (text: string, placeholder: string): string | undefined =>
  text === '' || text === placeholder ? undefined : text;

/** A file without a title is shown by its name. */
function titleOf(title: string, source: string, uri: string | null): string {
  return named(title, unknownTitle) ?? (source === 'http' && uri !== null ? fileName(uri) : undefined) ?? 'Untitled';
}

function fileName(uri: string): string | undefined {
  const url = URL.parse(uri);
  if (!url) return undefined;
  const segment = url.pathname.split('/').findLast((part) => part !== '');
  return displayName(segment === undefined ? '' : decoded(segment), { otherwise: url.hostname });
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
