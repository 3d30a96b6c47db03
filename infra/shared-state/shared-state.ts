import type { TenantId } from '#infra/kernel/ids.ts';
import type { Rate } from '#infra/kernel/rate-limiter.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { Batched } from './batches.ts';

/** The name of something shared; stored as a digest, so that nobody reads ids or addresses out of the store. */
export interface SharedKey {
  /** Whose it is; by default the platform's. */
  readonly tenant?: TenantId | undefined;
  readonly name: string;
}

/** What one replica took from a token bucket. */
export interface Spending extends SharedKey {
  readonly rate: Rate;
  /** Tokens. */
  readonly count: number;
}

/**
 * What the replicas of a process know together. Everything in it expires: losing it must never lose data. Every
 * operation answers within a second, or throws `shared-state.unavailable` (503); then it may have been done.
 */
export interface SharedState extends AsyncDisposable {
  /** False if no other process can see it, so that there is nothing to reconcile. */
  readonly isShared: boolean;
  /** Whether any replica remembered this, and not longer ago than it said. */
  knows(key: SharedKey): Promise<boolean>;
  remember(key: SharedKey, forMs: number): Promise<void>;
  /**
   * Takes tokens, whether there are any or not. @returns for each bucket the milliseconds until it is full again;
   * undefined for those that cannot be reached, where others can
   */
  spend(spendings: readonly Spending[]): Promise<Batched<number>>;
  readonly health: HealthCheck;
}
