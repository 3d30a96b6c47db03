import { callerFault } from '#infra/kernel/errors.ts';
import type { LeftOut } from '#services/contracts/player.ts';
import type { Entry } from './entry.ts';

/** A request that was carried out, stored with the session that it changed. */
export interface DoneRequest {
  /** The transaction and the action: a member's request leads to each action once. */
  readonly id: string;
  readonly atMs: number;
  /** What a response to a repeated request needs. */
  readonly added?: Added;
}

/** What was added to the queue. */
export interface Added {
  readonly first: Entry | null;
  readonly count: number;
  readonly playlistName: string | null;
  /** Tracks of a playlist that were not added. */
  readonly leftOut: readonly LeftOut[];
}

/** Longer than a transaction token lives (300 s), so that none outlives the memory of it. */
const rememberedForMs = 6 * 60_000;
/** Per guild. Beyond this, nothing more is done for a while: what is forgotten could be done twice. */
const maxDoneRequests = 512;

/** @throws BailiwickError player.busy (429) if more was requested in 6 minutes than can be remembered. */
export function remember<Done extends Pick<DoneRequest, 'id' | 'atMs'>>(
  doneRequests: readonly Done[],
  done: Done,
): readonly Done[] {
  const all = remembered(doneRequests, done);
  if (all.length > maxDoneRequests)
    throw callerFault('player.busy', 'Too many requests for this player. Try again in a minute.', 429);
  return all;
}

/** With one more, and without those that are no longer needed. */
export const remembered = <Done extends Pick<DoneRequest, 'id' | 'atMs'>>(
  doneRequests: readonly Done[],
  done: Done,
): readonly Done[] => [...doneRequests.filter(({ atMs }) => done.atMs - atMs < rememberedForMs), done];
