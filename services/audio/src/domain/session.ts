import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Loop } from '#services/contracts/player.ts';
import type { TrackEnding } from '#services/contracts/timeline.ts';
import { because, trackFaults, whyText, type Why } from '#services/contracts/why.ts';
import type { Silence } from '#tenants/instance-protocol/voice-events.ts';
import type { DoneRequest } from './idempotency.ts';
import type { Autoplay } from './autoplay.ts';
import type { Entry } from './entry.ts';
import { withTurns } from './fair-queue.ts';
import { noFilters, speedOf, type Filters } from './filters.ts';

/** Entries after the current one. */
export const queueLimit = 1_000;
/** Entries that are remembered after they have played. */
export const historyLimit = 50;
/** Entries that one request may add. */
export const playlistLimit = 500;
/** A track that fails this often is skipped. */
const failuresPerTrack = 2;
/** This many failures without a track that ended well stop the music. */
export const failureRunLimit = 5;

/**
 * waiting: the node or the voice connection is unavailable, to be played when it is back; requested: the node has been
 * told; playing: the node has confirmed it.
 */
type Playback = 'waiting' | 'requested' | 'playing';

/** Who has voted to skip the current entry; votes for an earlier entry do not count. */
interface Votes {
  readonly entryId: string;
  readonly users: readonly Snowflake[];
  /** Share of the listeners, by the rules when the last vote was cast: above 0, at most 1. */
  readonly share: number;
}

/** A guild's music, as stored: what should play. The node is made to match it, never the other way round. */
export interface Session {
  readonly guild: Snowflake;
  /** Grows by one with each stored change; 0 was never stored. */
  readonly version: number;
  readonly current: Entry | null;
  readonly playback: Playback;
  /** Grows with each order to play, so that reports about an earlier one are recognised as late. */
  readonly attempt: number;
  /** The position of the current track at `asOfMs`. */
  readonly positionMs: number;
  readonly asOfMs: number;
  readonly paused: boolean;
  /** Percent. */
  readonly volume: number;
  readonly filters: Filters;
  readonly queue: readonly Entry[];
  /** What has played to its end or was skipped, newest first. An entry that failed is not in it. */
  readonly history: readonly Entry[];
  readonly loop: Loop;
  /** The ids of the queue's entries in the order before it was shuffled; null if it is not. */
  readonly unshuffled: readonly string[] | null;
  readonly voiceChannel: Snowflake | null;
  readonly textChannel: Snowflake | null;
  readonly message: { readonly channelId: Snowflake; readonly messageId: Snowflake } | null;
  /** The Lavalink node that plays. */
  readonly node: string | null;
  /** Why it is in this state, if nobody requested it. */
  readonly reason: Reason | null;
  /** Failures since a track last ended well. */
  readonly failureRun: number;
  /** Recent requests, so that nothing is done twice however often it is requested, even after a crash. */
  readonly doneRequests: readonly DoneRequest[];
  /** Votes to skip the current entry. */
  readonly votes: Votes | null;
  /** Something like the last track follows when the queue is over; null if that is off. */
  readonly autoplay: Autoplay | null;
  /** When the bot was sent away, and where the track was that played then (leave.ts). */
  readonly left: { readonly entryId: string | null; readonly positionMs: number; readonly atMs: number } | null;
}

/** For members. A reason about an entry ends when that entry plays; any other, when another track is started. */
export interface Reason {
  readonly text: string;
  readonly entryId: string | null;
  /** The same as data; earlier releases have stored none. */
  readonly why?: Why | undefined;
}

/** Effects outside that carry a change out. */
export type Effect = 'play' | 'silence' | 'pause' | 'volume' | 'filters' | 'leave';

type Cause = 'track-start' | 'track-end' | 'queue' | 'pause' | 'volume' | 'stop' | 'voice' | 'failure';

export interface Change {
  readonly session: Session;
  readonly effects: readonly Effect[];
  /** Undefined: nobody needs to be told. */
  readonly cause?: Cause;
  /** The reason, in words for members. */
  readonly detail?: string;
  /** How the current track ended, if the cause does not say it. */
  readonly ended?: TrackEnding;
}

export function emptySession(guild: Snowflake): Session {
  return {
    guild,
    version: 0,
    current: null,
    playback: 'waiting',
    attempt: 0,
    positionMs: 0,
    asOfMs: 0,
    paused: false,
    volume: 100,
    filters: noFilters,
    queue: [],
    history: [],
    loop: 'off',
    unshuffled: null,
    voiceChannel: null,
    textChannel: null,
    message: null,
    node: null,
    reason: null,
    failureRun: 0,
    doneRequests: [],
    votes: null,
    left: null,
    autoplay: null,
  };
}

/** The position of the current track at `nowMs`: it advances only while it plays, and never past its end. */
export function positionAt(
  session: Pick<Session, 'playback' | 'paused' | 'positionMs' | 'asOfMs' | 'filters'> & {
    readonly current: Pick<Entry, 'lengthMs'> | null;
  },
  nowMs: number,
): number {
  const { current, playback, paused, positionMs, asOfMs } = session;
  if (!current) return 0;
  const advancing = playback === 'playing' && !paused;
  const reached = advancing ? positionMs + Math.max(0, nowMs - asOfMs) * speedOf(session.filters) : positionMs;
  return Math.min(reached, current.lengthMs ?? Number.POSITIVE_INFINITY);
}

/**
 * last: behind all that waits; in-turn: where members take turns (fair-queue.ts); next: before all that waits; now: instead
 * of the current track, which becomes part of the past.
 */
export type Placement = 'last' | 'in-turn' | 'next' | 'now';

/** Adds what fits into the queue, in its order, and starts the first entry if nothing plays. */
export function enqueue(
  session: Session,
  entries: readonly Entry[],
  channels: { readonly voice: Snowflake | null; readonly text: Snowflake | null },
  nowMs: number,
  placement: Placement = 'last',
): Change & { readonly added: readonly Entry[] } {
  // Without a current track, the first of the queue leaves it at once, which makes room for one more.
  const room = queueLimit - session.queue.length + (session.current ? 0 : 1);
  const added = entries.slice(0, Math.max(0, Math.min(room, playlistLimit)));
  const filled: Session = {
    ...session,
    queue: placed(session, added, placement),
    voiceChannel: channels.voice ?? session.voiceChannel,
    textChannel: channels.text ?? session.textChannel,
  };
  if (added.length > 0 && placement === 'now')
    return { ...next({ ...filled, paused: false }, nowMs), cause: 'queue', added };
  if (session.current || added.length === 0) return { session: filled, effects: [], cause: 'queue', added };
  return { ...next(filled, nowMs), cause: 'queue', added };
}

function placed(session: Session, added: readonly Entry[], placement: Placement): readonly Entry[] {
  switch (placement) {
    case 'last':
      return [...session.queue, ...added];
    case 'in-turn':
      return withTurns(session, added);
    case 'next':
    case 'now':
      return [...added, ...session.queue];
    default:
      return placement satisfies never;
  }
}

/** The node reports that the order numbered `attempt` is playing. */
export function trackStarted(session: Session, attempt: number, positionMs: number, nowMs: number): Change {
  if (!session.current || attempt !== session.attempt) return unchanged(session);
  return {
    session: { ...session, playback: 'playing', positionMs, asOfMs: nowMs, reason: reasonWhilePlaying(session) },
    effects: [],
    cause: 'track-start',
  };
}

export type EndReason = 'finished' | 'loadFailed' | 'stopped' | 'replaced' | 'cleanup';

/**
 * The node reports that the order numbered `attempt` ended. Only `finished` and `loadFailed` may start the next
 * (Lavalink docs/api/websocket.md, "Track End Reason"); what the node gave up for lack of voice waits where it was.
 * `fault` says why it could not be loaded, if the node has reported it.
 */
export function trackEnded(
  session: Session,
  attempt: number,
  reason: EndReason,
  nowMs: number,
  fault: string = trackFaults.unplayable,
): Change {
  if (!session.current || attempt !== session.attempt) return unchanged(session);
  switch (reason) {
    case 'finished':
      return ended(session, nowMs);
    case 'loadFailed':
      return trackFailed(session, attempt, fault, nowMs);
    case 'cleanup':
      return interrupted(session, nowMs, 'voice');
    case 'stopped':
      return {
        session: { ...withoutCurrent(session, nowMs), paused: false },
        effects: [],
        cause: 'track-end',
        ended: 'stopped',
      };
    case 'replaced':
      return unchanged(session);
    default:
      return reason satisfies never;
  }
}

/**
 * A track broke or hangs: it is tried once more, then the next one; after a run of failures, nothing more until
 * somebody asks.
 */
export function trackFailed(session: Session, attempt: number, fault: string, nowMs: number): Change {
  const { current } = session;
  if (!current || attempt !== session.attempt) return unchanged(session);
  const failureRun = session.failureRun + 1;
  const failed: Entry = { ...current, failures: current.failures + 1 };
  const hasAnotherTry = failed.failures < failuresPerTrack;
  const broken: Session = { ...session, failureRun };
  if (failureRun >= failureRunLimit) {
    // The last one to fail may not have had its second attempt: then it is the first to be tried when somebody resumes.
    const queue = hasAnotherTry ? [failed, ...session.queue] : session.queue;
    const quiet: Session = { ...withoutCurrent(broken, nowMs), queue, failureRun: 0, paused: false };
    const params = { times: failureRunLimit, title: current.title, fault };
    return failure(quiet, ['silence'], because(queue.length > 0 ? 'gave-up-kept' : 'gave-up', params), null);
  }
  if (hasAnotherTry) {
    const again = order({ ...broken, current: failed, positionMs: 0 }, nowMs);
    const why = because('retried', { title: current.title, fault });
    return failure(again, ['play'], why, current.entryId);
  }
  const passedOver = next({ ...broken, current: null }, nowMs);
  const why = because('skipped', { title: current.title, fault });
  return failure(passedOver.session, passedOver.effects, why, current.entryId);
}

const failure = (session: Session, effects: readonly Effect[], why: Why, entryId: string | null): Change => ({
  session: { ...session, reason: reasonOf(why, entryId) },
  effects,
  cause: 'failure',
  detail: whyText(why),
});

const reasonOf = (why: Why, entryId: string | null): Reason => ({ text: whyText(why), entryId, why });

/**
 * Ends the current track in favour of the next; without one there is silence. Under a loop of the track, skip leaves that
 * track, and the loop then repeats the next one. Under a loop of the queue, the track goes to the end of the queue.
 */
export function skip(session: Session, nowMs: number): Change {
  if (!session.current) return unchanged(session);
  return { ...next({ ...session, paused: false }, nowMs), cause: 'track-end' };
}

/** Moves an entry within the queue; undefined if it is not (or no longer) in it. */
export function move(session: Session, entryId: string, to: number): Change | undefined {
  const from = session.queue.findIndex((entry) => entry.entryId === entryId);
  const entry = session.queue[from];
  if (!entry) return undefined;
  const target = Math.min(to, session.queue.length - 1);
  if (target === from) return unchanged(session);
  const queue = session.queue.toSpliced(from, 1).toSpliced(target, 0, entry);
  return { session: { ...session, queue }, effects: [], cause: 'queue' };
}

/**
 * Removes an entry from the queue; undefined if it is not (or no longer) in it. The current track is skipped, not
 * removed.
 */
export function remove(session: Session, entryId: string): Change | undefined {
  const queue = session.queue.filter((entry) => entry.entryId !== entryId);
  if (queue.length === session.queue.length) return undefined;
  return { session: { ...session, queue }, effects: [], cause: 'queue' };
}

/** The bot is in this channel, and nothing plays because of that. */
export function entered(session: Session, channel: Snowflake): Change {
  if (session.voiceChannel === channel) return unchanged(session);
  return { session: { ...session, voiceChannel: channel }, effects: [], cause: 'voice' };
}

/** Ends everything and leaves voice. `why`: if nobody requested it. */
export function stop(session: Session, nowMs: number, why?: Why): Change {
  const over: Session = {
    ...withoutCurrent(session, nowMs),
    queue: [],
    history: [],
    loop: 'off',
    autoplay: null,
    filters: noFilters,
    unshuffled: null,
    paused: false,
    failureRun: 0,
    voiceChannel: null,
    node: null,
    reason: why ? reasonOf(why, null) : null,
  };
  return { session: over, effects: ['leave'], cause: 'stop', ...(why ? { detail: whyText(why) } : {}) };
}

export function pause(session: Session, nowMs: number): Change {
  if (!session.current || session.paused) return unchanged(session);
  const positionMs = positionAt(session, nowMs);
  return { session: { ...session, paused: true, positionMs, asOfMs: nowMs }, effects: ['pause'], cause: 'pause' };
}

/** Continues after a pause, or with the queue that a run of failures has left. */
export function resume(session: Session, nowMs: number): Change {
  if (!session.current)
    return session.queue.length === 0 ? unchanged(session) : { ...next(session, nowMs), cause: 'queue' };
  if (!session.paused) return unchanged(session);
  return { session: { ...session, paused: false, asOfMs: nowMs }, effects: ['pause'], cause: 'pause' };
}

export function setVolume(session: Session, percent: number): Change {
  const volume = Math.min(150, Math.max(0, Math.round(percent)));
  if (volume === session.volume) return unchanged(session);
  return { session: { ...session, volume }, effects: ['volume'], cause: 'volume' };
}

/** The position that was reached counts from now on at the new speed. */
export function setFilters(session: Session, filters: Filters, nowMs: number): Change {
  const positionMs = positionAt(session, nowMs);
  return { session: { ...session, filters, positionMs, asOfMs: nowMs }, effects: ['filters'], cause: 'volume' };
}

export function setMessage(session: Session, message: Session['message']): Change {
  const same = message?.channelId === session.message?.channelId && message?.messageId === session.message?.messageId;
  return same ? unchanged(session) : { session: { ...session, message }, effects: [] };
}

/** Somebody moved the bot: the music follows. */
export function moved(session: Session, channel: Snowflake): Change {
  if (session.voiceChannel === channel) return unchanged(session);
  return { session: { ...session, voiceChannel: channel }, effects: [], cause: 'voice' };
}

/** The node or the voice connection was lost under the current track: it waits at the position that it had reached. */
export function interrupted(
  session: Session,
  nowMs: number,
  code: 'node' | 'answer' | 'voice' | 'nobody' | Silence,
): Change {
  const { current, playback, reason } = session;
  const why = because(code);
  const detail = whyText(why);
  if (!current || (playback === 'waiting' && reason?.text === detail)) return unchanged(session);
  const positionMs = positionAt(session, nowMs);
  return {
    session: { ...session, playback: 'waiting', positionMs, asOfMs: nowMs, reason: reasonOf(why, current.entryId) },
    effects: [],
    cause: 'voice',
    detail,
  };
}

/**
 * Orders the current track again, for a node that has lost it or a connection that is back. It continues at `fromMs`,
 * by default at its current position; one that has ended by then gives way to the next.
 */
export function replay(session: Session, nowMs: number, fromMs?: number): Change {
  if (!session.current) return unchanged(session);
  const { current } = session;
  const positionMs = fromMs ?? positionAt(session, nowMs);
  if (current.lengthMs !== null && positionMs >= current.lengthMs) {
    return ended(session, nowMs);
  }
  const from = current.isStream ? 0 : positionMs;
  return { session: order({ ...session, positionMs: from }, nowMs), effects: ['play'], cause: 'voice' };
}

/**
 * The node plays the current track, by the order numbered `attempt` and at this position: it only has to be recorded.
 * The order may be an earlier one, if a later one has not reached the node.
 */
export function adopted(session: Session, attempt: number, positionMs: number, nowMs: number): Change {
  if (!session.current) return unchanged(session);
  const reason = reasonWhilePlaying(session);
  const known: Session = { ...session, attempt, playback: 'playing', positionMs, asOfMs: nowMs, reason };
  return session.playback === 'playing' && session.attempt === attempt
    ? { session: known, effects: [] }
    : { session: known, effects: [], cause: 'voice' };
}

/** The node that got the order. */
export function playedBy(session: Session, node: string): Session {
  return session.node === node ? session : { ...session, node };
}

/** Nothing to store, nothing to do, nobody to tell. */
const unchanged = (session: Session): Change => ({ session, effects: [] });

const reasonWhilePlaying = ({ reason, current }: Session): Reason | null =>
  reason?.entryId == null || reason.entryId === current?.entryId ? null : reason;

/** Shorter than this, a track is not repeated: it would start many times a second. */
const shortestRepeatedMs = 1_000;

const mayRepeat = ({ lengthMs }: Entry): boolean => lengthMs === null || lengthMs >= shortestRepeatedMs;

/** The current track has played to its end: it starts again under a loop of the track, otherwise the next does. */
function ended(session: Session, nowMs: number): Change {
  const { current, loop } = session;
  const well: Session = { ...session, failureRun: 0 };
  if (!current || loop !== 'track' || !mayRepeat(current))
    return { ...next(well, nowMs), cause: 'track-end', ended: 'finished' };
  const again: Session = { ...well, current: { ...current, failures: 0 }, positionMs: 0, reason: null, votes: null };
  return { session: order(again, nowMs), effects: ['play'], cause: 'track-end', ended: 'finished' };
}

/** The current track becomes the newest of the history, and under a loop of the queue also its last entry. */
export function past(session: Session): Session {
  const { current, history, queue, loop } = session;
  if (!current) return session;
  const entry: Entry = { ...current, failures: 0 };
  return {
    ...session,
    history: [entry, ...history].slice(0, historyLimit),
    queue: loop === 'queue' && mayRepeat(entry) ? [...queue, entry] : queue,
  };
}

/** Starts this entry from its beginning, whatever was playing. */
export const started = (session: Session, current: Entry, nowMs: number): Change => ({
  session: order({ ...session, current, positionMs: 0, paused: false, reason: null, votes: null }, nowMs),
  effects: ['play'],
  cause: 'track-end',
});

/** Plays the current track from this position. */
export const playedFrom = (session: Session, positionMs: number, nowMs: number): Change => ({
  session: order({ ...session, positionMs }, nowMs),
  effects: ['play'],
  cause: 'track-start',
});

function next(before: Session, nowMs: number): Change {
  const session: Session = { ...past(before), reason: null, votes: null };
  const [current, ...queue] = session.queue;
  if (!current) return { session: { ...withoutCurrent(session, nowMs), paused: false }, effects: ['silence'] };
  return { session: order({ ...session, current, queue, positionMs: 0 }, nowMs), effects: ['play'] };
}

function order(session: Session, nowMs: number): Session {
  return { ...session, playback: 'requested', attempt: nextAttempt(session, nowMs), asOfMs: nowMs };
}

/** Taken from the clock if possible, so that a session that was deleted and recreated does not repeat numbers. */
const nextAttempt = (session: Session, nowMs: number): number => Math.max(session.attempt + 1, nowMs);

function withoutCurrent(session: Session, nowMs: number): Session {
  return {
    ...session,
    current: null,
    playback: 'waiting',
    attempt: nextAttempt(session, nowMs),
    positionMs: 0,
    asOfMs: nowMs,
  };
}
