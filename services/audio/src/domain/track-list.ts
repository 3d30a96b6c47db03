import { callerFault, callerFaultWith } from '#infra/kernel/errors.ts';
import { newId } from '#infra/kernel/ids.ts';
import { displayName, readableName } from '#infra/kernel/names.ts';
import {
  countedTracks,
  historyLength,
  keptLimit,
  libraryErrorCodes,
  longestName,
  type KeptLeftOut,
} from '#services/contracts/library.ts';
import { quarterMs } from '#services/contracts/statistics.ts';
import type { Entry } from './entry.ts';
import { remember } from './idempotency.ts';

/** A track that is kept: as it was loaded, so that a whole list can be played without loading each. */
export interface Kept extends Omit<Entry, 'failures'> {
  /** When it was added, or when it last played. */
  readonly atMs: number;
  /** How often it has played, in a list that counts. */
  readonly plays?: number | undefined;
  /** How often in which quarter of an hour of a day (from 0, by UTC), in the list of that day. */
  readonly quarters?: Readonly<Record<string, number>> | undefined;
}

/** A change that was made, so that a repeated request gets the same answer. */
export interface DoneChange {
  readonly id: string;
  readonly atMs: number;
  readonly count: number;
  readonly first: Kept | null;
}

/** Favourites, a playlist, or the history of a server. */
export interface TrackList {
  readonly name: string;
  readonly tracks: readonly Kept[];
  readonly done: readonly DoneChange[];
  /** By which others may copy it (domain/share-code.ts). */
  readonly share?: string | undefined;
  /** The member does not want what they play to be counted. */
  readonly uncounted?: boolean | undefined;
  /** Since when they want it again; what they had played before is not shown to others. */
  readonly countedSinceMs?: number | undefined;
  /** How much each member asked for of what was played in a server on a day. */
  readonly members?: Readonly<Record<string, number>> | undefined;
}

/** A list and what was added or removed. */
export interface Edited {
  readonly list: TrackList;
  readonly affected: readonly Kept[];
  /** What was to be added, and was not. */
  readonly leftOut?: readonly KeptLeftOut[];
}

export const emptyList = (name: string): TrackList => ({ name, tracks: [], done: [] });

export const keptOf = ({ failures: _failures, again: _again, ...entry }: Entry, atMs: number): Kept => ({
  ...entry,
  atMs,
});

/** Each time it is played, a track is another entry of the queue. */
export const entryOf = ({ atMs: _atMs, plays: _plays, ...track }: Kept, nowMs: number): Entry => ({
  ...track,
  entryId: newId('ent', nowMs),
  failures: 0,
});

const isSame = (one: Kept, other: Kept): boolean =>
  one.uri === null ? one.encoded === other.encoded : one.uri === other.uri;

/**
 * Adds a favourite behind the others. @throws BailiwickError library.already-kept, library.full (409)
 */
export function withFavourites(list: TrackList, tracks: readonly Kept[], leftOut: readonly KeptLeftOut[] = []): Edited {
  const added = tracks.filter((track) => !list.tracks.some((each) => isSame(each, track)));
  if (added.length === 0)
    throw callerFault(libraryErrorCodes.alreadyKept, 'This track is already one of your favourites.', 409);
  return withTracks(list, added, leftOut);
}

/**
 * Adds as many as there is room for. `leftOut`: what had to be left out before.
 * @throws BailiwickError library.full (409) if there is no room
 */
export function withTracks(list: TrackList, added: readonly Kept[], leftOut: readonly KeptLeftOut[] = []): Edited {
  const affected = added.slice(0, keptLimit - list.tracks.length);
  if (affected.length === 0)
    throw callerFault(libraryErrorCodes.full, `This list is full: it has ${keptLimit} tracks. Remove some first.`, 409);
  const over = added.length - affected.length;
  return {
    list: { ...list, tracks: [...list.tracks, ...affected] },
    affected,
    leftOut: over > 0 ? [...leftOut, { reason: 'list-full', count: over }] : leftOut,
  };
}

/** Removes the track at a position, 1 being the first. @throws BailiwickError library.empty, library.no-such-position */
export function withoutTrack(list: TrackList, position: number): Edited {
  const removed = notEmpty(list)[position - 1];
  if (!removed)
    throw callerFaultWith(
      { position, last: list.tracks.length },
      libraryErrorCodes.noSuchPosition,
      `There is no position ${position}; the last is ${list.tracks.length}.`,
      422,
    );
  return { list: { ...list, tracks: list.tracks.filter((each) => each !== removed) }, affected: [removed] };
}

/**
 * Moves the track at one position to another, 1 being the first; beyond the end is the end.
 * @throws BailiwickError library.empty, library.no-such-position
 */
export function withMoved(list: TrackList, from: number, to: number): Edited {
  const { list: without, affected } = withoutTrack(list, from);
  return { list: { ...without, tracks: without.tracks.toSpliced(to - 1, 0, ...affected) }, affected };
}

/** Its tracks. @throws BailiwickError library.empty (409) */
export function notEmpty({ name, tracks }: TrackList): readonly Kept[] {
  if (tracks.length > 0) return tracks;
  throw callerFault(libraryErrorCodes.empty, `There are no tracks in “${name}” yet.`, 409);
}

/** Those that the history does not have yet. */
export function notIn({ tracks }: TrackList, played: readonly Kept[]): readonly Kept[] {
  const known = new Set(tracks.map(({ entryId }) => entryId));
  return played.filter(({ entryId }) => !known.has(entryId));
}

/** The history with these in front, in the order in which they played. What is repeated by a loop is in it once. */
export function withPlayed(history: TrackList, played: readonly Kept[]): TrackList {
  const fresh = notIn(history, played);
  if (fresh.length === 0) return history;
  return { ...history, tracks: [...fresh.toReversed(), ...history.tracks].slice(0, historyLength) };
}

/**
 * One more play of a track, in a list with the most played first. Of those beyond the limit, the least played is
 * forgotten; a track that has just played is not.
 */
export function withPlay(list: TrackList, track: Kept): TrackList {
  const plays = (list.tracks.find((each) => isSame(each, track))?.plays ?? 0) + 1;
  const others = list.tracks.filter((each) => !isSame(each, track)).slice(0, countedTracks - 1);
  const tracks = [{ ...track, plays }, ...others];
  return { ...list, tracks: tracks.toSorted((one, other) => playsOf(other) - playsOf(one) || other.atMs - one.atMs) };
}

/** Members whose plays of a day are counted in a server; of more, those come first who were first. */
const countedMembers = 500;

/** One more play on a day: of a track, for nobody, and of whoever asked for it. */
export function withPlayOfDay(day: TrackList, track: Kept): TrackList {
  const { requestedBy, uri, encoded } = track;
  // It is only shown, so it is kept as small as it can be told apart from others.
  const shown = { ...track, requestedBy: null, artworkUrl: null, encoded: uri === null ? encoded : '' };
  const quarters = withQuarter(day.tracks.find((each) => isSame(each, shown))?.quarters, track.atMs);
  const { members = {}, ...counted } = withPlay(day, { ...shown, quarters });
  if (requestedBy === null) return { ...counted, members };
  const plays = members[requestedBy];
  if (plays === undefined && Object.keys(members).length >= countedMembers) return { ...counted, members };
  return { ...counted, members: { ...members, [requestedBy]: (plays ?? 0) + 1 } };
}

const dayMs = 24 * 60 * 60_000;
const quarterOf = (atMs: number): number => Math.floor((atMs % dayMs) / quarterMs);
const withQuarter = (quarters: Kept['quarters'] = {}, atMs: number): Kept['quarters'] => ({
  ...quarters,
  [quarterOf(atMs)]: (quarters[quarterOf(atMs)] ?? 0) + 1,
});

/**
 * How often a track of a day's list has played since a time, by whole quarters of an hour: a sliding window whose panes they are.
 * @param startMs when that day begins
 */
export const playsSince = ({ quarters = {} }: Kept, startMs: number, sinceMs: number): number =>
  Object.entries(quarters)
    .filter(([quarter]) => startMs + Number(quarter) * quarterMs >= sinceMs)
    .reduce((sum, [, plays]) => sum + plays, 0);

const playsOf = ({ plays = 0 }: Kept): number => plays;

export const withDone = (list: TrackList, done: DoneChange): TrackList => ({
  ...list,
  done: remember(list.done, done),
});

/** The name to store. @throws BailiwickError library.bad-name (422) if it cannot be read, or is too long */
export function playlistName(entered: string): string {
  const verdict = readableName(entered, longestName);
  if ('name' in verdict) return verdict.name;
  throw callerFault(libraryErrorCodes.badName, `The name of a playlist ${verdict.fault}.`, 422);
}

/** Members do not tell names apart by case. */
export const isSameName = (one: string, other: string): boolean => folded(one) === folded(other);
const folded = (name: string): string => displayName(name).normalize('NFKC').toLowerCase();
