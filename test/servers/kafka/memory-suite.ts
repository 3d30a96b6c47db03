import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Producer } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { cloudEventOf } from '#infra/streaming/cloud-event.ts';
import { kafkaOptions } from '#infra/streaming/kafka-connection.ts';
import { signEvent } from '#infra/streaming/signing.ts';
import { keyOf } from '#infra/streaming/streamed-event.ts';
import { eventOf, framed, installation, keyOn, soon, source, type Bus } from './kafka-bus.ts';
import type { StoppedConsumerSettings } from './stopped-consumer.ts';

/** What waits is not in memory. */
export function memorySuite(bus: Bus): void {
  test.each(['kafka', 'postgres'] as const)(
    'over %s, a consumer that has stopped keeps none of a hundred thousand events in memory',
    async (kind) => {
      const world = bus.world();
      const tenant = await world.tenant();
      const child = spawn(process.execPath, ['--expose-gc', path.join(import.meta.dirname, 'stopped-consumer.ts')], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { PATH: process.env['PATH'] },
      });
      const given: StoppedConsumerSettings = {
        events: kind === 'kafka' ? bus.settings() : { carrier: 'postgres' },
        url: world.server.url,
        installation,
        source,
      };
      child.stdin.end(JSON.stringify(given));
      let state = { batches: 0, rssBytes: 0 };
      createInterface(child.stdout).on('line', (line) => (state = JSON.parse(line) as typeof state));
      try {
        const flood = kind === 'kafka' ? floodKafka : floodStore;
        await expect.poll(() => state.rssBytes, soon).toBeGreaterThan(0);
        await flood(tenant, 0, 500);
        await expect.poll(() => state.batches, soon).toBeGreaterThan(0);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        const before = state.rssBytes;
        await flood(tenant, 500, 100_000);
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        // All of them would be more than fifty megabytes.
        expect((state.rssBytes - before) / 1024 ** 2).toBeLessThan(16);
        expect(child.exitCode).toBeNull();
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  );

  async function floodKafka(tenant: TenantId, from: number, to: number): Promise<void> {
    const key = await keyOn(bus.world());
    const producer = new Producer(kafkaOptions(bus.settings(), 'test'));
    // Signed once: nobody gets to read the later ones.
    const event = eventOf(tenant, { type: 'Flooded' });
    const value = framed(signEvent(cloudEventOf(event, source), key));
    const message = { topic: `bailiwick.${installation}.other`, key: Buffer.from(keyOf(event)), value };
    for (let number = from; number < to; number += 1_000)
      await producer.send({ messages: Array.from({ length: Math.min(1_000, to - number) }, () => message) });
    await producer.close(true);
  }

  async function floodStore(tenant: TenantId, from: number, to: number): Promise<void> {
    await bus.world().admin.query(
      `insert into event (tenant_id, stream, version, at, id, type, schema_version, facts)
       select $1, 'session/5', number + 1, now(), 'evt_' || lpad(number::text, 26, '0'), 'Flooded', 1,
         jsonb_build_object('number', number, 'text', repeat('x', 400)) from generate_series($2::int, $3::int - 1) as number`,
      [tenant, from, to],
    );
    await bus.world().admin.query('notify event');
  }
}
