import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { endCurrent } from './controls.ts';
import { Deciding } from './deciding.ts';
import { noFilters } from './filters.ts';
import { follow } from './playing.ts';
import type { Arranged } from './queue-order.ts';
import { positionAt, unchanged, type Change, type Session } from './session.ts';

/** How long the music waits after the bot was sent away: longer, and nobody expects yesterday's queue in front of theirs. */
export const keptForMs = 60 * 60_000;

/**
 * Leaves voice with the music as it is: the current track, from where it was, and the queue wait for whoever brings the
 * bot back. @throws BailiwickError player.not-in-voice
 */
export function leave(session: Session, nowMs: number): Arranged {
  mustBeInVoice(session);
  const { current } = session;
  const left = { entryId: current?.entryId ?? null, positionMs: Math.round(positionAt(session, nowMs)), atMs: nowMs };
  const deciding = new Deciding(session);
  endCurrent(deciding);
  if (current) deciding.tell({ type: 'TracksReturned', data: { at: 0, tracks: [{ ...current, failures: 0 }] } });
  deciding.inChannel(null);
  deciding.explain(null);
  deciding.tell({ type: 'MusicKept', data: left });
  return { ...deciding.decided('stop'), affected: deciding.session.queue };
}

/** @throws BailiwickError player.not-in-voice */
export function mustBeInVoice({ voiceChannel }: Session): void {
  if (voiceChannel === null)
    throw callerFault(playerErrorCodes.botNotInVoice, 'The bot is not in a voice channel.', 409);
}

/** What waits plays on in this channel, in which the bot has come back from none. */
export function comeBack(session: Session, channel: Snowflake, nowMs: number): Change {
  const deciding = new Deciding(session);
  deciding.inChannel(channel);
  if (session.current || session.queue.length === 0) return deciding.decided();
  follow(deciding, undefined, nowMs);
  return deciding.decided('queue');
}

/** The session without the music that has waited too long. */
export function stillKept(session: Session, nowMs: number): Change {
  const { voiceChannel, left, queue } = session;
  if (voiceChannel !== null || !left || queue.length === 0 || nowMs - left.atMs < keptForMs) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.removed(queue.map(({ entryId }) => entryId));
  deciding.withLoop('off');
  deciding.withFilters(noFilters);
  deciding.tell({ type: 'KeptMusicLapsed', data: { atMs: nowMs } });
  return deciding.decided();
}
