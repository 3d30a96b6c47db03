import { callerFault, callerFaultWith } from '#infra/kernel/errors.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { mustPlay } from './must-play.ts';
import { playedFrom } from './playing.ts';
import { positionAt, type Change, type Session } from './session.ts';

export type Seek = { readonly toMs: number } | { readonly byMs: number };

/**
 * Continues the current track at another position, in ms; paused stays paused. Before the start is the start. Past the end
 * is refused: whoever wants the next track skips. @throws BailiwickError player.not-seekable for a live stream or a track
 * of unknown length, player.no-such-time past the end
 */
export function seek(session: Session, seeking: Seek, nowMs: number): Change {
  const { lengthMs, isStream } = mustPlay(session);
  const wanted = 'toMs' in seeking ? seeking.toMs : positionAt(session, nowMs) + seeking.byMs;
  const positionMs = Math.max(0, Math.round(wanted));
  if (isStream || (lengthMs === null && positionMs > 0)) {
    throw callerFault(
      playerErrorCodes.notSeekable,
      isStream ? 'This is a live stream: it has no position to go to.' : 'The length of this track is unknown.',
      409,
    );
  }
  if (lengthMs !== null && positionMs >= lengthMs) {
    const message = `This track is only ${clock(lengthMs)} long. Choose an earlier time, or use /skip.`;
    throw callerFaultWith({ lengthMs }, playerErrorCodes.noSuchTime, message, 422);
  }
  return playedFrom(session, positionMs, nowMs);
}

/**
 * A time as people write it, in ms: `90` or `90s`, `1:30`, `1:02:03`, `1h2m3s`.
 * @throws BailiwickError player.bad-time
 */
export function timeOf(text: string): number {
  const written = text.trim().toLowerCase();
  const colons = /^(?:(\d{1,3}):)?(\d{1,3}):([0-5]?\d)$/.exec(written);
  const units = /^(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?$/.exec(written);
  const found = written === '' ? null : (colons ?? units);
  if (!found) {
    throw callerFault(playerErrorCodes.badTime, 'Write the time as 1:30, 1:02:03, 90 or 1m30s.', 422);
  }
  const [hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** 3:05 or 1:02:03. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}
