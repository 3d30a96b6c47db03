import type { Snowflake } from '#infra/kernel/ids.ts';
import { because, whyText } from '#services/contracts/why.ts';
import type { Silence } from '#tenants/instance-protocol/voice-events.ts';
import { Deciding } from './deciding.ts';
import { ended, orderAgain } from './playing.ts';
import { positionAt, reasonOf, unchanged, type Session, type Change } from './session.ts';

/** The bot is in this channel: it came, or somebody moved it, and then the music follows. */
export function entered(session: Session, channel: Snowflake): Change {
  if (session.voiceChannel === channel) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.inChannel(channel);
  return deciding.decided('voice');
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
  const deciding = new Deciding(session);
  if (playback === 'waiting') deciding.at('waiting', positionMs, nowMs);
  else deciding.tell({ type: 'Interrupted', data: { positionMs, asOfMs: nowMs } });
  deciding.explain(reasonOf(why, current.entryId));
  return deciding.decided('voice', detail);
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
  const deciding = new Deciding(session);
  orderAgain(deciding, current.isStream ? 0 : positionMs, nowMs);
  return deciding.decided('voice');
}
