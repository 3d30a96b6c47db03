import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openDatabase } from '#infra/database/pool.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { nodeFlags } from '#services/cli/src/up/process-flags.ts';
import type { ExportResult, ExportTask } from './audit/export-process.ts';
import { benchDatabase } from './database.ts';
import { cpuSecondsOfTree, median } from './audit/measured.ts';

/*
 * npm run bench -- audit [records per round] [rounds] [records to export] [only the export with this name]
 * Append: records of eight tenants, journalled in transactions of 300 over two connections as services do, until the
 * sequencer (a separate process) has sealed the last of them. The baseline inserts the same records as text, with as
 * many rows per statement over as many connections, into a plain table of the same PostgreSQL. Both alternate; the
 * ratio is the median of the rounds. Export and verify: one tenant's log, each in a separate process, whose peak
 * resident memory is shown.
 */
const [perRound = 60_000, rounds = 5, toExport = 1_000_000] = process.argv.slice(2, 5).map(Number);
const only = process.argv[5] ?? '';
const batchRecords = 300;
const writers = 2;
const maxPeakMiB = 150;
/** Of the rate of raw inserts. */
const leastSealed = 0.6;

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const { adminUrl, urlOf } = await benchDatabase(['api', 'proxy', 'worker'], { durable: true }, stack);
const admin = new pg.Pool({ connectionString: adminUrl, max: writers + 1 });
admin.on('error', () => undefined);
stack.defer(() => admin.end());
await admin.query(
  'create table plain (id bigserial primary key, tenant_id text not null, record text not null, at timestamptz not null default now())',
);
const proxy = stack.use(openDatabase({ url: urlOf('proxy'), maxConnections: writers }));
await startSequencerProcess();

const tenants = Array.from({ length: 8 }, () => newTenantId());
let sequence = 0;

/** A typical decision of the proxy. */
function decision(tenant: TenantId): AuditRecord {
  sequence += 1;
  const denied = sequence % 10 === 0;
  return auditRecord(
    {
      tenant,
      kind: 'decision',
      action: 'player.skip',
      outcome: denied ? 'denied' : 'allowed',
      actor: { type: 'bot', id: `spiffe://bailiwick.bench/tenant/${tenant}/bot` },
      onBehalfOf: { type: 'discord-member', id: '80351110224678912' },
      guild: '80351110224678912',
      channel: '41771983423143937',
      command: 'skip',
      decision: `dec_${String(sequence).padStart(26, '0')}`,
      rule: 'guild.dj',
      policyVersion: '42',
      requestId: `req_${String(sequence).padStart(26, '0')}`,
    },
    Date.now(),
  );
}

const batchesOf = (records: readonly AuditRecord[]): AuditRecord[][] =>
  Array.from({ length: Math.ceil(records.length / batchRecords) }, (_, at) =>
    records.slice(at * batchRecords, (at + 1) * batchRecords),
  );

/** Runs the batches over the connections and returns the records per second. */
async function timed(
  records: readonly AuditRecord[],
  insert: (batch: AuditRecord[]) => Promise<unknown>,
): Promise<number> {
  const batches = batchesOf(records);
  const startedMs = performance.now();
  const work = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await insert(batch);
  };
  await Promise.all(Array.from({ length: writers }, work));
  return records.length / ((performance.now() - startedMs) / 1_000);
}

const plainly = (records: readonly AuditRecord[]) =>
  timed(records, (batch) =>
    admin.query({
      name: 'plain',
      text: 'insert into plain (tenant_id, record) select * from unnest($1::text[], $2::text[])',
      values: [batch.map(({ tenant }) => tenant), batch.map((record) => JSON.stringify(record))],
    }),
  );

async function journalled(records: readonly AuditRecord[]): Promise<{ written: number; sealed: number }> {
  const startedMs = performance.now();
  const written = await timed(records, (batch) => proxy.acrossTenants((transaction) => journal(transaction, batch)));
  while ((await admin.query('select 1 from audit_journal limit 1')).rowCount !== 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return { written, sealed: records.length / ((performance.now() - startedMs) / 1_000) };
}

const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')} records/s`;

interface Round {
  readonly plain: number;
  readonly written: number;
  readonly sealed: number;
  /** CPU time for sealing, divided by that for plain inserts. */
  readonly cost: number;
}

async function costing<Result>(work: () => Promise<Result>): Promise<{ result: Result; cpuSec: number }> {
  const before = await cpuSecondsOfTree();
  const result = await work();
  return { result, cpuSec: (await cpuSecondsOfTree()) - before };
}

async function oneRound(round: number): Promise<Round> {
  const records = Array.from({ length: perRound }, (_, at) => decision(tenants[at % tenants.length] as TenantId));
  const first = round % 2 === 0 ? await costing(() => plainly(records)) : undefined;
  const ours = await costing(() => journalled(records));
  const base = first ?? (await costing(() => plainly(records)));
  return { plain: base.result, ...ours.result, cost: ours.cpuSec / base.cpuSec };
}

async function append(): Promise<void> {
  const all: Round[] = [];
  // The first round warms up both kinds.
  for (let round = -1; round < rounds; round += 1) {
    const measured = await oneRound(round);
    if (round >= 0) all.push(measured);
  }
  const of = (name: keyof Round) => median(all.map((round) => round[name]));
  console.log(`raw multi-row inserts              ${perSecond(of('plain'))}`);
  console.log(`journalled                         ${perSecond(of('written'))}`);
  console.log(`journalled and sealed              ${perSecond(of('sealed'))}`);
  const ratios = all.map(({ plain, sealed }) => sealed / plain);
  console.log(
    `ratio of sealed to raw             ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; at least ${leastSealed})`,
  );
  console.log(`processor time, by that of raw     ${of('cost').toFixed(2)}`);
}

async function fill(tenant: TenantId, count: number): Promise<void> {
  for (let left = count; left > 0; left -= perRound) {
    await journalled(Array.from({ length: Math.min(perRound, left) }, () => decision(tenant)));
  }
}

async function inProcess(task: ExportTask): Promise<ExportResult> {
  // With the flags that `bailiwick up` gives the api, which is where exports are made.
  const child = fork(fileURLToPath(new URL('audit/export-process.ts', import.meta.url)), {
    execArgv: [...nodeFlags('api')],
    env: {
      ...process.env,
      MALLOC_ARENA_MAX: '2',
      UV_THREADPOOL_SIZE: '4',
      NODE_COMPILE_CACHE: path.join(folder, 'modules'),
    },
  });
  child.send(task);
  const [result] = (await once(child, 'message')) as [ExportResult];
  return result;
}

async function exports(): Promise<void> {
  const tenant = newTenantId();
  await fill(tenant, toExport);
  // As in an installation by the next day: the first read after writing is slow.
  await admin.query('vacuum (freeze) audit_leaf');
  await admin.query('checkpoint');
  const common = { url: urlOf('api'), tenant, selection: {}, gzip: false };
  const runs: readonly (ExportTask & { name: string })[] = [
    { ...common, name: 'the whole log as ndjson', format: 'ndjson' },
    { ...common, name: 'as csv', format: 'csv' },
    { ...common, name: 'as ocsf', format: 'ocsf' },
    { ...common, name: 'as ndjson, gzipped', format: 'ndjson', gzip: true },
    { ...common, name: 'a tenth of it, with proofs', format: 'ndjson', selection: { outcome: 'denied' } },
  ];
  for (const { name, ...run } of runs.filter((each) => each.name.includes(only))) {
    const file = path.join(folder, 'export.gz');
    await inProcess({ ...run, file });
    const written = await inProcess(run);
    const verified = await inProcess({ ...run, file, key: written.key });
    if (verified.problems.length > 0) throw new Error(verified.problems.join('; '));
    const show = (what: string, { seconds, cpuSeconds, peakMiB }: ExportResult, count: number) =>
      console.log(
        `${what.padEnd(42)} ${perSecond(count / seconds)} (${cpuSeconds.toFixed(1)} CPU-s), peak RSS ${peakMiB.toFixed(0)} MiB${peakMiB > maxPeakMiB ? `: over ${maxPeakMiB}` : ''}`,
      );
    show(`export ${name} (${written.sizeMiB.toFixed(0)} MiB)`, written, written.records);
    show('verify it', verified, verified.records);
  }
}

if (rounds > 0) await append();
if (toExport > 0) await exports();

async function startSequencerProcess(): Promise<void> {
  const file = fileURLToPath(new URL('../../security/audit/testing/sequencer-process.ts', import.meta.url));
  const child = fork(file, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  stack.defer(async () => {
    child.disconnect();
    await once(child, 'exit');
  });
  const keyBase64 = randomBytes(32).toString('base64');
  child.send({
    url: urlOf('worker'),
    folder: await mkdtemp(path.join(folder, 'keys-')),
    keyBase64,
    installation: 'bailiwick.bench',
  });
  await once(child, 'message');
}
