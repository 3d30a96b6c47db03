import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';

/** The parts of the platform that have keys, each its own; `launcher` is `bailiwick up`, the others are processes. */
export const keyKeepers = ['token-service', 'discord-edge', 'worker', 'audio', 'api', 'launcher'] as const;
export type KeyKeeper = (typeof keyKeepers)[number];

/** Whose custodian it is, and what it needs of its process. */
export interface CustodianOwner {
  readonly installation: string;
  readonly part: KeyKeeper;
  readonly logger: Logger;
  readonly clock: Clock;
}
