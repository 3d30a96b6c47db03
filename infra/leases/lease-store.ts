import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { tenantIdSchema, type TenantId } from '#infra/kernel/ids.ts';
import type { Lease, LeasedPart } from './lease.ts';

/** A registered process: its id is that of one run of it. */
export interface Replica {
  readonly id: string;
  readonly part: LeasedPart;
  /** https origin of its listener. */
  readonly address: string;
}

const standingSchema = z.object({
  /** Replicas that are registered and stay, this one included. */
  replicas: z.number(),
  /** Those of them that have not renewed in time. */
  expired: z.number(),
  /** Leases of this part, and those of them that this replica holds or nobody does. */
  leases: z.number(),
  own: z.number(),
  free: z.number(),
});
export type Standing = z.infer<typeof standingSchema>;

/** A lease as this part's replicas take it. */
const takenSchema = z.object({ tenant: tenantIdSchema, token: z.coerce.number().int().safe() });

/** The tables `replica` and `tenant_lease`, for one part. All times are the database's. */
export class LeaseStore {
  readonly #database: Database;
  readonly #part: LeasedPart;
  readonly #lifetimeMs: number;

  constructor(database: Database, part: LeasedPart, lifetimeMs: number) {
    this.#database = database;
    this.#part = part;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Registers a replica. An earlier one at the same address has ended, since its listener has, and is removed. */
  async register({ id, part, address }: Replica): Promise<void> {
    await this.#database.acrossTenants(async (transaction) => {
      await transaction.query('delete from replica where part = $1 and address = $2', [part, address]);
      await transaction.query(
        `insert into replica (id, part, address, expires_at)
           values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')`,
        [id, part, address, this.#lifetimeMs],
      );
    });
  }

  /** Renews everything that a replica holds, in one row. Undefined if it was removed: then others may hold it. */
  async renew(id: string): Promise<Standing | undefined> {
    const [row] = await this.#database.queryAcrossTenants<{ renewed: boolean }>({
      name: 'renew-leases',
      text: `with renewed as (
          update replica set expires_at = clock_timestamp() + $3 * interval '1 ms' where id = $1 returning id)
        select exists (select from renewed) as renewed,
          (select count(*)::int from replica where part = $2 and not leaving) as replicas,
          (select count(*)::int from replica
             where part = $2 and id <> $1 and expires_at <= clock_timestamp()) as expired,
          count(*)::int as leases,
          count(*) filter (where replica_id = $1)::int as own,
          count(*) filter (where replica_id is null)::int as free
        from tenant_lease where part = $2`,
      values: [id, this.#part, this.#lifetimeMs],
    });
    return row?.renewed === true ? standingSchema.parse(row) : undefined;
  }

  /**
   * Removes replicas that have not renewed in time, which frees their leases. One that is renewing at this moment is
   * waited for, and stays.
   */
  async removeExpired(): Promise<void> {
    await this.#database.queryAcrossTenants({
      text: 'delete from replica where part = $1 and expires_at <= clock_timestamp()',
      values: [this.#part],
    });
  }

  /** Takes free leases, at most so many; those that another replica is taking at this moment are left to it. */
  async takeFree(id: string, most: number): Promise<Lease[]> {
    return this.#taken(
      `update tenant_lease lease set replica_id = $1, token = lease.token + 1
         from (select tenant_id, part from tenant_lease where part = $2 and replica_id is null
                 limit $3 for update skip locked) as free
         where lease.tenant_id = free.tenant_id and lease.part = free.part
         returning lease.tenant_id as tenant, lease.token`,
      [id, this.#part, most],
    );
  }

  /** Takes one tenant's lease, if it is free. */
  async take(id: string, tenant: TenantId): Promise<Lease | undefined> {
    const [lease] = await this.#taken(
      `update tenant_lease set replica_id = $1, token = token + 1
         where part = $2 and tenant_id = $3 and replica_id is null
         returning tenant_id as tenant, token`,
      [id, this.#part, tenant],
    );
    return lease;
  }

  /** What a replica holds. */
  heldBy(id: string): Promise<Lease[]> {
    return this.#taken('select tenant_id as tenant, token from tenant_lease where replica_id = $1 and part = $2', [
      id,
      this.#part,
    ]);
  }

  /** Frees those of these tenants' leases that it holds, with one statement. */
  async release(id: string, tenants: readonly TenantId[]): Promise<void> {
    await this.#database.queryAcrossTenants({
      text: 'update tenant_lease set replica_id = null where part = $2 and tenant_id = any($3) and replica_id = $1',
      values: [id, this.#part, tenants],
    });
  }

  /** From now on the others share everything. */
  async leave(id: string): Promise<void> {
    await this.#database.queryAcrossTenants({ text: 'update replica set leaving = true where id = $1', values: [id] });
  }

  /** Frees everything that it holds. */
  async unregister(id: string): Promise<void> {
    await this.#database.queryAcrossTenants({ text: 'delete from replica where id = $1', values: [id] });
  }

  async #taken(text: string, values: unknown[]): Promise<Lease[]> {
    const rows = await this.#database.queryAcrossTenants({ text, values });
    return rows.map((row) => ({ ...takenSchema.parse(row), part: this.#part }));
  }
}
