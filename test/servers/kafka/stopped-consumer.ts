import { setTimeout as delay } from 'node:timers/promises';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { eventSchema, EventSchemas } from '#infra/streaming/event-schemas.ts';
import { openKafkaCarrier } from '#infra/streaming/kafka-carrier.ts';
import { openPostgresCarrier } from '#infra/streaming/postgres-carrier.ts';
import type { EventSettings } from '#infra/streaming/settings.ts';

export interface StoppedConsumerSettings {
  readonly events: EventSettings;
  readonly url: string;
  readonly installation: string;
  readonly source: string;
}

/* A process whose consumer never finishes its first batch. It writes its memory in bytes, a line each tenth of a second. */
const { events, url, installation, source } = JSON.parse(await text(process.stdin)) as StoppedConsumerSettings;
const database = openDatabase({ url, maxConnections: 4 });
const ports = { database, consumers: ['stopped'], clock: systemClock, logger: silentLogger() };
const carrier =
  events.carrier === 'postgres'
    ? await openPostgresCarrier(ports)
    : await openKafkaCarrier(events, {
        ...ports,
        installation: installationId(installation),
        source,
        topics: { Flooded: 'other' },
        schemas: new EventSchemas([eventSchema(1, { type: 'Flooded', version: 1, schema: {} })]),
      });
let batches = 0;
await carrier.follow({
  name: 'stopped',
  types: ['Flooded'],
  async handle() {
    batches += 1;
    await new Promise(() => undefined);
  },
});
for (;;) {
  globalThis.gc?.();
  process.stdout.write(`${JSON.stringify({ batches, rssBytes: process.memoryUsage.rss() })}\n`);
  await delay(100);
}
