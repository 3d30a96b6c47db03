import type { Database } from '#infra/database/pool.ts';
import { subscribe } from '#infra/event-store/subscription.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Carrier } from './carrier.ts';
import { changeFromRelay, consumerLanes } from './change-carrier.ts';
import { Consumer } from './consumer.ts';
import { streamed } from './streamed-event.ts';

/**
 * Consumers read the event store itself. Nothing is signed: nobody but the parts of the platform can write there, each with
 * a role of its own.
 */
export async function openPostgresCarrier(ports: {
  readonly database: Pick<Database, 'acrossTenants' | 'listen'>;
  /** The consumers of this release, so that they go on where Kafka was, should it have been configured before. */
  readonly consumers: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Carrier> {
  const { database, consumers, clock, logger } = ports;
  await database.acrossTenants((transaction) => changeFromRelay(transaction, consumers, clock.now()));
  return {
    name: 'postgres',
    follow(options) {
      const consumer = new Consumer(options, { carrier: 'postgres', clock, logger });
      return subscribe({
        name: options.name,
        database,
        types: options.types,
        from: 'now',
        lanes: consumerLanes,
        handle: (transaction, events) =>
          consumer.receive(transaction, events.map(streamed), ({ stream, version }) => `${stream}/${version}`),
        clock,
        logger,
      });
    },
    health: () => ({ status: 'healthy' }),
    async [Symbol.asyncDispose]() {},
  };
}
