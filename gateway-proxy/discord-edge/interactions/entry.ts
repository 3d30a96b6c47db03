import { retryAfterMs } from '#infra/http/refusals.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import type { TrackedInteraction } from './interaction.ts';

export const nothing = (): void => undefined;

/** An interaction with its operations in progress. */
export interface Entry {
  readonly interaction: TrackedInteraction;
  readonly arrivedAtMs: number;
  /** Serialises what happens to an interaction. */
  turn: Promise<unknown>;
  cancelDeferral: () => void;
  cancelClosing: () => void;
  closeAtMs: number;
  /** Arrived so late that the bot is told of it only once Discord has accepted the deferral. */
  held: boolean;
  /** It was called back, by Discord's word or an earlier edge's, and this edge did not do it. */
  calledBack: boolean;
}

export const createEntry = (interaction: TrackedInteraction, arrivedAtMs: number, closeAtMs: number): Entry => ({
  interaction,
  arrivedAtMs,
  turn: Promise.resolve(),
  cancelDeferral: nothing,
  cancelClosing: nothing,
  closeAtMs,
  held: false,
  calledBack: false,
});

/** Whether a member is still waiting for something. */
export const isOpen = ({ state, lost }: TrackedInteraction): boolean => state !== 'answered' && !lost;

/** Also releases what the timers would have needed: an answered interaction is kept for 15 minutes. */
export function cancelTimers(entry: Entry): void {
  entry.cancelDeferral();
  entry.cancelClosing();
  entry.cancelDeferral = nothing;
  entry.cancelClosing = nothing;
}

const deferBackoff = { minMs: 100, maxMs: 5_000 };

/** When a refused deferral is retried: the delay grows, and is never shorter than the refusal's own. */
export function deferAgainInMs(headers: Headers, attempt: number): number {
  const resetMs = Number(headers.get('x-ratelimit-reset-after') ?? 0) * 1_000;
  return Math.max(backoffDelayMs(attempt, deferBackoff), resetMs || retryAfterMs(headers.get('retry-after')));
}
