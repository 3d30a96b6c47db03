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
  readonly machine: string;
  /** For how many running bots it has room; undefined: there is no limit of its own. */
  readonly capacity: number | undefined;
}

const standingSchema = z.object({
  /** Replicas that are registered and do not leave, this one included. */
  registered: z.number(),
  /** Those of them that take leases (the view staying_replica), and whether this is one of them. */
  replicas: z.number(),
  stays: z.boolean(),
  /** Those of them that have not renewed in time. */
  expired: z.number(),
  /** Milliseconds until the next of the others expires unless it renews; null if there is none. */
  nextExpiryMs: z.number().nullable(),
  /** Leases of this part, and those of them that this replica holds. */
  leases: z.number(),
  own: z.number(),
  /** Those that it holds and that another machine should have. */
  strays: z.number(),
  /** Those that nobody holds and this one may take, and how many of them are pinned to its machine. */
  free: z.number(),
  pinned: z.number(),
});
export type Standing = z.infer<typeof standingSchema>;

/** A lease as this part's replicas take it. */
const takenSchema = z.object({ tenant: tenantIdSchema, token: z.coerce.number().int().safe() });

const passableSchema = z.object({ tenant: tenantIdSchema, stray: z.boolean() });

/** Whether replicas of a machine may have a lease: unless another machine should, and has a replica that takes leases. */
const isOurs = (machine: string): string =>
  `(pinned_to is null or pinned_to = ${machine}
     or pinned_to <> all (array(select machine from staying_replica where part = $2)))`;

/** The tables `replica` and `tenant_lease`, for one part. All times are the database's. */
export class LeaseStore {
  readonly #database: Database;
  readonly #part: LeasedPart;
  readonly #machine: string;
  readonly #lifetimeMs: number;

  constructor(database: Database, part: LeasedPart, machine: string, lifetimeMs: number) {
    this.#database = database;
    this.#part = part;
    this.#machine = machine;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Registers a replica. An earlier one at the same address has ended, since its listener has, and is removed. */
  async register({ id, part, address, machine, capacity }: Replica): Promise<void> {
    await this.#database.acrossTenants(async (transaction) => {
      await transaction.query('delete from replica where part = $1 and address = $2', [part, address]);
      await transaction.query(
        `insert into replica (id, part, address, expires_at, machine, capacity)
           values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms', $5, $6)`,
        [id, part, address, this.#lifetimeMs, machine, capacity ?? null],
      );
    });
  }

  /** Renews everything that a replica holds, in one row. Undefined if it was removed: then others may hold it. */
  async renew(id: string): Promise<Standing | undefined> {
    const [row] = await this.#database.queryAcrossTenants<{ renewed: boolean }>({
      name: 'renew-leases',
      text: `with renewed as (
          update replica set expires_at = clock_timestamp() + $3 * interval '1 ms' where id = $1 returning id),
          staying as materialized (select id, machine from staying_replica where part = $2)
        select exists (select from renewed) as renewed,
          (select count(*)::int from replica where part = $2 and not leaving) as registered,
          (select count(*)::int from staying) as replicas,
          exists (select from staying where id = $1) as stays,
          (select count(*)::int from replica
             where part = $2 and id <> $1 and expires_at <= clock_timestamp()) as expired,
          (select ceil(extract(epoch from min(expires_at) - clock_timestamp()) * 1000)::int from replica
             where part = $2 and id <> $1 and expires_at > clock_timestamp()) as "nextExpiryMs",
          count(*)::int as leases,
          count(*) filter (where replica_id = $1)::int as own,
          count(*) filter (where replica_id = $1 and is_others)::int as strays,
          count(*) filter (where replica_id is null and not is_others)::int as free,
          count(*) filter (where replica_id is null and pinned_to = $4)::int as pinned
        from (select replica_id, pinned_to,
            coalesce(pinned_to <> $4 and pinned_to = any(array(select machine from staying)), false) as is_others
          from tenant_lease where part = $2) as lease`,
      values: [id, this.#part, this.#lifetimeMs, this.#machine],
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

  /**
   * Takes free leases, at most so many and first those that are pinned to this machine; those that another one should
   * have, or that another replica is taking at this moment, are left to it.
   */
  async takeFree(id: string, most: number): Promise<Lease[]> {
    return this.#taken(
      `update tenant_lease lease set replica_id = $1, token = lease.token + 1
         from (select tenant_id, part from tenant_lease where part = $2 and replica_id is null and ${isOurs('$4')}
                 order by pinned_to is not null and pinned_to = $4 desc limit $3 for update skip locked) as free
         where lease.tenant_id = free.tenant_id and lease.part = free.part
         returning lease.tenant_id as tenant, lease.token`,
      [id, this.#part, most, this.#machine],
    );
  }

  /**
   * Takes one tenant's lease, if it is free and this replica may.
   * @returns left: it is free, and for another replica to take
   */
  async take(id: string, tenant: TenantId): Promise<Lease | 'left' | undefined> {
    const [row] = await this.#database.queryAcrossTenants<{ token: string | null }>({
      text: `with taken as (update tenant_lease set replica_id = $1, token = token + 1
            where part = $2 and tenant_id = $3 and replica_id is null and ${isOurs('$4')}
              and exists (select from staying_replica where id = $1)
            returning token)
        select (select token from taken) as token from tenant_lease
          where part = $2 and tenant_id = $3 and replica_id is null`,
      values: [id, this.#part, tenant, this.#machine],
    });
    if (!row) return undefined;
    return row.token === null ? 'left' : { ...takenSchema.parse({ tenant, token: row.token }), part: this.#part };
  }

  /**
   * What a replica holds that others may have, at most so many: first what another machine should have. What is pinned to
   * this machine is among it only while this replica takes nothing.
   */
  async passable(id: string, most: number): Promise<readonly z.infer<typeof passableSchema>[]> {
    const rows = await this.#database.queryAcrossTenants({
      text: `select tenant_id as tenant, not ${isOurs('$3')} as stray from tenant_lease
        where replica_id = $1 and part = $2
          and (pinned_to is distinct from $3 or not exists (select from staying_replica where id = $1))
        order by stray desc limit $4`,
      values: [id, this.#part, this.#machine, most],
    });
    return rows.map((row) => passableSchema.parse(row));
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
