import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Loop } from '#services/contracts/player.ts';
import { whyText, type Why } from '#services/contracts/why.ts';
import type { Autoplay } from './autoplay.ts';
import type { Entry } from './entry.ts';
import { noFilters, speedOf, type Filters } from './filters.ts';
import type { DoneRequest } from './idempotency.ts';
import type { Page } from './later.ts';
import type { MusicEvent } from './music-events.ts';

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
  /** What comes into the queue when it is shorter, in order. */
  readonly later: readonly Page[];
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
  /** Titles of tracks that were skipped in that time: the first few, and the last. */
  readonly skippedRun: readonly string[];
  readonly skippedCount: number;
  /** Recent requests, so that nothing is done twice however often it is requested, even after a crash. */
  readonly doneRequests: readonly DoneRequest[];
  /** Votes to skip the current entry. */
  readonly votes: Votes | null;
  /** Something like the last track follows when the queue is over; null if that is off. */
  readonly autoplay: Autoplay | null;
  /** Whether anybody listened when this was stored: whoever takes over then knows that they have left since. */
  readonly heard: boolean;
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

export type Cause = 'track-start' | 'track-end' | 'queue' | 'pause' | 'volume' | 'stop' | 'voice' | 'failure';

/** What a command or a report leads to. Every member but `cause` and `detail` follows from the events (deciding.ts). */
export interface Change {
  /** In the order in which they happen; none: nothing changes. */
  readonly events: readonly MusicEvent[];
  /** After them. */
  readonly session: Session;
  readonly effects: readonly Effect[];
  /** Undefined: nobody needs to be told. */
  readonly cause?: Cause;
  /** The reason, in words for members. */
  readonly detail?: string;
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
    later: [],
    history: [],
    loop: 'off',
    unshuffled: null,
    voiceChannel: null,
    textChannel: null,
    message: null,
    node: null,
    reason: null,
    failureRun: 0,
    skippedRun: [],
    skippedCount: 0,
    doneRequests: [],
    votes: null,
    left: null,
    autoplay: null,
    heard: false,
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

/** Who has voted to skip the current track. */
export const votersOf = ({ current, votes }: Session): readonly Snowflake[] =>
  votes && votes.entryId === current?.entryId ? votes.users : [];

/** Nothing to store, nothing to do, nobody to tell. */
export const unchanged = (session: Session): Change => ({ events: [], session, effects: [] });

export const reasonOf = (why: Why, entryId: string | null): Reason => ({ text: whyText(why), entryId, why });
