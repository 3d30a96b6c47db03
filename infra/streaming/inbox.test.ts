import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newId } from '#infra/kernel/ids.ts';
import { streamingWorld, type StreamingWorld } from './testing/streaming-world.ts';
import { cloudEventOf } from './cloud-event.ts';
import { createKnownKeys, createSigningKeys } from './event-keys.ts';
import { pruneInbox, takeIn } from './inbox.ts';
import { signEvent, verifyEvent } from './signing.ts';

const dayMs = 24 * 60 * 60_000;
const source = 'spiffe://test/svc/worker';
let world: StreamingWorld;

beforeAll(async () => {
  world = await streamingWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const signal = new AbortController().signal;
const take = (...ids: string[]) =>
  world.database.acrossTenants(async (transaction) => [...(await takeIn(transaction, 'one', ids))].toSorted());

test('an event is new to a consumer once, and to each consumer', async () => {
  expect(await take('a', 'b')).toEqual(['a', 'b']);
  expect(await take('b', 'c')).toEqual(['c']);
  const other = await world.database.acrossTenants((transaction) => takeIn(transaction, 'other', ['a']));
  expect([...other]).toEqual(['a']);
});

test('is forgotten only when nobody accepts any more what was signed when it came', async () => {
  const clock = new FakeClock(Date.now());
  const tenant = await world.tenant();
  const key = await createSigningKeys({ database: world.database, source, clock }).current();
  const event = {
    tenant,
    stream: 'session/1',
    version: 1,
    atMs: clock.now(),
    id: newId('evt'),
    place: { transaction: '1', position: '1' },
    type: 'Played',
    schemaVersion: 1,
    facts: {},
  };
  const bytes = Buffer.from(JSON.stringify(signEvent(cloudEventOf(event, source), key)));
  const isAccepted = async () => (await verifyEvent(bytes, createKnownKeys({ database: world.database, clock }))).ok;
  expect(await take(event.id)).toEqual([event.id]);
  for (let day = 0; day < 9; day += 1) {
    expect(await isAccepted()).toBe(true);
    await pruneInbox(world.database, clock.now(), signal);
    expect(await take(event.id)).toEqual([]);
    clock.advance(dayMs);
  }
  expect(await isAccepted()).toBe(false);
  clock.advance(2 * dayMs);
  expect(await pruneInbox(world.database, clock.now(), signal)).toBeGreaterThan(0);
  expect(await take(event.id)).toEqual([event.id]);
  const { rows } = await world.admin.query('select 1 from event_key');
  expect(rows).toEqual([]);
});

test('a key signs for a day; nobody but the worker can make one known', async () => {
  const clock = new FakeClock(Date.now());
  const keys = createSigningKeys({ database: world.database, source, clock });
  const first = await keys.current();
  clock.advance(dayMs - 1);
  expect((await keys.current()).kid).toBe(first.kid);
  clock.advance(1);
  expect((await keys.current()).kid).not.toBe(first.kid);
  for (const part of ['api', 'audio', 'edge', 'supervisor', 'proxy', 'identity'] as const) {
    await using database = openDatabase({ url: world.server.urlOf(part), maxConnections: 1 });
    await expect(createSigningKeys({ database, source, clock }).current(), part).rejects.toThrow(/permission denied/);
  }
});
