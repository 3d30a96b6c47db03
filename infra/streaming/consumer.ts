import { saysUnavailable, databaseUnavailable } from '#infra/database/database-errors.ts';
import type { Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { CarrierName, ConsumerOptions } from './carrier.ts';
import { bury } from './dead-letters.ts';
import { takeIn } from './inbox.ts';
import type { StreamedEvent } from './streamed-event.ts';

/** How often an event is handled before it becomes a dead letter: with growing pauses, for a few seconds. */
export const mostAttempts = 5;

export interface ConsumerPorts {
  readonly carrier: CarrierName;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What every carrier does with the events of a batch, in the transaction after which they count as had. */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #ports: ConsumerPorts;
  /** Of the events that have failed; each either succeeds or becomes a dead letter, so these are a batch's at most. */
  readonly #attempts = new Map<string, number>();

  constructor(options: ConsumerOptions, ports: ConsumerPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Handles those events that this consumer has not had. Throws what the handler threw, so that the whole batch is tried
   * again later: at once if the database is unavailable, otherwise until it has failed too often for one of the events.
   */
  async receive(
    transaction: Transaction,
    events: readonly StreamedEvent[],
    originOf: (event: StreamedEvent) => string,
  ): Promise<void> {
    const { name, types, handle } = this.#options;
    const wanted = events.filter(({ type }) => types.includes(type));
    if (wanted.length === 0) return;
    const fresh = await takeIn(
      transaction,
      name,
      wanted.map(({ id }) => id),
    );
    const open = new Set(fresh);
    // The same event may be twice in a batch.
    const todo = wanted.filter(({ id }) => open.delete(id));
    if (todo.length === 0) return;
    const together = await attempt(transaction, () => handle(transaction, todo));
    if (together === undefined) return this.#succeeded(todo);
    for (const event of todo) {
      const failure = await attempt(transaction, () => handle(transaction, [event]));
      if (failure === undefined) continue;
      const attempts = (this.#attempts.get(event.id) ?? 0) + 1;
      this.#attempts.set(event.id, attempts);
      if (attempts < mostAttempts) throw failure.error;
      await this.#bury(transaction, event, failure.error, originOf(event));
    }
    this.#succeeded(todo);
  }

  #succeeded(events: readonly StreamedEvent[]): void {
    for (const { id } of events) this.#attempts.delete(id);
  }

  async #bury(transaction: Transaction, event: StreamedEvent, error: unknown, origin: string): Promise<void> {
    const { carrier, clock, logger } = this.#ports;
    const detail = error instanceof BailiwickError ? (error.operatorMessage ?? error.message) : nameOf(error);
    await bury(transaction, { consumer: this.name, carrier, origin, reason: 'handler', detail, event }, clock.now());
    logger.error({ err: error, consumer: this.name, event: event.id }, 'an event became a dead letter');
  }
}

/** The message may have anything in it: it goes to the log only. */
const nameOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? ` (${String(error.code)})` : '';
  return `${error instanceof Error ? error.name : typeof error}${code}`;
};

/** In a savepoint, so that a failure leaves the rest of the transaction usable. Throws if the database is unavailable. */
async function attempt(
  transaction: Transaction,
  work: () => Promise<void>,
): Promise<{ readonly error: unknown } | undefined> {
  await transaction.query('savepoint attempt');
  try {
    await work();
  } catch (error) {
    if (saysUnavailable(error) || databaseUnavailable(error)) throw error;
    await transaction.query('rollback to savepoint attempt');
    return { error };
  }
  await transaction.query('release savepoint attempt');
  return undefined;
}
