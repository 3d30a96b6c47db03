import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { countKeyVersions } from '#tenants/deletion/key-count.ts';
import { libraryErrorCodes } from '#services/contracts/library.ts';
import { listsOfServers } from '../application/library.ts';
import type { ListKey, TrackListStore } from '../application/track-lists.ts';
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
  /** Of the whole list. */
  readonly length: number;
}

/** Tracks of one row, so that a statement stays small: a longer list has further rows, its parts. */
const partLength = 500;

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
  /** With its parts. */
  const whole = async (transaction: Transaction, key: ListKey, row: Row): Promise<TrackList> => {
    const list = await parse(key, row);
    if (row.length <= partLength) return list;
    const { rows } = await transaction.query<Row>(`${select} ${isPart} order by list`, partsOf(key));
    const parts: TrackList[] = [];
    for (const part of rows) parts.push(await parse({ ...key, list: part.list }, part));
    return { ...list, tracks: [list, ...parts].flatMap(({ tracks }) => tracks) };
  };
  const writeRow = async (
    transaction: Transaction,
    key: ListKey,
    { name, ...document }: TrackList,
    length = document.tracks.length,
  ): Promise<void> => {
    await transaction.query(upsert, [
      ...valuesOf(key),
      await sealed(key, 'name', name),
      await sealed(key, 'tracks', JSON.stringify(document)),
      length,
      document.share === undefined ? null : digestOf(document.share),
    ]);
  };
  /** Of the parts, those that have changed. */
  const write = async (
    transaction: Transaction,
    key: ListKey,
    list: TrackList,
    before: TrackList | undefined,
  ): Promise<void> => {
    await writeRow(transaction, key, { ...list, tracks: partAt(list, 0) }, list.tracks.length);
    const [parts, known] = [countParts(list), countParts(before)];
    for (let number = 1; number < parts; number += 1) {
      const tracks = partAt(list, number);
      const stored = before ? partAt(before, number) : [];
      const isSame = tracks.length === stored.length && tracks.every((track, index) => track === stored[index]);
      if (!isSame) await writeRow(transaction, partOf(key, number), { name: '', tracks, done: [] });
    }
    if (parts < known)
      await transaction.query(`delete from track_list ${isPart} and list >= $4`, [
        ...partsOf(key),
        partOf(key, parts).list,
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
        acrossRotation(() =>
          database.inTenant(key.tenant, async (transaction) => {
            const { rows } = await transaction.query<Row>(`${select} ${isKey}`, valuesOf(key));
            return rows[0] && whole(transaction, key, rows[0]);
          }),
        ),
      ),
    shared: (tenant, code) =>
      whileKeysAreThere(() =>
        acrossRotation(() =>
          database.inTenant(tenant, async (transaction) => {
            const { rows } = await transaction.query<Row & { owner: Snowflake }>(
              'select owner, list, name, tracks, length from track_list where tenant_id = $1 and share_hash = $2',
              [tenant, digestOf(code)],
            );
            return rows[0] && whole(transaction, { tenant, owner: rows[0].owner, list: rows[0].list }, rows[0]);
          }),
        ),
      ),
    change: (key, edit) =>
      whileKeysAreThere(() =>
        writes.inTenant(key.tenant, async (transaction) => {
          await whileSealing(transaction, key.tenant);
          const { rows } = await transaction.query<Row>(`${select} ${isKey} for update`, valuesOf(key));
          const before = rows[0] && (await whole(transaction, key, rows[0]));
          const after = await edit(before);
          if (after !== before) await write(transaction, key, after, before);
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
            // Row by row: a part is a list of its own here, and the length that of all of them.
            const length = rows[0].length - before.tracks.length + after.tracks.length;
            if (after !== before) await writeRow(transaction, key, after, length);
          });
      }),
    days: (tenant, { from, to, guild, after, limit }) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const { rows } = await database.inTenant(tenant, (transaction) =>
            transaction.query<Row & { owner: Snowflake }>(
              `select owner, list, name, tracks, length from track_list where tenant_id = $1 and list >= $2 and list <= $3
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
        transaction.query(
          'delete from track_list where tenant_id = $1 and owner = $2 and (list = $3 or starts_with(list, $4))',
          [...valuesOf(key), partPrefixOf(key)],
        ),
      );
    },
    async deleteOtherPages({ tenant, owner }, kept) {
      await writes.inTenant(tenant, (transaction) =>
        transaction.query(
          'delete from track_list where tenant_id = $1 and owner = $2 and starts_with(list, $3) and list <> all($4)',
          [tenant, owner, pagePrefix, kept],
        ),
      );
    },
    async deleteOwner({ tenant, owner }) {
      await writes.inTenant(tenant, (transaction) =>
        transaction.query(
          `delete from track_list where tenant_id = $1 and owner = $2 and list <> all($3)
             and not starts_with(list, $4) and not starts_with(list, $5)`,
          [tenant, owner, listsOfServers, dayPrefix, pagePrefix],
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

/** Of the ids of pages (domain/later.ts). */
const pagePrefix = 'page_';

const select = 'select list, name, tracks, length from track_list';
const isKey = 'where tenant_id = $1 and owner = $2 and list = $3';
const isPart = 'where tenant_id = $1 and owner = $2 and starts_with(list, $3)';

const partPrefixOf = ({ list }: ListKey): string => `part_${list}/`;
const partsOf = (key: ListKey): [TenantId, string, string] => [key.tenant, key.owner, partPrefixOf(key)];
/** The row of one part; 0 is in the row of the list itself. */
const partOf = (key: ListKey, number: number): ListKey => ({
  ...key,
  list: `${partPrefixOf(key)}${String(number).padStart(3, '0')}`,
});
const partAt = ({ tracks }: TrackList, number: number) => tracks.slice(number * partLength, (number + 1) * partLength);
const countParts = (list: TrackList | undefined): number => Math.ceil((list?.tracks.length ?? 0) / partLength);
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
  'Favourites, playlists and the history cannot be read right now. Try again in a few minutes; the music continues.',
);
