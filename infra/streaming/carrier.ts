import type { Transaction } from '#infra/database/pool.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { StreamedEvent } from './streamed-event.ts';

/** What brings events from the event store, which is the outbox, to their consumers. */
export type CarrierName = 'postgres' | 'kafka';

export interface ConsumerOptions {
  /** What it has had is stored under this name. Processes with the same name share the work. */
  readonly name: string;
  readonly types: readonly string[];
  /**
   * Called with events in their order, for each key (`keyOf`), in a transaction that sees the rows of every tenant. What it
   * writes there is done exactly once for each event. It runs again if it rejects; after some attempts, the event that makes it
   * reject becomes a dead letter, and the others go on.
   */
  readonly handle: (transaction: Transaction, events: readonly StreamedEvent[]) => Promise<void>;
}

export interface Following extends AsyncDisposable {
  /** Degraded while events wait. */
  readonly health: HealthCheck;
}

export interface Carrier extends AsyncDisposable {
  readonly name: CarrierName;
  /** A consumer that is new begins with what happens from now on. */
  follow(consumer: ConsumerOptions): Promise<Following>;
  /** Of what carries events, besides those of consumers. */
  readonly health: HealthCheck;
}
