import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { sealedDatabase, type SealedDatabase } from '#test/sealed-database.ts';
import { append, deleteSomeEvents, lastSnapshot, readStream, type Append } from './event-store.ts';
import { EventCodec, type EventTypes, type StreamKey } from './event-types.ts';

const types = {
  Opened: { schema: z.object({ colour: z.string(), by: z.string().nullable() }), personal: ['by'] },
  Counted: { schema: z.object({ count: z.number() }), personal: [] },
} satisfies EventTypes;
type Types = typeof types;

let server: SealedDatabase;
let database: Database;
let admin: pg.Pool;
let sealing: { readonly keeper: string; readonly envelope: ReturnType<typeof createEnvelope> };
let codec: EventCodec<Types>;
let tenant: TenantId;
let stream: StreamKey;

beforeAll(async () => {
  server = await sealedDatabase('audio', 6);
  ({ database, admin } = server);
  sealing = { keeper: 'audio', envelope: createEnvelope({ custodian: server.custodian }) };
  codec = new EventCodec(types, sealing);
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(() => {
  tenant = newTenantId();
  stream = { tenant, stream: 'box/1' };
});

const opened = (by: string | null = null, colour = 'green') => ({ type: 'Opened', data: { colour, by } }) as const;
const counted = (count: number) => ({ type: 'Counted', data: { count } }) as const;
const now = Date.now();
const add = (content: Partial<Append<Types>> & Pick<Append<Types>, 'events'>, to = stream) =>
  database.inTenant(to.tenant, (transaction) =>
    append(transaction, codec, to, { expected: 'any', atMs: now, ...content }),
  );
const read = async (range: Partial<Parameters<typeof readStream>[2]> = {}, from = stream) => {
  const events = await database.inTenant(from.tenant, (transaction) =>
    readStream(transaction, from, { limit: 100, ...range }),
  );
  return Promise.all(events.map(async (event) => ({ ...event, ...(await codec.decode(from, event.id, event)) })));
};
const contents = async (range?: Parameters<typeof read>[0]) =>
  (await read(range)).map(({ version, type, data }) => ({ version, type, data }));

describe('appending', () => {
  test('numbers the events of a stream and of all streams, and gives back what was said', async () => {
    expect(await add({ events: [opened('ada'), counted(1)], expected: 0 })).toBe(2);
    expect(await add({ events: [counted(2)], expected: 2 })).toBe(3);
    expect(await contents()).toEqual([
      { version: 1, ...opened('ada') },
      { version: 2, ...counted(1) },
      { version: 3, ...counted(2) },
    ]);
    const positions = (await read()).map(({ place }) => BigInt(place.position));
    expect(positions).toEqual(positions.toSorted((a, b) => Number(a - b)));
    expect(new Set(positions).size).toBe(3);
  });

  test('refuses another version than the expected one, also of a stream that does not exist, and stores nothing', async () => {
    await expect(add({ events: [counted(1)], expected: 1 })).rejects.toMatchObject({ code: 'event.conflict' });
    await add({ events: [counted(1)] });
    for (const expected of [0, 2])
      await expect(add({ events: [counted(2)], expected })).rejects.toMatchObject({
        code: 'event.conflict',
        status: 409,
      });
    expect(await contents()).toEqual([{ version: 1, ...counted(1) }]);
  });

  test('lets one of many succeed who expect the same version, and all who expect none', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, count) => add({ events: [counted(count)], expected: 0 })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all(Array.from({ length: 6 }, (_, count) => add({ events: [counted(count), counted(count)] })));
    expect((await read()).map(({ version }) => version)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
  });

  test('happens with the change that it tells of, or not at all', async () => {
    const attempt = database.inTenant(tenant, async (transaction) => {
      await append(transaction, codec, stream, { events: [counted(1)], expected: 'any', atMs: now });
      throw new Error('the change fails');
    });
    await expect(attempt).rejects.toThrow('the change fails');
    expect(await read()).toEqual([]);
    expect(await add({ events: [counted(2)], expected: 0 })).toBe(1);
  });

  test('never lets time go backwards in a stream', async () => {
    await add({ events: [counted(1)], atMs: now });
    await add({ events: [counted(2)], atMs: now - 60_000 });
    expect((await read()).map(({ atMs }) => atMs)).toEqual([now, now]);
  });

  test('takes what happened in a week without a partition', async () => {
    await add({ events: [counted(1)], atMs: Date.UTC(1999, 0, 1) });
    await add({ events: [counted(2)], atMs: Date.UTC(2199, 0, 1) });
    expect(await contents()).toMatchObject([{ version: 1 }, { version: 2 }]);
  });

  test('refuses an event that nobody could read at once', async () => {
    const colour = 'x'.repeat(1024 * 1024 + 1);
    await expect(add({ events: [opened(null, colour)] })).rejects.toMatchObject({ code: 'event.too-large' });
  });
});

describe('what tells of a person', () => {
  test('is sealed, and opens only in its own place', async () => {
    await add({ events: [opened('Ada Lovelace')], snapshot: { last: 'Ada Lovelace' } });
    const { rows } = await admin.query<{ row: string }>('select e::text as row from event e where tenant_id = $1', [
      tenant,
    ]);
    expect(rows[0]?.row).toContain('green');
    expect(rows[0]?.row).not.toContain('Ada');
    expect(rows[0]?.row).not.toContain(Buffer.from('Ada').toString('hex'));
    await admin.query("update event set stream = 'box/2' where tenant_id = $1", [tenant]);
    await expect(read({}, { tenant, stream: 'box/2' })).rejects.toMatchObject({ code: 'keyring.foreign' });
  });

  test('is gone with the key of the tenant', async () => {
    await add({ events: [opened('Ada')] });
    await sealing.envelope.destroy(tenant);
    await expect(read()).rejects.toMatchObject({ code: 'keyring.unknown-key' });
  });
});

describe('reading', () => {
  test('can begin after a version, end at a time, and start with the newest', async () => {
    for (const count of [1, 2, 3]) await add({ events: [counted(count)], atMs: now + count * 1_000 });
    const versions = async (range: Parameters<typeof read>[0]) => (await read(range)).map(({ version }) => version);
    expect(await versions({ after: 1 })).toEqual([2, 3]);
    expect(await versions({ upToMs: now + 2_999 })).toEqual([1, 2]);
    expect(await versions({ limit: 2 })).toEqual([1, 2]);
    expect(await versions({ limit: 2, newestFirst: true })).toEqual([3, 2]);
  });

  test('finds the last snapshot by a time, and what came after it', async () => {
    await add({ events: [counted(1)], atMs: now, snapshot: { sum: 1 } });
    await add({ events: [counted(2)], atMs: now + 1_000 });
    await add({ events: [counted(3)], atMs: now + 2_000, snapshot: { sum: 6 } });
    const at = async (upToMs: number) => {
      const found = await database.inTenant(tenant, (transaction) => lastSnapshot(transaction, stream, upToMs));
      const { id, snapshot } = found ?? {};
      return id && snapshot ? codec.openSnapshot(stream, id, snapshot) : undefined;
    };
    expect(await at(now - 1)).toBeUndefined();
    expect(await at(now + 1_999)).toEqual({ sum: 1 });
    expect(await at(now + 2_000)).toEqual({ sum: 6 });
  });

  test("shows nothing of another tenant's stream with the same name", async () => {
    const other = { tenant: newTenantId(), stream: stream.stream };
    await add({ events: [counted(1)] });
    await add({ events: [counted(2)] }, other);
    const stolen = await database.inTenant(tenant, (transaction) => readStream(transaction, other, { limit: 9 }));
    expect(stolen).toEqual([]);
    await database.inTenant(tenant, (transaction) => deleteSomeEvents(transaction, tenant, 'box/'));
    expect(await read()).toEqual([]);
    expect(await read({}, other)).toHaveLength(1);
  });
});

describe('events of an earlier release', () => {
  const later = {
    ...types,
    Counted: {
      schema: z.object({ amount: z.number(), unit: z.string() }),
      personal: ['unit'],
      upcasters: [
        ({ count }: Readonly<Record<string, unknown>>) => ({ amount: count }),
        (second: Readonly<Record<string, unknown>>) => ({ ...second, unit: 'pieces' }),
      ],
    },
  } satisfies EventTypes;

  test('are read in their newest form, and stored as they were', async () => {
    await add({ events: [counted(7)] });
    const newest = new EventCodec(later, sealing);
    await database.inTenant(tenant, (transaction) =>
      append(transaction, newest, stream, {
        events: [{ type: 'Counted', data: { amount: 8, unit: 'boxes' } }],
        expected: 1,
        atMs: now,
      }),
    );
    const stored = await database.inTenant(tenant, (transaction) => readStream(transaction, stream, { limit: 9 }));
    expect(stored.map(({ schemaVersion }) => schemaVersion)).toEqual([1, 3]);
    const events = await Promise.all(stored.map((event) => newest.decode(stream, event.id, event)));
    expect(events.map(({ data }) => data)).toEqual([
      { amount: 7, unit: 'pieces' },
      { amount: 8, unit: 'boxes' },
    ]);
    await expect(codec.decode(stream, 'evt_1', { ...counted(1), ...stored[1]! })).rejects.toMatchObject({
      code: 'event.newer',
    });
  });

  test('are refused if they are of no known type, or not of its form', async () => {
    const event = { schemaVersion: 1, facts: { count: 'many' }, sealed: null };
    await expect(codec.decode(stream, 'evt_1', { ...event, type: 'Lost' })).rejects.toMatchObject({
      code: 'event.unknown',
    });
    await expect(codec.decode(stream, 'evt_1', { ...event, type: 'toString' })).rejects.toMatchObject({
      code: 'event.unknown',
    });
    await expect(codec.decode(stream, 'evt_1', { ...event, type: 'Counted' })).rejects.toMatchObject({
      code: 'event.malformed',
    });
  });
});

describe('partitions', () => {
  const made = async (first: string, last: string) =>
    (await admin.query<{ made: number }>('select make_event_partitions($1, $2) as made', [first, last])).rows[0]?.made;
  const tables = async () =>
    (
      await admin.query<{ at: string }>(
        'select tableoid::regclass::text as at from event where tenant_id = $1 order by version',
        [tenant],
      )
    ).rows.map(({ at }) => at);

  test('there are for this week and the next two', async () => {
    await add({ events: [counted(1)] });
    await add({ events: [counted(2)], atMs: now + 13 * 24 * 60 * 60_000 });
    expect((await tables()).every((name) => /^event_\d{8}$/.test(name))).toBe(true);
  });

  test('that are made late take over what came before them, which can be read meanwhile and afterwards', async () => {
    for (const [count, day] of [3, 4, 11, 30].entries())
      await add({ events: [counted(count)], atMs: Date.UTC(2030, 5, day) });
    expect(await tables()).toEqual(Array.from({ length: 4 }, () => 'event_rest'));
    expect(await made('2030-06-03T00:00:00Z', '2030-06-16T23:59:59Z')).toBe(2);
    expect(await made('2030-06-03T00:00:00Z', '2030-06-16T23:59:59Z')).toBe(0);
    expect(await tables()).toEqual(['event_20300603', 'event_20300603', 'event_20300610', 'event_rest']);
    expect(await read()).toHaveLength(4);
  });

  test('are dropped once all of their week is too old', async () => {
    for (const [count, day] of [1, 8, 20].entries())
      await add({ events: [counted(count)], atMs: Date.UTC(2001, 0, day) });
    await made('2001-01-01T00:00:00Z', '2001-01-08T00:00:00Z');
    await admin.query("select drop_event_partitions('2001-01-14T00:00:00Z')");
    expect(await tables()).toEqual(['event_20010108', 'event_rest']);
    await admin.query("select drop_event_partitions('2001-01-21T00:00:00Z')");
    expect(await read()).toEqual([]);
  });

  test('cannot be made or read around the tenants by a service', async () => {
    const audio = new pg.Pool({ connectionString: server.url, max: 1 });
    for (const text of [
      'select make_event_partitions(now(), now())',
      "select drop_event_partitions('2001-01-14T00:00:00Z')",
      'select renumber_events()',
      'select * from event_rest',
    ])
      await expect(audio.query(text)).rejects.toThrow(/permission denied/);
    await audio.end();
  });
});
