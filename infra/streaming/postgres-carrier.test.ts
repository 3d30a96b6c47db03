import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { carrierContract } from './carrier.contract.ts';
import { openPostgresCarrier } from './postgres-carrier.ts';
import { carriedEvents } from './testing/carried-events.ts';
import { consumerName, streamingWorld, type StreamingWorld } from './testing/streaming-world.ts';

let world: StreamingWorld;
beforeAll(async () => {
  world = await streamingWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const open = () =>
  openPostgresCarrier({
    database: world.database,
    consumers: [consumerName],
    clock: systemClock,
    logger: silentLogger(),
  });

/** The consumers' connections end as in a crash, again and again; the server itself is every other test's, too. */
async function crash(): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const endAll = async () => {
    while (!stop.signal.aborted) {
      await world.admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and usename = 'bailiwick_worker'`,
      );
      await delay(20);
    }
  };
  const ending = endAll();
  return async () => {
    stop.abort();
    await ending;
  };
}

carrierContract({ oneEffect: true, waits: true, deadLetters: true, signatures: false }, () =>
  carriedEvents(world, { open, crash }),
);
