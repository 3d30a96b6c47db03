import { retryAfterMs } from '#infra/http/refusals.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import type { TrackedInteraction } from './interaction.ts';

export const nothing = (): void => undefined;

/** An interaction with what is under way for it. */
export interface Entry {
  readonly interaction: TrackedInteraction;
  readonly arrivedAtMs: number;
  /** One thing at a time happens to an interaction. */
  turn: Promise<unknown>;
  cancelDeferral: () => void;
  cancelClosing: () => void;
  closeAtMs: number;
  /** Came so late that the bot hears of it only when Discord has taken the deferral. */
  held: boolean;
}

export const createEntry = (interaction: TrackedInteraction, arrivedAtMs: number, closeAtMs: number): Entry => ({
  interaction,
  arrivedAtMs,
  turn: Promise.resolve(),
  cancelDeferral: nothing,
  cancelClosing: nothing,
  closeAtMs,
  held: false,
});

/** Whether a member still waits for something. */
export const isOpen = ({ state, lost }: TrackedInteraction): boolean => state !== 'answered' && !lost;

/** Also lets go of what the timers would have needed: an answered interaction is kept for 15 minutes. */
export function cancelTimers(entry: Entry): void {
  entry.cancelDeferral();
  entry.cancelClosing();
  entry.cancelDeferral = nothing;
  entry.cancelClosing = nothing;
}

const deferBackoff = { minMs: 100, maxMs: 5_000 };

/** When a refused deferral is tried again: grows, and never before the refusal's own time. */
export function deferAgainInMs(headers: Headers, attempt: number): number {
  const resetMs = Number(headers.get('x-ratelimit-reset-after') ?? 0) * 1_000;
  return Math.max(backoffDelayMs(attempt, deferBackoff), resetMs || retryAfterMs(headers.get('retry-after')));
}
