import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#infra/database/pool.ts';
import { append } from '#infra/event-store/event-store.ts';
import { subscribe } from '#infra/event-store/subscription.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { playStatistics } from '#services/worker/src/statistics/play-statistics.ts';
import { quantile } from '../audit/measured.ts';
import { codecFor, ended, someStream } from './workload.ts';

const perSec = 50;
const seconds = 20;
const rebuildMs = 15_000;
const watched = { clock: systemClock, logger: silentLogger() };

/** From the commit of an event to its handler, while so many a second are appended. */
export async function measureDelivery(writes: Database, worker: Database, envelope: Envelope): Promise<string> {
  const codec = codecFor(envelope);
  /** By stream and version: when it was committed, and when it was handled. */
  const committed = new Map<string, number>();
  const handled = new Map<string, number>();
  await using _following = await subscribe({
    ...watched,
    name: 'bench-delivery',
    database: worker,
    from: 'now',
    handle: async (_transaction, events) => {
      for (const { tenant, stream, version } of events)
        handled.set(`${tenant} ${stream} ${version}`, performance.now());
    },
  });
  await delay(2_000);
  const total = perSec * seconds;
  for (let sent = 0; sent < total; sent += 1) {
    const stream = someStream();
    const { tenant } = stream;
    void writes
      .inTenant(tenant, (transaction) =>
        append(transaction, codec, stream, { events: [ended], expected: 'any', atMs: Date.now() }),
      )
      .then((version) => committed.set(`${tenant} ${stream.stream} ${version}`, performance.now()));
    await delay(1_000 / perSec);
  }
  for (let waited = 0; handled.size < total && waited < 100; waited += 1) await delay(100);
  const tookMs = [...committed].map(([key, atMs]) =>
    Math.max(0, (handled.get(key) ?? Number.POSITIVE_INFINITY) - atMs),
  );
  const [p50, p99] = [quantile(tookMs, 0.5), quantile(tookMs, 0.99)];
  console.log(
    `${total} events at ${perSec} a second: handled p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms after commit`,
  );
  return `outbox to consumer p99 ${p99.toFixed(0)} ms (at most 100)`;
}

/** How fast the read model of plays is built anew from what is stored. */
export async function measureRebuild(worker: Database): Promise<string> {
  let events = 0;
  const apply = playStatistics.apply(1_000);
  const begunMs = performance.now();
  const following = await subscribe({
    ...watched,
    name: 'bench-rebuild',
    database: worker,
    types: playStatistics.types,
    from: 'beginning',
    handle: async (transaction, batch) => {
      await apply(transaction, batch);
      events += batch.length;
    },
  });
  await delay(rebuildMs);
  const perSecond = Math.round(events / ((performance.now() - begunMs) / 1_000));
  await following[Symbol.asyncDispose]();
  return `a read model is built anew at ${perSecond} events/s`;
}
