import type { Database, Transaction } from '#infra/database/pool.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { KeyKeeper } from '../custodian-owner.ts';
import type { Location } from '../envelope.ts';
import type { ExternalKeyAddress } from './settings.ts';

/** The processes that seal what a tenant's own key protects. */
export const externalKeepers = ['discord-edge', 'audio'] as const satisfies readonly KeyKeeper[];
export type ExternalKeeper = (typeof externalKeepers)[number];

/** A tenant's own key as one process keeps it. */
export interface StoredExternalKey {
  readonly tenant: TenantId;
  readonly id: string;
  readonly address: ExternalKeyAddress;
  /** The secret id, sealed. */
  readonly secret: Uint8Array;
  /** What the key has encrypted, and must be able to decrypt. */
  readonly proof: Uint8Array;
}

/** Which key a process seals a tenant's values with. */
export interface ExternalKeyUse {
  readonly tenant: TenantId;
  /** Null: none of its own, any more. */
  readonly keyId: string | null;
  /** The latest change; an id that grows with time. */
  readonly changeId: string;
  /** The version of the platform's key from which on everything is sealed so; null until there is one. */
  readonly sinceVersion: number | null;
  /** Whether everything is. */
  readonly carried: boolean;
  /** Since when the key cannot be used, and why; null while it can. */
  readonly lostAt: Date | null;
}

interface KeyRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly url: string;
  readonly mount: string;
  readonly key_name: string;
  readonly auth_mount: string;
  readonly namespace: string | null;
  readonly role_id: string;
  readonly trust_pem: string | null;
  readonly secret: Buffer;
  readonly proof: Buffer;
}

interface UseRow {
  readonly tenant_id: string;
  readonly key_id: string | null;
  readonly change_id: string;
  readonly since_version: number | null;
  readonly carried: boolean;
  readonly lost_at: Date | null;
}

/** Where the sealed secret id belongs. */
export const secretLocation = (tenant: TenantId, id: string): Location => ({
  tenant,
  table: 'external_key',
  column: 'secret',
  row: id,
  withoutExternalKey: true,
});

/** Tables external_key and external_key_use, of which each process has rows of its own. */
export function externalKeyStore(keeper: ExternalKeeper) {
  return {
    /** Of one tenant, or of all. */
    async all(database: Pick<Database, 'acrossTenants'>, tenant?: TenantId) {
      const of = 'where keeper = $1 and (tenant_id = $2 or $2 is null)';
      return database.acrossTenants(async (transaction) => {
        const [keys, uses] = await Promise.all([
          transaction.query<KeyRow>(`select * from external_key ${of}`, [keeper, tenant ?? null]),
          transaction.query<UseRow>(`select * from external_key_use ${of}`, [keeper, tenant ?? null]),
        ]);
        return { keys: keys.rows.map(keyOf), uses: uses.rows.map(useOf) };
      });
    },
    /** Keys that were stored and, since a process was killed, never taken into use. @returns their ids */
    async deleteAbandoned(database: Pick<Database, 'acrossTenants'>): Promise<string[]> {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query<{ id: string }>(
          `delete from external_key k where keeper = $1 and created_at < now() - interval '1 hour' and not exists (
             select 1 from external_key_use u where u.tenant_id = k.tenant_id and u.keeper = k.keeper
               and (u.key_id = k.id or not u.carried)) returning id`,
          [keeper],
        ),
      );
      return rows.map(({ id }) => id);
    },
    async insert(transaction: Transaction, { tenant, id, address, secret, proof }: StoredExternalKey): Promise<void> {
      const { url, mount, key, authMount, namespace = null, roleId, trustPem = null } = address;
      const at = [tenant, keeper, id, url, mount, key, authMount, namespace, roleId, trustPem];
      await transaction.query(
        `insert into external_key (tenant_id, keeper, id, url, mount, key_name, auth_mount, namespace, role_id, trust_pem,
           secret, proof) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [...at, Buffer.from(secret), Buffer.from(proof)],
      );
    },
    /** Locks it. */
    async use(transaction: Transaction, tenant: TenantId): Promise<ExternalKeyUse | undefined> {
      const { rows } = await transaction.query<UseRow>(
        'select * from external_key_use where tenant_id = $1 and keeper = $2 for update',
        [tenant, keeper],
      );
      return rows[0] && useOf(rows[0]);
    },
    async exists(transaction: Transaction, tenant: TenantId, id: string): Promise<boolean> {
      const { rowCount } = await transaction.query(
        'select 1 from external_key where tenant_id = $1 and keeper = $2 and id = $3',
        [tenant, keeper, id],
      );
      return rowCount === 1;
    },
    /** From now on another key, or none, is used. */
    async change(transaction: Transaction, tenant: TenantId, to: { keyId: string | null; changeId: string }) {
      await transaction.query(
        `insert into external_key_use as u (tenant_id, keeper, key_id, change_id, revision) values ($1, $2, $3, $4, 1)
         on conflict (tenant_id, keeper) do update set key_id = excluded.key_id, change_id = excluded.change_id,
           revision = u.revision + 1, since_version = null, carried = false, lost_at = null, fault = null`,
        [tenant, keeper, to.keyId, to.changeId],
      );
    },
    async since(transaction: Transaction, tenant: TenantId, changeId: string, version: number | null): Promise<void> {
      await transaction.query(
        `update external_key_use set since_version = $4 where tenant_id = $1 and keeper = $2 and change_id = $3`,
        [tenant, keeper, changeId, version],
      );
    },
    /** Everything is sealed with the key in use: the others are not needed any more. @returns their ids */
    async carried(transaction: Transaction, tenant: TenantId, keyId: string | null): Promise<string[]> {
      await transaction.query(
        'update external_key_use set carried = true where tenant_id = $1 and keeper = $2 and not carried',
        [tenant, keeper],
      );
      const { rows } = await transaction.query<{ id: string }>(
        'delete from external_key where tenant_id = $1 and keeper = $2 and id is distinct from $3 returning id',
        [tenant, keeper, keyId],
      );
      return rows.map(({ id }) => id);
    },
    async setProof(transaction: Transaction, tenant: TenantId, id: string, proof: Uint8Array): Promise<void> {
      await transaction.query('update external_key set proof = $4 where tenant_id = $1 and keeper = $2 and id = $3', [
        tenant,
        keeper,
        id,
        Buffer.from(proof),
      ]);
    },
    /** @returns whether that is news */
    async lost(transaction: Transaction, tenant: TenantId, fault: string, at: Date): Promise<boolean> {
      const { rowCount } = await transaction.query(
        `update external_key_use set lost_at = $3, fault = $4 where tenant_id = $1 and keeper = $2 and lost_at is null`,
        [tenant, keeper, at, fault],
      );
      return rowCount === 1;
    },
    /** @returns whether that is news */
    async returned(transaction: Transaction, tenant: TenantId): Promise<boolean> {
      const { rowCount } = await transaction.query(
        `update external_key_use set lost_at = null, fault = null
         where tenant_id = $1 and keeper = $2 and lost_at is not null`,
        [tenant, keeper],
      );
      return rowCount === 1;
    },
    /** A key that was stored, but never used. @returns whether there was one */
    async withdraw(transaction: Transaction, tenant: TenantId, id: string): Promise<boolean> {
      const { rowCount } = await transaction.query(
        `delete from external_key k where tenant_id = $1 and keeper = $2 and id = $3 and not exists (
           select 1 from external_key_use u where u.tenant_id = $1 and u.keeper = $2
             and (u.key_id = $3 or not u.carried))`,
        [tenant, keeper, id],
      );
      return rowCount === 1;
    },
  };
}
export type ExternalKeyStore = ReturnType<typeof externalKeyStore>;

const keyOf = (row: KeyRow): StoredExternalKey => ({
  tenant: tenantId(row.tenant_id),
  id: row.id,
  address: {
    url: row.url,
    mount: row.mount,
    key: row.key_name,
    authMount: row.auth_mount,
    roleId: row.role_id,
    ...(row.namespace === null ? {} : { namespace: row.namespace }),
    ...(row.trust_pem === null ? {} : { trustPem: row.trust_pem }),
  },
  secret: row.secret,
  proof: row.proof,
});

const useOf = (row: UseRow): ExternalKeyUse => ({
  tenant: tenantId(row.tenant_id),
  keyId: row.key_id,
  changeId: row.change_id,
  sinceVersion: row.since_version,
  carried: row.carried,
  lostAt: row.lost_at,
});
