import { z } from 'zod';
import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { KeyKeeper } from './custodian-owner.ts';
import type { Location } from './envelope.ts';

/** A stored value, and how it is replaced; read in a transaction that locks its row. */
export interface SealedValue {
  readonly sealed: Uint8Array;
  readonly location: Location;
  /** Of its row. */
  readonly primaryKey: readonly unknown[];
  replace(sealed: Uint8Array): Promise<void>;
}

/** A column whose values are sealed. */
export interface SealedColumn {
  /** The part whose keys seal it. */
  readonly keeper: KeyKeeper;
  readonly table: string;
  readonly column: string;
  /** With the keys of the row's tenant (`tenant_id`), or with the part's own. */
  readonly of: 'tenant' | 'platform';
  /** The primary key. */
  readonly id: readonly string[];
  /** Bytes, or in a JSON document as its only member, `sealed`, in base64. */
  readonly form: 'bytes' | 'json';
  /** The end of the location that a value is bound to; by default the column, and the last part of the primary key. */
  readonly place?: (row: Row) => Pick<Location, 'column' | 'row'>;
  /** A condition (SQL) for the rows that the part has in a table that it shares. */
  readonly only?: string;
  /** Sealed without the tenant's external key. */
  readonly withoutExternalKey?: true;
  /** How many small values are sealed again in one transaction, if more than of other columns. */
  readonly batch?: number;
}

type Row = Readonly<Record<string, unknown>>;

/** Of what the worker sends to tenants' addresses. */
const webhooks = (table: string, column: string) =>
  ({ keeper: 'worker', table, column, of: 'tenant', id: ['tenant_id', 'id'], form: 'bytes' }) as const;

/** Every column of the database whose values are sealed. What is not listed here is neither rotated nor moved. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    keeper: 'discord-edge',
    table: 'application_credential',
    column: 'sealed',
    of: 'tenant',
    id: ['tenant_id'],
    form: 'bytes',
  },
  {
    keeper: 'discord-edge',
    table: 'gateway_session',
    column: 'document',
    of: 'tenant',
    id: ['tenant_id', 'shard_id'],
    form: 'json',
  },
  { keeper: 'worker', table: 'audit_key', column: 'sealed', of: 'tenant', id: ['tenant_id'], form: 'bytes' },
  ...(['url', 'secret', 'previous_secret'] as const).map((column) => webhooks('webhook_endpoint', column)),
  webhooks('webhook_delivery', 'excerpt'),
  { keeper: 'worker', table: 'deletion_key', column: 'sealed', of: 'platform', id: ['id'], form: 'bytes' },
  {
    keeper: 'audio',
    table: 'music_session',
    column: 'document',
    of: 'tenant',
    id: ['tenant_id', 'guild_id'],
    form: 'json',
  },
  ...(['name', 'tracks'] as const).map((column) => ({
    keeper: 'audio' as const,
    table: 'track_list',
    column,
    of: 'tenant' as const,
    id: ['tenant_id', 'owner', 'list'],
    form: 'bytes' as const,
    // Opens only for the member or the server whose it is.
    place: ({ owner, list }: Row) => ({ column, row: `${String(owner)}/${String(list)}` }),
  })),
  ...(['sealed', 'snapshot'] as const).map((column) => ({
    keeper: 'audio' as const,
    table: 'event',
    column,
    of: 'tenant' as const,
    id: ['tenant_id', 'stream', 'version', 'at'],
    form: 'bytes' as const,
    // Opens only as the content of its event.
    place: ({ stream, id }: Row) => ({ column, row: `${String(stream)}/${String(id)}` }),
    only: `sealed_by = 'audio' and ${column} is not null`,
    batch: 20,
  })),
  ...(['discord-edge', 'audio'] as const).map((keeper) => ({
    keeper,
    table: 'external_key',
    column: 'secret',
    of: 'tenant' as const,
    id: ['tenant_id', 'keeper', 'id'],
    form: 'bytes' as const,
    only: `keeper = '${keeper}'`,
    // It signs in where the external key is.
    withoutExternalKey: true as const,
  })),
  {
    keeper: 'token-service',
    table: 'identity_key',
    column: 'sealed',
    of: 'platform',
    id: ['kid'],
    form: 'bytes',
    // A key opens only for its own use.
    place: ({ use, kid }) => ({ column: `sealed:${String(use)}`, row: String(kid) }),
  },
  { keeper: 'token-service', table: 'delegated_key', column: 'sealed', of: 'platform', id: ['kid'], form: 'bytes' },
  // Of no tenant (people), or gone within days (notes).
  {
    keeper: 'api',
    table: 'person',
    column: 'sealed',
    of: 'platform',
    id: ['subject'],
    form: 'bytes',
    only: 'sealed is not null',
  },
  {
    keeper: 'api',
    table: 'invitation',
    column: 'sealed_note',
    of: 'platform',
    id: ['id'],
    form: 'bytes',
    only: 'sealed_note is not null',
  },
  { keeper: 'api', table: 'session_key', column: 'sealed', of: 'platform', id: ['version'], form: 'bytes' },
];

/** Columns that the api seals with a key derived from those in session_key; their rows live for a day. */
export const sealedBySessionKeys: readonly string[] = ['idempotent_answer.sealed'];

export const sealedColumnsOf = (keeper: KeyKeeper): readonly SealedColumn[] =>
  sealedColumns.filter((column) => column.keeper === keeper);

const documentSchema = z.object({ sealed: z.base64() });

/** The 32-bit version of the key in the header of a sealed value (envelope.ts), as bytes, which sort as numbers do. */
const versionIn = ({ column, form }: SealedColumn): string =>
  `substring(${form === 'bytes' ? column : `decode(left(${column} ->> 'sealed', 8), 'base64')`} from 2 for 4)`;

/**
 * The values in a column that belong to a tenant, or to the platform, by their primary keys; their rows are locked. With
 * `only`, at most so many of those that an older version of the key has sealed, and that come after a primary key.
 */
export async function sealedValues(
  sealedColumn: SealedColumn,
  transaction: Transaction,
  owner: TenantId | 'platform',
  only?: { readonly olderThan: number; readonly limit: number; readonly after?: readonly unknown[] | undefined },
): Promise<SealedValue[]> {
  const { table, column, of, id, form, place, withoutExternalKey } = sealedColumn;
  const values: unknown[] = [];
  const conditions: string[] = sealedColumn.only === undefined ? [] : [sealedColumn.only];
  if (of === 'tenant') conditions.push(`tenant_id = $${values.push(owner)}`);
  // A document of an earlier release may not have been sealed yet.
  conditions.push(form === 'json' ? `${column} ? 'sealed'` : `${column} is not null`);
  if (only) conditions.push(`${versionIn(sealedColumn)} < $${values.push(bigEndian(only.olderThan))}`);
  if (only?.after)
    conditions.push(`(${id.join(', ')}) > (${only.after.map((value) => `$${values.push(value)}`).join(', ')})`);
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  const limit = only ? `limit ${only.limit}` : '';
  // The planner knows little of a table that grows, and nothing of these conditions. It would rather sort all rows of the
  // tenant for each few of them than follow the primary key, which has the order.
  if (only) void transaction.query('set local enable_sort = off').catch(() => undefined);
  const { rows } = await transaction.query<Row>(
    `select * from ${table} ${where} order by ${id.join(', ')} ${limit} for update`,
    values,
  );
  const isRow = id.map((name, index) => `${name} = $${index + 2}`).join(' and ');
  return rows.map((row) => {
    const stored = row[column];
    const { column: within, row: which } = place?.(row) ?? { column, row: String(row[id.at(-1) ?? '']) };
    return {
      sealed: form === 'bytes' ? (stored as Buffer) : Buffer.from(documentSchema.parse(stored).sealed, 'base64'),
      primaryKey: id.map((name) => row[name]),
      location: { tenant: owner, table, column: within, row: which, withoutExternalKey },
      async replace(sealed) {
        const bytes = Buffer.from(sealed);
        const next = form === 'bytes' ? bytes : { sealed: bytes.toString('base64') };
        await transaction.query({
          name: `reseal ${table}.${column}`,
          text: `update ${table} set ${column} = $1 where ${isRow}`,
          values: [next, ...id.map((name) => row[name])],
        });
      },
    };
  });
}

/**
 * Whether a tenant has a value here that is not sealed with this external key of its own (null: with one at all). The
 * id of that key is the beginning of the wrapped data key, behind a header of 27 bytes (envelope.ts).
 */
export async function isSealedOtherwise(
  { table, column, form, only = 'true', withoutExternalKey }: SealedColumn,
  transaction: Transaction,
  tenant: TenantId,
  keyId: string | null,
): Promise<boolean> {
  if (withoutExternalKey) return false;
  const bytes = form === 'bytes' ? column : `decode(${column} ->> 'sealed', 'base64')`;
  // A document of an earlier release may not have been sealed yet.
  const isSealed = form === 'bytes' ? 'true' : `${column} ? 'sealed'`;
  const { rowCount } = await transaction.query(
    `select 1 from ${table} where tenant_id = $1 and ${only} and ${isSealed} and
       case when substring(${bytes} from 1 for 1) = '\\x02' then $2::text is null
         or substring(${bytes} from 28 for octet_length($2)) <> convert_to($2, 'UTF8') else $2::text is not null end limit 1`,
    [tenant, keyId],
  );
  return rowCount === 1;
}

function bigEndian(version: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(version);
  return bytes;
}
