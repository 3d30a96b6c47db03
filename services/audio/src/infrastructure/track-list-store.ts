import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { countKeyVersions } from '#tenants/deletion/key-count.ts';
import { libraryErrorCodes } from '#services/contracts/library.ts';
import { listsOfServers } from '../application/library.ts';
import type { ListKey, TrackListStore } from '../application/library-ports.ts';
import { dayPrefix } from '../application/played-days.ts';
import type { TrackList } from '../domain/track-list.ts';
import { entrySchema } from './entry-schema.ts';
import { unlessAway } from './keys-away.ts';

const keptSchema = entrySchema.omit({ failures: true }).extend({
  atMs: z.number(),
  plays: z.number().optional(),
  quarters: z.record(z.string(), z.number()).optional(),
});
const documentSchema = z.object({
  tracks: z.array(keptSchema),
  done: z.array(z.object({ id: z.string(), atMs: z.number(), count: z.number(), first: keptSchema.nullable() })),
  share: z.string().optional(),
  uncounted: z.boolean().optional(),
  countedSinceMs: z.number().optional(),
  members: z.record(snowflakeSchema, z.number()).optional(),
});

interface Row {
  readonly list: string;
  readonly name: Buffer;
  readonly tracks: Buffer;
}

/**
 * Table track_list. What members like is theirs: names and tracks are sealed with the tenant's key, and bound to the
 * member or the server whose list it is.
 * @param writes the same database, fenced by the tenants' leases
 */
export function createTrackListStore(
  database: Database,
  writes: Pick<Database, 'inTenant'>,
  envelope: Envelope,
): TrackListStore {
  const opened = async (key: ListKey, column: 'name' | 'tracks', sealed: Uint8Array): Promise<string> =>
    Buffer.from(await envelope.open(sealed, locationOf(key, column))).toString('utf8');
  const sealed = async (key: ListKey, column: 'name' | 'tracks', text: string): Promise<Buffer> =>
    Buffer.from(await envelope.seal(Buffer.from(text, 'utf8'), locationOf(key, column)));
  const parse = async (key: ListKey, row: Row): Promise<TrackList> => ({
    name: await opened(key, 'name', row.name),
    ...documentSchema.parse(JSON.parse(await opened(key, 'tracks', row.tracks))),
  });
  const write = async (transaction: Transaction, key: ListKey, { name, ...document }: TrackList): Promise<void> => {
    await transaction.query(upsert, [
      ...valuesOf(key),
      await sealed(key, 'name', name),
      await sealed(key, 'tracks', JSON.stringify(document)),
      document.tracks.length,
      document.share === undefined ? null : digestOf(document.share),
    ]);
  };
  return {
    playlists: ({ tenant, owner }) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const { rows } = await database.inTenant(tenant, (transaction) =>
            transaction.query<{ list: string; name: Buffer; length: number }>(
              "select list, name, length from track_list where tenant_id = $1 and owner = $2 and list like 'lst\\_%'",
              [tenant, owner],
            ),
          );
          return Promise.all(
            rows.map(async ({ list, name, length }) => {
              return { list, name: await opened({ tenant, owner, list }, 'name', name), length };
            }),
          );
        }),
      ),
    read: (key) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const { rows } = await database.inTenant(key.tenant, (transaction) =>
            transaction.query<Row>(`${select} ${isKey}`, valuesOf(key)),
          );
          return rows[0] && parse(key, rows[0]);
        }),
      ),
    shared: (tenant, code) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const { rows } = await database.inTenant(tenant, (transaction) =>
            transaction.query<Row & { owner: Snowflake }>(
              'select owner, list, name, tracks from track_list where tenant_id = $1 and share_hash = $2',
              [tenant, digestOf(code)],
            ),
          );
          return rows[0] && parse({ tenant, owner: rows[0].owner, list: rows[0].list }, rows[0]);
        }),
      ),
    change: (key, edit) =>
      whileKeysAreThere(() =>
        writes.inTenant(key.tenant, async (transaction) => {
          await whileSealing(transaction, key.tenant);
          const { rows } = await transaction.query<Row>(`${select} ${isKey} for update`, valuesOf(key));
          const before = rows[0] && (await parse(key, rows[0]));
          const after = await edit(before);
          if (after !== before) await write(transaction, key, after);
          return after;
        }),
      ),
    changeAll: (tenant, edit) =>
      whileKeysAreThere(async () => {
        const { rows: keys } = await database.inTenant(tenant, (transaction) =>
          transaction.query<{ owner: Snowflake; list: string }>(
            'select owner, list from track_list where tenant_id = $1 order by owner, list',
            [tenant],
          ),
        );
        for (const { owner, list } of keys)
          await writes.inTenant(tenant, async (transaction) => {
            const key = { tenant, owner, list };
            await whileSealing(transaction, tenant);
            const { rows } = await transaction.query<Row>(`${select} ${isKey} for update`, valuesOf(key));
            if (!rows[0]) return;
            const before = await parse(key, rows[0]);
            const after = edit(before, list);
            if (after !== before) await write(transaction, key, after);
          });
      }),
    days: (tenant, { from, to, guild, after, limit }) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const { rows } = await database.inTenant(tenant, (transaction) =>
            transaction.query<Row & { owner: Snowflake }>(
              `select owner, list, name, tracks from track_list where tenant_id = $1 and list >= $2 and list <= $3
                 and ($4::text is null or owner = $4) and ($5::text is null or (list, owner) < ($5, $6))
                 and starts_with(list, $7) order by list desc, owner desc limit $8`,
              [tenant, from, to, guild ?? null, after?.list ?? null, after?.owner ?? null, dayPrefix, limit],
            ),
          );
          return Promise.all(
            rows.map(async (row) => {
              const { owner, list } = row;
              return { owner, list, day: await parse({ tenant, owner, list }, row) };
            }),
          );
        }),
      ),
    async delete(key) {
      await writes.inTenant(key.tenant, (transaction) =>
        transaction.query(`delete from track_list ${isKey}`, valuesOf(key)),
      );
    },
    async deleteOwner({ tenant, owner }) {
      await writes.inTenant(tenant, (transaction) =>
        transaction.query(
          'delete from track_list where tenant_id = $1 and owner = $2 and list <> all($3) and not starts_with(list, $4)',
          [tenant, owner, listsOfServers, dayPrefix],
        ),
      );
    },
    async deleteTenant(tenant) {
      const versions = await envelope.versions(tenant);
      await writes.inTenant(tenant, async (transaction) => {
        await countKeyVersions(transaction, { tenant, keeper: 'audio' }, versions);
        await transaction.query('delete from track_list where tenant_id = $1', [tenant]);
      });
      await envelope.destroy(tenant);
    },
  };
}

const select = 'select list, name, tracks from track_list';
const isKey = 'where tenant_id = $1 and owner = $2 and list = $3';
const upsert = `insert into track_list (tenant_id, owner, list, name, tracks, length, share_hash)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (tenant_id, owner, list) do update set name = excluded.name, tracks = excluded.tracks,
    length = excluded.length, share_hash = excluded.share_hash, updated_at = now()`;

/** A code has 100 random bits, so that a plain digest does not give it away. */
const digestOf = (code: string): Buffer => createHash('sha256').update(code).digest();

const valuesOf = ({ tenant, owner, list }: ListKey): [TenantId, string, string] => [tenant, owner, list];

const locationOf = ({ tenant, owner, list }: ListKey, column: 'name' | 'tracks'): Location => ({
  tenant,
  table: 'track_list',
  column,
  row: `${owner}/${list}`,
});

const whileKeysAreThere = unlessAway(
  libraryErrorCodes.away,
  'Favourites, playlists and the history cannot be read right now. Try again in a few minutes; the music goes on.',
);
