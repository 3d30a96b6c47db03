import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Transaction } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { acrossRotation, rotateTenantKey, whileSealing } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { median, quantile } from './audit/measured.ts';
import { benchDatabase } from './database.ts';

/*
 * npm run bench -- keys [values] [rounds]
 * Seal and open: a value of 1 KiB with the envelope, beside AES-256-GCM of node:crypto alone with a key at hand and a
 * nonce from randomBytes; both alternate, and the ratio is the median of the rounds. Rotation: one tenant has so many
 * values of 1 KiB, which are sealed again in rounds of 5 s, each after 5 s without; all the time the same process reads
 * and writes some of them at a steady pace. The ratios are p99 of all rounds beside p99 of all times in between: a
 * single round has about ten times above its p99, too few to compare rounds one by one.
 */
const [values = 1_000_000, rounds = 9] = process.argv.slice(2).map(Number);
const plaintext = randomBytes(1_024);
const perRound = 20_000;
const paceMs = 5;
const roundMs = 5_000;
const bounds = { ofNode: 0.6, p99: 1.5 };

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') }, systemClock);
const envelope = createEnvelope({ custodian });
const tenant = newTenantId();
const location = (row: number) => ({ tenant, table: 'gateway_session', column: 'document', row: String(row) });

const ratio = await compareWithNode();
const rotation = await rotateUnderLoad();
console.log(
  `seal and open ${ratio.toFixed(2)} of node:crypto (at least ${bounds.ofNode}), p99 of a read ${rotation.reads.toFixed(2)} and of a write ${rotation.writes.toFixed(2)} of before (at most ${bounds.p99})`,
);

/** The rate of the envelope, as a part of that of node:crypto. */
async function compareWithNode(): Promise<number> {
  const key = createSecretKey(randomBytes(32));
  const associated = Buffer.from('a location');
  const plain = (): void => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
    const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(associated);
    decipher.setAuthTag(sealed.subarray(-16));
    Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  };
  const ours = async (): Promise<void> => {
    await envelope.open(await envelope.seal(plaintext, location(0)), location(0));
  };
  const microseconds: Record<'plain' | 'ours', number[]> = { plain: [], ours: [] };
  // The first round warms everything up.
  for (let round = -1; round < rounds; round += 1) {
    const start = performance.now();
    for (let each = 0; each < perRound; each += 1) plain();
    const between = performance.now();
    for (let each = 0; each < perRound; each += 1) await ours();
    const end = performance.now();
    if (round < 0) continue;
    microseconds.plain.push(((between - start) * 1_000) / perRound);
    microseconds.ours.push(((end - between) * 1_000) / perRound);
  }
  const us = (of: readonly number[]) => `${median(of).toFixed(1)} us`;
  console.log(`seal and open 1 KiB: ${us(microseconds.ours)}, node:crypto alone ${us(microseconds.plain)}`);
  return median(microseconds.plain.map((each, at) => each / (microseconds.ours[at] ?? Number.NaN)));
}

/** Of reads and of writes, in milliseconds. */
interface Times {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** The p99 while values are sealed again, as a multiple of that before. */
interface Ratios {
  readonly reads: number;
  readonly writes: number;
}

async function rotateUnderLoad(): Promise<Ratios> {
  const { url } = await benchDatabase(['edge'], { durable: true }, stack);
  const database = stack.use(openDatabase({ url, maxConnections: 4 }));
  await database.inTenant(tenant, async (transaction) => {
    for (let from = 0; from < values; from += 1_000)
      await store(
        transaction,
        Array.from({ length: Math.min(1_000, values - from) }, (_none, at) => from + at),
      );
  });

  async function store(transaction: Transaction, rows: readonly number[]): Promise<void> {
    const sealed = await Promise.all(rows.map((row) => envelope.seal(plaintext, location(row))));
    await transaction.query(
      `insert into gateway_session (tenant_id, shard_id, session_id, resume_url, sequence, document)
         select $1, shard, '', '', 0, jsonb_build_object('sealed', sealed) from unnest($2::int[], $3::text[]) as t (shard, sealed)
         on conflict (tenant_id, shard_id) do update set document = excluded.document`,
      [tenant, rows, sealed.map((each) => Buffer.from(each).toString('base64'))],
    );
  }
  const some = () => Math.floor(Math.random() * values);
  const read = (row = some()) =>
    acrossRotation(async () => {
      const { rows } = await database.inTenant(tenant, (transaction) =>
        transaction.query<{ document: { sealed: string } }>(
          'select document from gateway_session where tenant_id = $1 and shard_id = $2',
          [tenant, row],
        ),
      );
      await envelope.open(Buffer.from(rows[0]?.document.sealed ?? '', 'base64'), location(row));
    });
  const write = () =>
    database.inTenant(tenant, async (transaction) => {
      await whileSealing(transaction, tenant);
      await store(transaction, [some()]);
    });

  /** The time that `work` takes, begun every few milliseconds until the signal. */
  async function paced(work: () => Promise<void>, signal: AbortSignal): Promise<number[]> {
    const times: number[] = [];
    const running: Promise<void>[] = [];
    while (!signal.aborted) {
      const start = performance.now();
      running.push(work().then(() => void times.push(performance.now() - start)));
      await delay(paceMs);
    }
    await Promise.all(running);
    return times;
  }
  async function during(until: Promise<unknown>): Promise<Times> {
    const ended = new AbortController();
    void until.finally(() => ended.abort());
    const [reads, writes] = await Promise.all([paced(read, ended.signal), paced(write, ended.signal)]);
    await until;
    return { reads, writes };
  }

  const columns = sealedColumnsOf('discord-edge');
  const ports = { custodian, envelope, database, columns, done: async () => undefined, forMs: roundMs };
  let resealed = 0;
  let milliseconds = 0;
  let complete = false;
  async function rotate(): Promise<void> {
    const start = performance.now();
    const some = await rotateTenantKey(ports, tenant, 2);
    milliseconds += performance.now() - start;
    resealed += some.resealed;
    complete = some.complete;
  }
  await during(delay(2_000));
  const before: Times[] = [];
  const meanwhile: Times[] = [];
  while (!complete && meanwhile.length < rounds) {
    before.push(await during(delay(roundMs)));
    meanwhile.push(await during(rotate()));
  }
  const rate = (resealed / milliseconds) * 1_000;
  console.log(`${resealed} of ${values} values sealed again: ${rate.toFixed(0)} a second`);
  const p99 = (of: readonly Times[], which: 'reads' | 'writes') =>
    quantile(
      of.flatMap((each) => each[which]),
      0.99,
    );
  for (const [name, of] of [
    ['before', before],
    ['meanwhile', meanwhile],
  ] as const)
    console.log(
      `${name.padEnd(10)} p99 of a read ${p99(of, 'reads').toFixed(1)} ms, of a write ${p99(of, 'writes').toFixed(1)} ms (${of.flatMap(({ reads }) => reads).length} each)`,
    );
  const beside = (which: 'reads' | 'writes') => p99(meanwhile, which) / p99(before, which);
  return { reads: beside('reads'), writes: beside('writes') };
}
