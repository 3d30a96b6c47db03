import type { Database } from '#infra/database/pool.ts';
import { openPool } from '#infra/database/connections.ts';
import { append } from '#infra/event-store/event-store.ts';
import { newId } from '#infra/kernel/ids.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { median } from '../audit/measured.ts';
import { administer } from '../database.ts';
import { installEmmett, openEmmett } from './emmett.ts';
import { codecFor, ended, rateOf, someStream } from './workload.ts';

const atOnce = 8;
const rounds = 5;
const singles = 2_000;
const batches = 300;
const batchSize = 100;
/** What is sealed of an event has about this many bytes. */
const sealedBytes = 300;

type Writer = (events: number) => Promise<unknown>;
interface Subject {
  readonly name: string;
  readonly write: Writer;
  readonly single: number[];
  readonly batched: number[];
}

/**
 * Appends of one event and of a hundred, eight at a time, each durable: ours with its stream's version, order over all and
 * sealed parts, raw multi-row inserts of the same columns into a table without any of it, and Emmett if it is
 * installed; in the same PostgreSQL, alternating. Events a second, medians of the rounds.
 */
export async function compareAppends(
  { url, adminUrl }: { readonly url: string; readonly adminUrl: string },
  database: Database,
  envelope: Envelope,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  await administer(adminUrl, (admin) => admin.query(rawTable));
  const pool = openPool({ url, maxConnections: atOnce });
  stack.defer(() => pool.end());
  const codec = codecFor(envelope);
  const subject = (name: string, write: Writer): Subject => ({ name, write, single: [], batched: [] });
  const ours = subject('event store', (count) => {
    const stream = someStream();
    const events = Array.from({ length: count }, () => ended);
    return database.inTenant(stream.tenant, (transaction) =>
      append(transaction, codec, stream, { events, expected: 'any', atMs: Date.now(), commits: true }),
    );
  });
  const raw = subject('raw inserts', (count) => pool.query({ name: 'raw', text: rawInsert, values: rawValues(count) }));
  const emmett = await openEmmett(adminUrl, stack);
  if (!emmett) console.log(`Emmett was not asked. To ask it: ${installEmmett}`);
  const peer = emmett && subject('Emmett', (count) => emmett(someStream(), count));
  const subjects = [raw, ours, ...(peer ? [peer] : [])];
  // The first round warms up.
  for (let round = -1; round < rounds; round += 1) {
    const turn = (round + 1) % subjects.length;
    for (const each of [...subjects.slice(turn), ...subjects.slice(0, turn)]) {
      const single = await rateOf(singles, atOnce, () => each.write(1));
      const batched = (await rateOf(batches, atOnce, () => each.write(batchSize))) * batchSize;
      if (round < 0) continue;
      each.single.push(single);
      each.batched.push(batched);
    }
  }
  for (const { name, single, batched } of subjects)
    console.log(
      `${name.padEnd(12)} ${Math.round(median(single))} events/s one by one, ${Math.round(median(batched))} events/s by the hundred`,
    );
  const ratio = (kind: 'single' | 'batched', to: Subject) => (median(ours[kind]) / median(to[kind])).toFixed(2);
  const beside = peer ? `; ${ratio('single', peer)} and ${ratio('batched', peer)} of Emmett` : '';
  return `appends ${ratio('single', raw)} of raw inserts (at least 0.50), batched ${ratio('batched', raw)} (at least 0.70)${beside}`;
}

const rawTable = `
  create table raw_event (tenant_id text not null, stream text not null, version int not null, at timestamptz not null,
    position bigint generated always as identity, id text not null, type text not null, facts jsonb not null, sealed bytea,
    primary key (tenant_id, stream, version, at));
  create index on raw_event (position);
  grant insert on raw_event to bailiwick_audio;
  create sequence raw_version; grant usage on raw_version to bailiwick_audio`;

const rawInsert = `insert into raw_event (tenant_id, stream, version, at, id, type, facts, sealed)
  select $1, $2, nextval('raw_version'), $3::timestamptz, given.* from unnest($4::text[], $5::text[], $6::jsonb[], $7::bytea[]) as given`;

function rawValues(count: number): unknown[] {
  const { tenant, stream } = someStream();
  const each = <Value>(value: () => Value) => Array.from({ length: count }, value);
  return [
    tenant,
    stream,
    new Date(),
    each(() => newId('evt')),
    each(() => ended.type),
    each(() => JSON.stringify({ ending: ended.data.ending })),
    each(() => Buffer.alloc(sealedBytes, 0xab)),
  ];
}
