import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { resume, stop } from './controls.ts';
import type { Arranged } from './queue-order.ts';
import { emptySession, positionAt, type Change, type Session } from './session.ts';

/** How long the music waits after the bot was sent away: longer, and nobody expects yesterday's queue in front of theirs. */
export const keptForMs = 60 * 60_000;

/**
 * Leaves voice with the music as it is: the current track, from where it was, and the queue wait for whoever brings the
 * bot back. @throws BailiwickError player.not-in-voice
 */
export function leave(session: Session, nowMs: number): Arranged {
  mustBeInVoice(session);
  const { current, queue, later, history, loop, filters, unshuffled, autoplay } = session;
  const kept = current ? [{ ...current, failures: 0 }, ...queue] : queue;
  const left = { entryId: current?.entryId ?? null, positionMs: Math.round(positionAt(session, nowMs)), atMs: nowMs };
  const gone = stop(session, nowMs);
  return {
    ...gone,
    session: { ...gone.session, queue: kept, later, history, loop, filters, unshuffled, autoplay, left },
    affected: kept,
  };
}

/** @throws BailiwickError player.not-in-voice */
export function mustBeInVoice({ voiceChannel }: Session): void {
  if (voiceChannel === null)
    throw callerFault(playerErrorCodes.botNotInVoice, 'The bot is not in a voice channel.', 409);
}

/** What waits plays on in this channel. */
export const comeBack = (session: Session, channel: Snowflake, nowMs: number): Change =>
  fromWhereItWas(session, resume({ ...session, voiceChannel: channel }, nowMs));

/** If the track with which the bot left starts again, it does so from where it was. */
export function fromWhereItWas<Started extends Change>({ current: before, left }: Session, change: Started): Started {
  const { current } = change.session;
  if (before || !current || left?.entryId !== current.entryId) return change;
  return { ...change, session: { ...change.session, positionMs: left.positionMs, left: null } };
}

/** The session without the music that has waited too long. */
export function stillKept(session: Session, nowMs: number): Session {
  const { voiceChannel, left, queue } = session;
  if (voiceChannel !== null || !left || queue.length === 0 || nowMs - left.atMs < keptForMs) return session;
  const { history, loop, filters, unshuffled, autoplay } = emptySession(session.guild);
  return { ...session, queue: [], later: [], history, loop, filters, unshuffled, autoplay, left: null };
}
