import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { append } from '#infra/event-store/event-store.ts';
import { plainEvents } from '#infra/event-store/plain-events.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import type { Carrier } from './carrier.ts';
import { describeEvents, eventSchema, EventSchemas } from './event-schemas.ts';
import { listDeadLetters, replayDeadLetter } from './dead-letters.ts';
import type { StreamedEvent } from './streamed-event.ts';

const numbered = z.object({ number: z.number() });
const events = plainEvents({
  Played: { schema: numbered, personal: [] },
  Unwanted: { schema: numbered, personal: [] },
});
export const topics = { Played: 'session', Unwanted: 'session' } as const;
export const schemas = new EventSchemas(
  Object.keys(topics).map((type, index) =>
    eventSchema(index + 1, { type, version: 1, schema: describeEvents(type, numbered) }),
  ),
);
export const consumerName = 'listener';

/** A database in which events happen, and where their effects are seen. */
export interface StreamingWorld extends AsyncDisposable {
  readonly server: TestDatabase;
  readonly database: Database;
  readonly admin: pg.Pool;
  tenant(): Promise<TenantId>;
  /** Appends events of a type in one transaction. */
  happens(
    tenant: TenantId,
    guild: string,
    numbers: readonly number[],
    how?: { type?: 'Played' | 'Unwanted'; fails?: boolean },
  ): Promise<void>;
  /** Follows as a consumer whose effect is a row for each event. */
  follow(
    carrier: Carrier,
    how?: { before?: () => void; after?: (event: StreamedEvent) => void },
  ): Promise<AsyncDisposable>;
  /** What was done for a tenant's guild, in the order in which it was done. */
  effects(tenant: TenantId, guild: string): Promise<number[]>;
}

export async function streamingWorld(): Promise<StreamingWorld> {
  const server = await testDatabase('worker');
  const database = openDatabase({ url: server.url, maxConnections: 8 });
  const api = openDatabase({ url: server.urlOf('api'), maxConnections: 2 });
  const admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
  await admin.query(`create table effect (at bigserial, tenant text, stream text, number int);
    grant select, insert on effect to bailiwick_worker; grant usage on sequence effect_at_seq to bailiwick_worker`);
  return {
    server,
    database,
    admin,
    async tenant() {
      const tenant = newTenantId();
      await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
      return tenant;
    },
    async happens(tenant, guild, numbers, { type = 'Played', fails = false } = {}) {
      const stream = { tenant, stream: `session/${guild}` };
      await api.inTenant(tenant, async (transaction) => {
        await append(transaction, events, stream, {
          events: numbers.map((number) => ({ type, data: { number } })),
          expected: 'any',
          atMs: Date.now(),
        });
        if (fails) throw new Error('rolled back');
      });
    },
    follow: (carrier, { before, after } = {}) =>
      carrier.follow({
        name: consumerName,
        types: ['Played'],
        async handle(transaction, batch) {
          before?.();
          for (const event of batch) {
            await effect(transaction, event);
            after?.(event);
          }
        },
      }),
    async effects(tenant, guild) {
      const { rows } = await admin.query<{ number: number }>(
        'select number from effect where tenant = $1 and stream = $2 order by at',
        [tenant, `session/${guild}`],
      );
      return rows.map(({ number }) => number);
    },
    async [Symbol.asyncDispose]() {
      await admin.end();
      for (const each of [api, database, server]) await each[Symbol.asyncDispose]();
    },
  };
}

export async function effect(transaction: Transaction, { tenant, stream, facts }: StreamedEvent): Promise<void> {
  await transaction.query('insert into effect (tenant, stream, number) values ($1, $2, $3)', [
    tenant,
    stream,
    facts['number'],
  ]);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const soon = { timeout: 40_000, interval: 20 };

/** What every carrier of events guarantees, whatever is between the event store and the consumers. */
export function carrierContract(open: (world: StreamingWorld) => Promise<Carrier>): () => StreamingWorld {
  let world: StreamingWorld;
  let tenant: TenantId;
  let guild = '';

  beforeAll(async () => {
    world = await streamingWorld();
    tenant = await world.tenant();
    // The consumer exists from here on.
    await using carrier = await open(world);
    await using _following = await world.follow(carrier);
    const first = '1';
    await world.happens(tenant, first, [0]);
    await vi.waitFor(async () => expect(await world.effects(tenant, first)).toEqual([0]), soon);
  }, 60_000);
  afterAll(() => world?.[Symbol.asyncDispose]());
  const newGuild = () => (guild = String(BigInt(`0x${randomBytes(7).toString('hex')}`)));
  const effects = (of = guild) => world.effects(tenant, of);

  test('has each event handled once, in its order, and none that was rolled back or is not wanted', async () => {
    newGuild();
    await using carrier = await open(world);
    await using _following = await world.follow(carrier);
    await world.happens(tenant, guild, upTo(50));
    await world.happens(tenant, guild, [777], { fails: true }).catch(() => undefined);
    await world.happens(tenant, guild, [888], { type: 'Unwanted' });
    for (let number = 50; number < 60; number += 1) await world.happens(tenant, guild, [number]);
    await expect.poll(() => effects(), soon).toEqual(upTo(60));
  });

  test('keeps what happens while no consumer is there', async () => {
    newGuild();
    await world.happens(tenant, guild, upTo(250));
    await using carrier = await open(world);
    await using _following = await world.follow(carrier);
    await expect.poll(() => effects(), soon).toEqual(upTo(250));
  });

  test('two processes share the work, and an event has one effect', async () => {
    const guilds = Array.from({ length: 12 }, newGuild);
    const others = await Promise.all(guilds.map(() => world.tenant()));
    await using stack = new AsyncDisposableStack();
    for (let process = 0; process < 2; process += 1) {
      const carrier = stack.use(await open(world));
      stack.use(await world.follow(carrier));
    }
    for (let round = 0; round < 5; round += 1)
      await Promise.all(guilds.map((each, index) => world.happens(others[index] as TenantId, each, [round])));
    for (const [index, each] of guilds.entries())
      await expect.poll(() => world.effects(others[index] as TenantId, each), soon).toEqual(upTo(5));
  });

  test('a consumer that fails in the middle has no effect twice, also if the database goes away', async () => {
    newGuild();
    let failures = 2;
    const after = ({ facts }: StreamedEvent) => {
      if (facts['number'] === 7 && failures-- > 0)
        throw failures === 1
          ? new Error('as a bug would')
          : new BailiwickError({ code: 'database.unavailable', owner: 'platform', status: 503, message: 'Away.' });
    };
    await using carrier = await open(world);
    await using _following = await world.follow(carrier, { after });
    await world.happens(tenant, guild, upTo(20));
    await expect.poll(() => effects(), soon).toEqual(upTo(20));
    expect(failures).toBeLessThan(0);
  });

  test('an event that cannot be handled becomes a dead letter, the others go on, and an operator replays it once', async () => {
    newGuild();
    const after = ({ facts }: StreamedEvent) => {
      if (facts['number'] === 3) throw new Error('with a secret in it');
    };
    await using carrier = await open(world);
    await using _following = await world.follow(carrier, { after });
    await world.happens(tenant, guild, upTo(6));
    await expect.poll(() => effects(), soon).toEqual([0, 1, 2, 4, 5]);
    const [letter] = await listDeadLetters(world.database, { take: 1 });
    expect(letter).toMatchObject({
      consumer: consumerName,
      carrier: carrier.name,
      reason: 'handler',
      detail: 'Error',
      tenant,
      event: { type: 'Played', stream: `session/${guild}`, version: 4 },
      replayedAt: null,
    });
    const handlers = new Map([
      [
        consumerName,
        async (transaction: Transaction, [event]: readonly StreamedEvent[]) =>
          effect(transaction, event as StreamedEvent),
      ],
    ]);
    const replay = () => replayDeadLetter(world.database, letter?.id ?? '', handlers, Date.now());
    expect((await replay()).replayedAt).not.toBeNull();
    await expect(replay()).rejects.toMatchObject({ code: 'dead-letter.replayed' });
    expect(await effects()).toEqual([0, 1, 2, 4, 5, 3]);
    await expect(replayDeadLetter(world.database, 'edl_none', handlers, 0)).rejects.toMatchObject({
      code: 'dead-letter.unknown',
    });
  });

  return () => world;
}
