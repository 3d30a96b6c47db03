import { notifyOnceCommitted } from '#infra/database/notifications.ts';
import type { Database } from '#infra/database/pool.ts';
import { eventChannel } from '#infra/event-store/event-store.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

export const minute = 60_000;
export type Told = readonly [type: string, atMs: number, facts?: object];

/** Appends to a server's session what a worker can read of its events, in one transaction. */
export const tellOf =
  (writer: Database) =>
  (told: readonly Told[], { of, guild = '1' }: { of: TenantId; guild?: string }): Promise<unknown> =>
    writer.inTenant(of, async (transaction) => {
      await transaction.query(
        `with head as (insert into event_stream (tenant_id, stream, version, at) values ($1, $2, $3::int, now())
         on conflict (tenant_id, stream) do update set version = event_stream.version + excluded.version returning version)
       insert into event (tenant_id, stream, version, at, id, type, schema_version, facts)
         select $1, $2, head.version - $3 + number, told.at, 'evt_' || left(replace(gen_random_uuid()::text, '-', ''), 26), told.type, 1, told.facts
           from head, unnest($4::text[], $5::timestamptz[], $6::jsonb[]) with ordinality as told (type, at, facts, number)
           order by number`,
        [
          of,
          `music-session/${guild}`,
          told.length,
          told.map(([type]) => type),
          told.map(([, atMs]) => new Date(atMs)),
          told.map(([, , facts = {}]) => JSON.stringify(facts)),
        ],
      );
      await notifyOnceCommitted(transaction, eventChannel);
    });

export const play = (fromMs: number, startMs = 250): Told[] => [
  ['TrackOrdered', fromMs],
  ['TrackStarted', fromMs + startMs, { entryId: 'e' }],
  ['TrackEnded', fromMs + 3 * minute, { ending: 'finished' }],
];
