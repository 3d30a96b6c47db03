import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openJobs } from '#infra/jobs/jobs.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { startReceiver, type Receiver } from '#test/https-receiver.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { workerProcesses, type WorkerProcesses } from '../../testing/worker-process.ts';
import { createDeliveries } from './deliveries.ts';
import { createEndpoints } from './endpoints.ts';

let server: TestDatabase;
let installation: TestInstallation;
let database: Database;
let admin: pg.Pool;
let processes: WorkerProcesses;
let receiver: Receiver;

beforeAll(async () => {
  server = await testDatabase('worker');
  installation = await testInstallation({ database: server });
  database = openDatabase({ url: server.url, maxConnections: 2 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  processes = await workerProcesses(server, installation);
  receiver = await startReceiver();
});
afterAll(async () => {
  await processes[Symbol.asyncDispose]();
  await admin.end();
  for (const each of [receiver, database, installation, server]) await each[Symbol.asyncDispose]();
});

const startWorker = () => processes.start({ webhooks: { privateHosts: ['localhost'], trustPem: receiver.trustPem } });

test('killed in the middle of attempts, the process loses no event: each arrives, with the webhook-id of the attempt before', async () => {
  const tenant = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
  const custodian = createFileCustodian(processes.keys);
  const envelope = createEnvelope({ custodian, clock: systemClock });
  const now = () => Date.now();
  await using jobs = await openJobs({ url: server.url, maxConnections: 1 }, { database, logger: silentLogger() });
  const { webhook } = await database.inTenant(tenant, (transaction) =>
    createEndpoints({ envelope, privateHosts: ['localhost'], now }).create(transaction, tenant, {
      url: receiver.url,
      description: '',
      events: ['queue.ended'],
    }),
  );
  receiver.answer = 'nothing';
  const { child: killed } = await startWorker();
  const deliveries = createDeliveries({ envelope, jobs, now });
  const ids = Array.from({ length: 5 }, (_, index) => `msg_${index}`);
  for (const id of ids)
    await database.inTenant(tenant, (transaction) =>
      deliveries.publish(transaction, tenant, { id, type: 'queue.ended', at: new Date(), data: { guild: '1' } }),
    );
  await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(2);
  const exited = once(killed, 'exit');
  killed.kill('SIGKILL');
  await exited;
  const begun = receiver.received.map(({ headers }) => headers['webhook-id']);
  receiver.answer = { status: 204 };
  const { child: next } = await startWorker();
  const delivered = async () => {
    const { rows } = await admin.query<{ message_id: string }>(
      "select message_id from webhook_delivery where endpoint_id = $1 and status = 'delivered' order by 1",
      [webhook.id],
    );
    return rows.map(({ message_id: id }) => id);
  };
  await expect.poll(delivered, { timeout: 150_000, interval: 250 }).toEqual(ids);
  // Those that were under way arrived again, under the same ids; the others once.
  const counts = Object.fromEntries(
    ids.map((id) => [id, receiver.received.filter(({ headers }) => headers['webhook-id'] === id).length]),
  );
  expect(counts).toEqual(Object.fromEntries(ids.map((id) => [id, begun.includes(id) ? 2 : 1])));
  const stopped = once(next, 'exit');
  next.kill('SIGTERM');
  expect(await stopped).toEqual([0, null]);
});
