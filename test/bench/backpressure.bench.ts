import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { newTenantId } from '#infra/kernel/ids.ts';
import type { StoppedConsumerSettings } from '../servers/kafka/stopped-consumer.ts';
import { administer, benchDatabase } from './database.ts';

/*
 * npm run bench -- backpressure [events]
 * The memory of a process whose consumer has stopped in its first batch, over PostgreSQL, when this many further events have
 * happened (by default a million), against the same process before them. test/servers/kafka has the same with fewer over Kafka.
 */
const events = Number(process.argv[2] ?? 1_000_000);
/** All of them would be more than 500 MB. */
const bound = 1.25;
const atOnce = 50_000;
const tenant = newTenantId();

const opened = new AsyncDisposableStack();
const { url, adminUrl } = await benchDatabase(['worker'], { durable: false }, opened);
const script = path.join(import.meta.dirname, '../servers/kafka/stopped-consumer.ts');
const child = spawn(process.execPath, ['--expose-gc', '--disable-warning=ExperimentalWarning', script], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { PATH: process.env['PATH'] },
});
opened.defer(async () => {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
});
const settings: StoppedConsumerSettings = {
  events: { carrier: 'postgres' },
  url,
  installation: 'bench',
  source: 'spiffe://bench/svc/worker',
};
child.stdin.end(JSON.stringify(settings));
let now = { batches: 0, rssBytes: 0 };
createInterface(child.stdout).on('line', (line) => (now = JSON.parse(line) as typeof now));

await until(() => now.rssBytes > 0);
await administer(adminUrl, (admin) =>
  admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]).then(() => undefined),
);
await flood(0, 500);
await until(() => now.batches > 0);
await delay(2_000);
const before = now.rssBytes;
let most = before;
for (let from = 500; from < events; from += atOnce) {
  await flood(from, Math.min(from + atOnce, events));
  most = Math.max(most, now.rssBytes);
}
await delay(3_000);
most = Math.max(most, now.rssBytes);
const isAlive = child.exitCode === null;
await opened.disposeAsync();

const mib = (bytes: number): string => (bytes / 1024 ** 2).toFixed(0);
console.log(`${mib(before)} MiB with 500 events waiting, at most ${mib(most)} MiB with ${events}`);
console.log(
  `memory: ${(most / before).toFixed(2)} times (at most ${bound})${isAlive ? '' : '; the process has ended'}`,
);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null) throw new Error('the consumer has ended');
    await delay(50);
  }
}

function flood(from: number, to: number): Promise<unknown> {
  return administer(adminUrl, async (admin) => {
    await admin.query(
      `insert into event (tenant_id, stream, version, at, id, type, schema_version, facts)
         select $1, 'session/5', number + 1, now(), 'evt_' || lpad(number::text, 26, '0'), 'Flooded', 1,
           jsonb_build_object('number', number, 'text', repeat('x', 400)) from generate_series($2::int, $3::int - 1) as number`,
      [tenant, from, to],
    );
    await admin.query('notify event');
  });
}
