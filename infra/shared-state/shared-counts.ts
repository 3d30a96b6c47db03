import type { HealthCheck } from '#infra/observability/health.ts';
import type { Batched } from './batches.ts';
import type { SharedKey } from './shared-state.ts';

/** What a replica counts, in place of what it said before. */
export interface Statement extends SharedKey {
  /** Whole numbers, at most 32; none withdraws what it said before. */
  readonly counts: readonly number[];
  /** How long it is true, unless it is said again. */
  readonly forMs: number;
}

/**
 * What each replica of a process counts, for the others to add up. A replica that ends without withdrawing is heard
 * until what it said expires. Answers within a second, or throws `shared-state.unavailable` (503).
 */
export interface SharedCounts extends AsyncDisposable {
  /** False if there is nobody else to hear. */
  readonly isShared: boolean;
  /** @returns for each statement what the other replicas say; undefined for those that cannot be reached, where others can */
  exchange(statements: readonly Statement[]): Promise<Batched<readonly (readonly number[])[]>>;
  readonly health: HealthCheck;
}

/** As they are stored. */
export const encodeCounts = (counts: readonly number[]): string => counts.join(' ');
export const decodeCounts = (stored: string): number[] => stored.split(' ').map(Number);
