import { isDeepStrictEqual } from 'node:util';
import { effectsOf } from './effects.ts';
import { evolve } from './evolve.ts';
import type { MusicEvent } from './music-events.ts';
import type { Cause, Change, Session } from './session.ts';

/**
 * A decision in the making: what happens to a session because of a command or a report. It is told step by step, and each
 * step is decided from the session after the one before. What would change nothing is not told.
 */
export class Deciding {
  readonly events: MusicEvent[] = [];
  readonly before: Session;
  session: Session;

  constructor(before: Session) {
    this.before = before;
    this.session = before;
  }

  tell(event: MusicEvent): void {
    this.events.push(event);
    this.session = evolve(this.session, event);
  }

  /** Why the player is in its state; null: because somebody requested it. */
  explain(reason: Session['reason']): void {
    if (!isDeepStrictEqual(reason, this.session.reason)) this.tell({ type: 'ReasonChanged', data: { reason } });
  }

  inChannel(voiceChannel: Session['voiceChannel']): void {
    if (voiceChannel !== this.session.voiceChannel) this.tell({ type: 'ChannelChanged', data: { voiceChannel } });
  }

  atVolume(volume: number): void {
    if (volume !== this.session.volume) this.tell({ type: 'VolumeChanged', data: { volume } });
  }

  withLoop(loop: Session['loop']): void {
    if (loop !== this.session.loop) this.tell({ type: 'LoopChanged', data: { loop } });
  }

  withFilters(filters: Session['filters']): void {
    if (!isDeepStrictEqual(filters, this.session.filters)) this.tell({ type: 'FiltersChanged', data: { filters } });
  }

  /** Where the current track is, and whether it advances from there. */
  at(playback: Session['playback'], positionMs: number, asOfMs: number): void {
    const { session } = this;
    const isSame = playback === session.playback && positionMs === session.positionMs && asOfMs === session.asOfMs;
    if (!isSame) this.tell({ type: 'PositionChanged', data: { playback, positionMs, asOfMs } });
  }

  withPages(pages: Session['later']): void {
    if (!isDeepStrictEqual(pages, this.session.later)) this.tell({ type: 'PagesChanged', data: { pages } });
  }

  /** A queue that is shuffled has an order to go back to. */
  withOrder(entryIds: Session['unshuffled']): void {
    if (!isDeepStrictEqual(entryIds, this.session.unshuffled))
      this.tell({ type: 'OrderRemembered', data: { entryIds } });
  }

  removed(entryIds: readonly string[]): void {
    if (entryIds.length > 0) this.tell({ type: 'TracksRemoved', data: { entryIds } });
  }

  /** The same entries wait in this order. */
  reordered(entryIds: readonly string[]): void {
    const is = this.session.queue.map(({ entryId }) => entryId);
    const from = entryIds.findIndex((entryId, index) => entryId !== is[index]);
    if (from < 0) return;
    const last = entryIds.findLastIndex((entryId, index) => entryId !== is[index]);
    this.tell({ type: 'QueueReordered', data: { from, entryIds: entryIds.slice(from, last + 1) } });
  }

  /** @param cause undefined if nobody needs to be told */
  decided(cause?: Cause, detail?: string): Change {
    const { events, session } = this;
    return {
      events,
      session,
      effects: effectsOf(events, session),
      ...(cause === undefined ? {} : { cause }),
      ...(detail === undefined ? {} : { detail }),
    };
  }
}

/** The same change, with an event that has no effects after the others. */
export const alsoTelling = <Decided extends Change>(change: Decided, event: MusicEvent): Decided => ({
  ...change,
  events: [...change.events, event],
  session: evolve(change.session, event),
});
