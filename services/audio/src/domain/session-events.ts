import { isDeepStrictEqual } from 'node:util';
import { faultNameOf, type FaultName } from '#services/contracts/statistics.ts';
import type { Moment, SessionEvent, TrackEnding } from '#services/contracts/timeline.ts';
import { evolve, momentOf } from './moment.ts';
import type { Change, Session } from './session.ts';

/**
 * What has happened between two states of a session: events that lead from what could be seen before to what can be seen
 * after (`evolve`). Derived where a change is stored, so that whatever changes a session is told of, and nothing is told
 * that was not stored.
 */
export function eventsOf(before: Session, { session: after, cause, ended }: Omit<Change, 'effects'>): SessionEvent[] {
  if (!isSeen(before, after)) return [];
  const told = new Telling(momentOf(before));
  const target = momentOf(after);
  const isAgain = cause === 'track-end' && before.attempt !== after.attempt;
  tellOfCurrent(told, { before, after, target, isAgain, ending: ended ?? endingBy(cause) });
  tellOfQueue(told, target);
  tellOfRequesters(told, target);
  tellOfSound(told, target);
  tellOfPlayback(told, target);
  return told.events;
}

/** Most changes that are stored, such as a vote or the place of a message, can be told apart without looking at the queue. */
const isSeen = (before: Session, after: Session): boolean => seen.some((name) => before[name] !== after[name]);
const seen = [
  'current',
  'playback',
  'attempt',
  'paused',
  'positionMs',
  'asOfMs',
  'queue',
  'volume',
  'loop',
  'filters',
  'voiceChannel',
  'reason',
] as const satisfies readonly (keyof Session)[];

const endingBy = (cause: Change['cause']): TrackEnding =>
  cause === 'failure' ? 'failed' : cause === 'stop' ? 'stopped' : 'skipped';

/** The events so far, and what can be seen after them. */
class Telling {
  readonly events: SessionEvent[] = [];
  moment: Moment;

  constructor(moment: Moment) {
    this.moment = moment;
  }

  tell(event: SessionEvent): void {
    this.events.push(event);
    this.moment = evolve(this.moment, event);
  }
}

interface Difference {
  readonly before: Session;
  readonly after: Session;
  readonly target: Moment;
  /** The current track has ended, even if it is the next one, too: under a loop. */
  readonly isAgain: boolean;
  readonly ending: TrackEnding;
}

function tellOfCurrent(told: Telling, { before, after, target, isAgain, ending }: Difference): void {
  const was = told.moment.current;
  const now = target.current;
  const isOther = was?.entryId !== now?.entryId || isAgain;
  if (was && isOther) {
    const fault = ending === 'failed' ? { fault: faultOf(after) } : {};
    told.tell({ type: 'TrackEnded', data: { track: was, ending, ...fault } });
  }
  tellOfAdded(told, before, target);
  if (!now || !isOther) return;
  const { positionMs, asOfMs } = after;
  told.tell({ type: 'TrackOrdered', data: { track: now, positionMs, asOfMs } });
}

/** Without the title, which the reason has, too: it tells of nobody, and so may be counted. */
const faultOf = ({ reason }: Session): FaultName => faultNameOf(String(reason?.why?.params['fault'] ?? ''));

/** What was in no part of the session before: also the one that plays at once. */
function tellOfAdded(told: Telling, before: Session, target: Moment): void {
  const known = new Set([before.current, ...before.queue, ...before.history].map((entry) => entry?.entryId));
  const order = target.current ? [target.current, ...target.queue] : target.queue;
  const tracks = order.filter(({ entryId }) => !known.has(entryId));
  const [first] = tracks;
  if (!first) return;
  const waiting = new Set(told.moment.queue.map(({ entryId }) => entryId));
  const at = order.slice(0, order.indexOf(first)).filter(({ entryId }) => waiting.has(entryId)).length;
  told.tell({ type: 'TracksAdded', data: { at, tracks } });
}

function tellOfQueue(told: Telling, { queue }: Moment): void {
  const there = new Set(queue.map(({ entryId }) => entryId));
  const gone = told.moment.queue.filter(({ entryId }) => !there.has(entryId)).map(({ entryId }) => entryId);
  if (gone.length > 0) told.tell({ type: 'TracksRemoved', data: { entryIds: gone } });
  const known = new Set(told.moment.queue.map(({ entryId }) => entryId));
  const back = queue.filter(({ entryId }) => !known.has(entryId));
  if (back[0]) {
    const at = back[0].entryId === queue[0]?.entryId ? 0 : told.moment.queue.length;
    told.tell({ type: 'TracksReturned', data: { at, tracks: back } });
  }
  const is = told.moment.queue.map(({ entryId }) => entryId);
  const shall = queue.map(({ entryId }) => entryId);
  const from = shall.findIndex((entryId, index) => entryId !== is[index]);
  if (from < 0) return;
  const last = shall.findLastIndex((entryId, index) => entryId !== is[index]);
  told.tell({ type: 'QueueReordered', data: { from, entryIds: shall.slice(from, last + 1) } });
}

function tellOfRequesters(told: Telling, target: Moment): void {
  const erased = new Set(
    [target.current, ...target.queue].flatMap((track) => (track?.requestedBy === null ? [track.entryId] : [])),
  );
  if (erased.size === 0) return;
  const entryIds = [told.moment.current, ...told.moment.queue].flatMap((track) =>
    track && track.requestedBy !== null && erased.has(track.entryId) ? [track.entryId] : [],
  );
  if (entryIds.length > 0) told.tell({ type: 'RequestersErased', data: { entryIds } });
}

function tellOfSound(told: Telling, { volume, loop, filters, voiceChannel, reason }: Moment): void {
  const { moment } = told;
  if (voiceChannel !== moment.voiceChannel) told.tell({ type: 'ChannelChanged', data: { voiceChannel } });
  if (volume !== moment.volume) told.tell({ type: 'VolumeChanged', data: { volume } });
  if (loop !== moment.loop) told.tell({ type: 'LoopChanged', data: { loop } });
  if (!isDeepStrictEqual(filters, moment.filters)) told.tell({ type: 'FiltersChanged', data: { filters } });
  if (!isDeepStrictEqual(reason, moment.reason)) told.tell({ type: 'ReasonChanged', data: { reason } });
}

function tellOfPlayback(told: Telling, target: Moment): void {
  const { current, playback, paused, positionMs, asOfMs } = target;
  if (!current) return;
  const place = { positionMs, asOfMs };
  if (paused !== told.moment.paused) told.tell({ type: paused ? 'Paused' : 'Resumed', data: place });
  if (playback !== told.moment.playback) {
    if (playback === 'playing') told.tell({ type: 'TrackStarted', data: { entryId: current.entryId, ...place } });
    if (playback === 'waiting') told.tell({ type: 'Interrupted', data: place });
  }
  const { moment } = told;
  if (playback === moment.playback && positionMs === moment.positionMs && asOfMs === moment.asOfMs) return;
  told.tell({ type: 'PositionChanged', data: { playback, ...place } });
}
