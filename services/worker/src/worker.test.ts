import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { exportAudit } from '#security/audit/export.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord } from '#security/audit/record.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { workerProcesses, type WorkerProcesses } from '../testing/worker-process.ts';
import { removeExpiredRows, removeOldStatistics } from './session-cleanup.ts';

let server: TestDatabase;
let installation: TestInstallation;
let api: Database;
let worker: Database;
let admin: pg.Pool;
let processes: WorkerProcesses;

beforeAll(async () => {
  server = await testDatabase('worker');
  installation = await testInstallation({ database: server });
  api = openDatabase({ url: server.urlOf('api'), maxConnections: 2 });
  worker = openDatabase({ url: server.url, maxConnections: 2 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  processes = await workerProcesses(server, installation);
});
afterAll(async () => {
  await processes[Symbol.asyncDispose]();
  await admin.end();
  for (const each of [api, worker, installation, server]) await each[Symbol.asyncDispose]();
});

const write = (tenant: TenantId, count: number, from = 0) =>
  api.inTenant(tenant, (transaction) =>
    journal(
      transaction,
      Array.from({ length: count }, (_, index) =>
        auditRecord(
          {
            tenant,
            kind: 'change',
            action: 'policy.write',
            outcome: 'succeeded',
            actor: { type: 'tenant-member', id: 'discord:1' },
            detail: { index: from + index },
          },
          Date.now(),
        ),
      ),
    ),
  );

async function sealed(): Promise<void> {
  await expect
    .poll(async () => (await admin.query('select 1 from audit_journal limit 1')).rowCount, {
      timeout: 20_000,
      interval: 20,
    })
    .toBe(0);
}

async function verified(tenant: TenantId) {
  const lines: string[] = [];
  for await (const line of exportAudit({ database: api, tenant })) lines.push(line);
  const { key } = JSON.parse(lines[0] ?? '') as { key: string };
  async function* stream() {
    yield* lines;
  }
  const indices = lines
    .filter((line) => line.includes('"record"'))
    .map((line) => (JSON.parse(line) as { record: { detail: { index: number } } }).record.detail.index);
  return { report: await verifyExport(stream(), { key }), indices };
}

test('killed again and again while records are written and sealed, the process loses nothing and doubles nothing', async () => {
  const tenant = newTenantId();
  const [rounds, commits, records] = [3, 40, 50];
  const perRound = commits * records;
  let running = await processes.start();
  for (let round = 0; round < rounds; round += 1) {
    const start = round * perRound;
    const writing = (async () => {
      for (let commit = 0; commit < commits; commit += 1) await write(tenant, records, start + commit * records);
    })();
    const exited = once(running.child, 'exit');
    const begun = async () =>
      (await admin.query('select 1 from audit_leaf where leaf_index >= $1 limit 1', [start])).rowCount;
    await expect.poll(begun, { timeout: 20_000, interval: 1 }).toBe(1);
    running.child.kill('SIGKILL');
    await exited;
    await writing;
    running = await processes.start();
  }
  await sealed();
  const { report, indices } = await verified(tenant);
  expect(report).toMatchObject({ ok: true, problems: [], records: rounds * perRound });
  expect(indices).toEqual(Array.from({ length: rounds * perRound }, (_, index) => index));
  const stopped = once(running.child, 'exit');
  running.child.kill('SIGTERM');
  expect(await stopped).toEqual([0, null]);
});

test('tells its lag and its role, removes sessions that are over, and stops with its parent', async () => {
  const sessions = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await admin.query(
    "insert into api_session (token_hash, subject, expires_at) values ($1, 'a', now() - interval '1 s'), ($2, 'b', now() + interval '1 h')",
    sessions,
  );
  const { child, opsUrl } = await processes.start();
  await expect
    .poll(async () => (await admin.query<{ subject: string }>('select subject from api_session')).rows, {
      timeout: 30_000,
    })
    .toEqual([{ subject: 'b' }]);
  const tenant = newTenantId();
  await write(tenant, 1);
  await sealed();
  const health = (await (await fetch(`${opsUrl}/health`)).json()) as { status: string; causes: object[] };
  expect(health).toMatchObject({ status: 'healthy' });
  expect(health.causes).toContainEqual(
    expect.objectContaining({ name: 'audit sealing', detail: expect.stringContaining('this process seals') }),
  );
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  expect(metrics).toMatch(/^audit_sealed_records_total 1$/m);
  expect(metrics).toMatch(/^audit_sequencer_leader 1$/m);
  expect(metrics).toMatch(/^audit_seal_lag_seconds 0$/m);
  expect(metrics).toMatch(/^api_sessions_removed_total 1$/m);
  const exited = once(child, 'exit');
  child.stdin?.end();
  expect(await exited).toEqual([0, null]);
});

const removeExpired = (database: Pick<Database, 'acrossTenants'>, signal = new AbortController().signal) =>
  removeExpiredRows({ database, clock: systemClock }, signal);

test('removes more sessions than one statement does, and stops when told', async () => {
  await admin.query(
    "insert into api_session (token_hash, subject, expires_at) select sha256(n::text::bytea), 'x', now() - interval '1 s' from generate_series(1, 2500) as n",
  );
  expect(await removeExpired(worker, AbortSignal.abort())).toBe(0);
  expect(await removeExpired(worker)).toBe(2_500);
  expect((await admin.query("select 1 from api_session where subject = 'x'")).rowCount).toBe(0);
});

test('removes what is over and nothing else: sign-ins, their tokens, invitations, kept answers', async () => {
  await admin.query('delete from api_session');
  const tenant = newTenantId();
  for (const [id, when] of [
    ['good', "now() + interval '1 h'"],
    ['late', "now() - interval '1 s'"],
  ] as const) {
    await admin.query(`insert into sign_in (id, subject, method, expires_at) values ($1, 'a', 'discord', ${when})`, [
      id,
    ]);
    await admin.query(
      `insert into refresh_token (token_hash, sign_in_id, expires_at) values (sha256($1), 'good', ${when})`,
      [Buffer.from(id)],
    );
    await admin.query(
      `insert into invitation (id, tenant_id, role, token_hash, created_by, expires_at) values ($1, $2, 'viewer', sha256($3), 'a', ${when})`,
      [id, tenant, Buffer.from(id)],
    );
    await admin.query(
      `insert into idempotent_answer (subject, key, fingerprint, expires_at) values ('a', $1, '\\x00', ${when})`,
      [id],
    );
  }
  await admin.query(
    "insert into sign_in (id, subject, method, expires_at, ended_at) values ('ended', 'a', 'discord', now() + interval '1 h', now() - interval '2 days')",
  );
  await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
  await admin.query(
    String.raw`insert into webhook_endpoint (tenant_id, id, url, events, secret) values ($1, 'whk_1', '\x01', '{}', '\x01')`,
    [tenant],
  );
  for (const [id, ended] of [
    ['good', "now() - interval '6 days'"],
    ['late', "now() - interval '8 days'"],
    ['under way', 'null'],
  ] as const)
    await admin.query(
      `insert into webhook_delivery (tenant_id, id, endpoint_id, message_id, type, body, ended_at)
       values ($1, $2, 'whk_1', $2, 'queue.ended', '{}', ${ended})`,
      [tenant, id],
    );
  expect(await removeExpired(worker)).toBe(6);
  const left = async (query: string) => (await admin.query<{ id: string }>(query)).rows.map(({ id }) => id);
  expect(await left('select id from sign_in')).toEqual(['good']);
  expect(await left('select id from invitation')).toEqual(['good']);
  expect(await left('select key as id from idempotent_answer')).toEqual(['good']);
  expect(await left('select sign_in_id as id from refresh_token')).toEqual(['good']);
  expect(await left('select id from webhook_delivery order by id')).toEqual(['good', 'under way']);
});

test('removes statistics of more than ninety days ago, and other lists never', async () => {
  const tenant = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
  const day = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000);
  for (const days of [1, 89, 92]) {
    await admin.query(
      "insert into play_statistics (tenant_id, generation, guild_id, at, kind, count) values ($1, 1, '1', $2, 'played', 1)",
      [tenant, day(days)],
    );
    await admin.query(
      String.raw`insert into track_list (tenant_id, owner, list, name, tracks, length) values ($1, '1', $2, '\x01', '\x01', 0)`,
      [tenant, `played-${day(days).toISOString().slice(0, 10)}`],
    );
  }
  await admin.query(
    String.raw`insert into track_list (tenant_id, owner, list, name, tracks, length) values ($1, '1', 'history', '\x01', '\x01', 0)`,
    [tenant],
  );
  const ports = { database: worker, clock: systemClock };
  expect(await removeOldStatistics(ports, new AbortController().signal)).toBe(2);
  expect((await admin.query('select 1 from track_list where tenant_id = $1', [tenant])).rowCount).toBe(3);
  expect((await admin.query('select 1 from play_statistics where tenant_id = $1', [tenant])).rowCount).toBe(2);
});
