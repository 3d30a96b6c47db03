import type { Moment, ShownMoment, TimelineEvent } from '#services/contracts/timeline.ts';
import { filterWords } from '../domain/filters.ts';
import { positionAt } from '../domain/session.ts';
import type { GuildKey, SessionTimeline } from './ports.ts';
import { shownEntries, stateOf } from './view.ts';

/** A guild's player at a moment; null if nothing had happened by then, or it is no longer kept. */
export async function timelineAt(
  timeline: SessionTimeline,
  guildKey: GuildKey,
  atMs: number,
): Promise<{ moment: ShownMoment | null }> {
  const found = await timeline.momentAt(guildKey, atMs);
  return { moment: found ? shownMoment(found.moment, found.sinceMs, atMs) : null };
}

/** What happened in a guild's session, oldest first. */
export async function timelineEvents(
  timeline: SessionTimeline,
  guildKey: GuildKey,
  range: Parameters<SessionTimeline['events']>[1],
): Promise<{ events: TimelineEvent[] }> {
  const found = await timeline.events(guildKey, range);
  return { events: found.map(({ version, atMs, event }) => ({ version, atMs, ...event })) };
}

function shownMoment(moment: Moment, sinceMs: number, atMs: number): ShownMoment {
  const { current, volume, loop, filters, voiceChannel, queue, reason } = moment;
  return {
    state: stateOf(moment),
    current,
    positionMs: Math.round(positionAt(moment, atMs)),
    volume,
    loop,
    filters: filterWords(filters),
    voiceChannel,
    queue: queue.slice(0, shownEntries),
    queueLength: queue.length,
    reason: reason?.text ?? null,
    sinceMs,
  };
}
