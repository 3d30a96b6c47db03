import { callerFaultWith } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type LeftOut } from '#services/contracts/player.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import type { Entry } from './entry.ts';
import { countLater } from './later.ts';
import type { Session } from './session.ts';

/** What is to be added, and what is left out. */
export interface Selection {
  readonly entries: readonly Entry[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * The part of what was found that the guild's policy allows: by source and maximum track length. A track of unknown
 * length, such as a live stream, exceeds any maximum.
 * @throws BailiwickError player.source-not-allowed, player.track-too-long (422) if nothing is left
 */
export function playable(found: readonly Entry[], obligations: Obligations = {}): Selection {
  const { sources, maxTrackLengthMs } = obligations;
  const ofSources = sources ? found.filter(({ source }) => sources.includes(source)) : found;
  const [first] = found;
  if (first && ofSources.length === 0) throw sourceNotAllowed(first, sources ?? []);
  const short =
    maxTrackLengthMs === undefined
      ? ofSources
      : ofSources.filter(({ lengthMs }) => lengthMs !== null && lengthMs <= maxTrackLengthMs);
  if (maxTrackLengthMs !== undefined && ofSources.length > 0 && short.length === 0) throw tooLong(maxTrackLengthMs);
  const leftOut = [
    ...leftOutFor('source', found.length - ofSources.length),
    ...leftOutFor('too-long', ofSources.length - short.length),
  ];
  return { entries: short, leftOut };
}

/**
 * As many as the member may still have in this queue.
 * @throws BailiwickError player.member-quota (409) if that is none
 */
export function withinQuota(
  session: Session,
  entries: readonly Entry[],
  member: Snowflake | null,
  { maxQueuedPerMember }: Obligations = {},
): Selection {
  if (maxQueuedPerMember === undefined || member === null) return { entries, leftOut: [] };
  const waiting =
    session.queue.filter(({ requestedBy }) => requestedBy === member).length + countLater(session, member);
  // Without a current track the first leaves the queue at once.
  const room = maxQueuedPerMember - waiting + (session.current ? 0 : 1);
  if (room <= 0) throw quotaReached(maxQueuedPerMember);
  return { entries: entries.slice(0, room), leftOut: leftOutFor('quota', entries.length - room) };
}

/** Undefined for none. */
export const leftOutFor = (reason: LeftOut['reason'], count: number): readonly LeftOut[] =>
  count > 0 ? [{ reason, count }] : [];

function sourceNotAllowed({ source }: Entry, sources: readonly string[]) {
  return callerFaultWith(
    { source, sources: sources.join(', ') },
    playerErrorCodes.sourceNotAllowed,
    `This server does not play music from ${source}, only from ${sources.join(', ')}.`,
    422,
  );
}

function tooLong(maxTrackLengthMs: number) {
  const seconds = Math.ceil(maxTrackLengthMs / 1_000);
  const [amount, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  const most = `${amount} ${unit}${amount === 1 ? '' : 's'}`;
  const message = `This server plays tracks of at most ${most}.`;
  return callerFaultWith({ mostSec: seconds }, playerErrorCodes.trackTooLong, message, 422);
}

function quotaReached(most: number) {
  return callerFaultWith(
    { most },
    playerErrorCodes.memberQuota,
    `You already have ${most} in the queue, the most that this server allows. Wait until one has played.`,
    409,
  );
}
