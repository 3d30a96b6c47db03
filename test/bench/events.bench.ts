import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { append, readStream } from '#infra/event-store/event-store.ts';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { setVolume } from '#services/audio/src/domain/controls.ts';
import { enqueue } from '#services/audio/src/domain/queueing.ts';
import { emptySession, type Session } from '#services/audio/src/domain/session.ts';
import { SessionHistory } from '#services/audio/src/infrastructure/session-history.ts';
import { createSessionStore } from '#services/audio/src/infrastructure/session-store.ts';
import { median, quantile } from './audit/measured.ts';
import { administer, benchDatabase } from './database.ts';
import { compareAppends } from './events/appends.ts';
import { measureDelivery, measureRebuild } from './events/consumers.ts';
import { codecFor, ended, guild, rateOf, someStream, streams, streamsPerTenant, tenants } from './events/workload.ts';

/*
 * npm run bench -- events [millions]
 * What the events of music sessions cost: a stored change of the volume and a stored addition of a track with their events,
 * against the same without, alternating; appends beside raw inserts and Emmett (events/appends.ts); the state of a long
 * stream; and whether appending stays as fast as it is in an empty store when there are this many million events of
 * twelve weeks in 20,000 streams (by default 10). In the full one: how soon an event is handled after its commit, and how
 * fast a read model is built anew.
 */
const millions = Number(process.argv[2] ?? 10);
/** Events of one server. */
const longStream = 10_000;
/** A change with its events may take this much longer, and appending to a full store than to an empty one. */
const bounds = { change: 1.5, growth: 1.2 };

const opened = new AsyncDisposableStack();
const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bench-keys-'));
opened.defer(() => rm(folder, { recursive: true, force: true }));
const { url, urlOf, adminUrl } = await benchDatabase(['audio', 'worker'], { durable: true }, opened);
const database = opened.use(openDatabase({ url, maxConnections: 8 }));
const worker = opened.use(openDatabase({ url: urlOf('worker'), maxConnections: 4 }));
const custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') });
const envelope = createEnvelope({ custodian });
await administer(adminUrl, (admin) =>
  admin.query('insert into tenant (id, name) select id, id from unnest($1::text[]) as id', [tenants]),
);
for (const tenant of tenants) await envelope.prepare(tenant);

const changes = await changesOf(database, envelope);
const results = [await compareAppends({ url, adminUrl }, database, envelope), await measureLoad(database, envelope)];
const empty = await appends(database, envelope);
await fill(adminUrl);
const full = await appends(database, envelope);
results.push(await measureDelivery(database, worker, envelope), await measureRebuild(worker));
const sizes = await sizesOf(adminUrl);
await opened.disposeAsync();

for (const [name, { without, with: withEvents }] of Object.entries(changes))
  console.log(
    `${name}: ${median(without).toFixed(2)} ms without events, ${median(withEvents).toFixed(2)} ms with (p99 ${quantile(without, 0.99).toFixed(2)} and ${quantile(withEvents, 0.99).toFixed(2)}); ${(median(withEvents) / median(without)).toFixed(2)} times (at most ${bounds.change})`,
  );
for (const [name, { msEach, perSecond, readMs }] of Object.entries({ empty, full }))
  console.log(
    `append to the ${name} store: p50 ${median(msEach).toFixed(2)} ms, p99 ${quantile(msEach, 0.99).toFixed(2)} ms, ${Math.round(perSecond)}/s; the last 50 of a stream in ${median(readMs).toFixed(2)} ms`,
  );
console.log(`${millions} million events: ${sizes.bytes} bytes each, ${sizes.indexBytes} of them in indexes`);
const times = (values: Record<'with' | 'without', number[]>) =>
  (median(values.with) / median(values.without)).toFixed(2);
console.log(
  `ratios: ${results.join('; ')}; a change with its events ${times(changes.volume)}, an addition ${times(changes.play)} (at most ${bounds.change}); ` +
    `appending to the full store ${(median(full.msEach) / median(empty.msEach)).toFixed(2)} (at most ${bounds.growth})`,
);

/** As audio stores them, one after the other. */
async function changesOf(within: Database, sealing: Envelope) {
  const store = createSessionStore(within, within, sealing, new SessionHistory(within, sealing), silentLogger());
  const entry = (id: string) => ({
    entryId: id,
    encoded: 'QAAA'.repeat(60),
    title: 'Harbour Lights',
    author: 'The Quays',
    uri: 'https://example.com/harbour-lights',
    artworkUrl: null,
    lengthMs: 200_000,
    isStream: false,
    source: 'http',
    requestedBy: guild,
    failures: 0,
  });
  const found = {} as Record<'volume' | 'play', Record<'with' | 'without', number[]>>;
  for (const name of ['volume', 'play'] as const) {
    found[name] = { with: [], without: [] };
    const sessions = new Map<string, Session>();
    for (let round = 0; round < 400; round += 1) {
      for (const how of ['without', 'with'] as const) {
        const [tenant = newTenantId()] = how === 'with' ? tenants : tenants.slice(1);
        const key = { tenant, guild: snowflake(name === 'volume' ? '1' : '2') };
        const before = sessions.get(how) ?? emptySession(key.guild);
        const kept = name === 'play' ? { ...before, queue: before.queue.slice(-20) } : before;
        const change =
          name === 'volume'
            ? setVolume(before, 1 + (round % 100))
            : enqueue(kept, [entry(`ent_${round}`)], { voice: guild, text: guild }, Date.now());
        const session = { ...change.session, version: before.version + 1 };
        const { events } = change;
        const begunMs = performance.now();
        await store.write(key, session, how === 'with' ? { events, atMs: Date.now() } : undefined);
        // The first ones fill caches.
        if (round >= 50) found[name][how].push(performance.now() - begunMs);
        sessions.set(how, session);
      }
    }
  }
  return found;
}

/** Eight at once, to streams of which each has as many events as the others. */
async function appends(within: Database, sealing: Envelope) {
  const codec = codecFor(sealing);
  const msEach: number[] = [];
  const readMs: number[] = [];
  const perSecond = await rateOf(6_000, 8, async () => {
    const stream = someStream();
    const startedMs = performance.now();
    await within.inTenant(stream.tenant, (transaction) =>
      append(transaction, codec, stream, { events: [ended], expected: 'any', atMs: Date.now() }),
    );
    msEach.push(performance.now() - startedMs);
  });
  for (let count = 0; count < 200; count += 1) {
    const stream = someStream();
    const startedMs = performance.now();
    await within.inTenant(stream.tenant, (transaction) =>
      readStream(transaction, stream, { limit: 50, newestFirst: true }),
    );
    readMs.push(performance.now() - startedMs);
  }
  return { msEach, perSecond, readMs };
}

/** Of a server with so many events: the state as of now, from the newest snapshot. */
async function measureLoad(within: Database, sealing: Envelope): Promise<string> {
  const [tenant = newTenantId()] = tenants.slice(2);
  const key = { tenant, guild: snowflake('3') };
  const history = new SessionHistory(within, sealing);
  const store = createSessionStore(within, within, sealing, history, silentLogger());
  let session = emptySession(key.guild);
  for (let count = 0; count < longStream; count += 1) {
    const change = setVolume(session, 1 + (count % 100));
    session = { ...change.session, version: session.version + 1 };
    await store.write(key, session, { events: change.events, atMs: Date.now() });
  }
  const loadMs: number[] = [];
  for (let count = 0; count < 200; count += 1) {
    const startedMs = performance.now();
    const found = await history.momentAt(key, Date.now());
    if (found?.moment.volume !== session.volume) throw new Error('the state is another one');
    loadMs.push(performance.now() - startedMs);
  }
  return `a stream of ${longStream} events is loaded in ${median(loadMs).toFixed(1)} ms, p99 ${quantile(loadMs, 0.99).toFixed(1)} (at most 10)`;
}

/** In the order in which they would have happened. */
async function fill(as: string): Promise<void> {
  await administer(as, async (admin) => {
    await admin.query('set statement_timeout = 0; set synchronous_commit = off');
    await admin.query("select make_event_partitions(now() - interval '84 days', now())");
    await admin.query(
      `insert into event_stream (tenant_id, stream, version, at)
         select tenant, 'music-session/' || number, 0, now() from unnest($1::text[]) as tenant, generate_series(1, $2) as number
         on conflict (tenant_id, stream) do nothing`,
      [tenants, streamsPerTenant],
    );
    const total = millions * 1_000_000;
    for (let from = 0; from < total; from += 500_000)
      await admin.query(
        `insert into event (tenant_id, stream, version, at, transaction, id, type, schema_version, facts, sealed_by, sealed)
           select ($1::text[])[1 + i % $2], 'music-session/' || (1 + (i / $2) % $3), 100000 + i / ($2 * $3),
             now() - interval '84 days' * (1 - i::float8 / $4), 1, 'evt_' || i, 'TrackEnded', 1, '{"ending": "finished"}',
             'audio', decode(repeat('ab', 300), 'hex')
           from generate_series($5::int, $6::int) as i`,
        [tenants, tenants.length, streamsPerTenant, total, from, Math.min(total, from + 500_000) - 1],
      );
    await admin.query('update event_stream set version = 100000 + $1', [Math.ceil(total / streams)]);
    await admin.query('analyze event');
    await admin.query('checkpoint');
  });
}

function sizesOf(as: string): Promise<{ bytes: number; indexBytes: number }> {
  return administer(as, async (admin) => {
    const { rows } = await admin.query<{ bytes: string; index_bytes: string }>(
      `select sum(pg_total_relation_size(inhrelid))::text as bytes, sum(pg_indexes_size(inhrelid))::text as index_bytes
         from pg_inherits where inhparent = 'event'::regclass`,
    );
    const each = (bytes: string | undefined) => Math.round(Number(bytes ?? 0) / (millions * 1_000_000));
    return { bytes: each(rows[0]?.bytes), indexBytes: each(rows[0]?.index_bytes) };
  });
}
