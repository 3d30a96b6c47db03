import pg from 'pg';
import { z } from 'zod';
import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { append } from '#infra/event-store/event-store.ts';
import { plainEvents } from '#infra/event-store/plain-events.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import type { Carrier } from '../carrier.ts';
import { describeEvents, eventSchema, EventSchemas } from '../event-schemas.ts';
import type { StreamedEvent } from '../streamed-event.ts';

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
