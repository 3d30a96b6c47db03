import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { isTenantId, tenantIdSchema, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { leasedParts, type LeasedPart } from './lease.ts';

/** Who holds which lease of a part, as read from the database and kept up to date by its notifications. */
export interface FollowedLeases {
  /** False until everything was read once. */
  readonly known: boolean;
  /** https origins of all replicas that take leases. */
  readonly origins: readonly string[];
  /** https origin of each replica that runs, by its id. The ids are new with each start of a process. */
  readonly replicas: ReadonlyMap<string, string>;
  /** Origin of the replica that acts for this tenant; undefined if none does. */
  originOf(tenant: TenantId): string | undefined;
  /** Whether a later holder than the one with this fencing token is known. */
  isSuperseded(tenant: TenantId, token: number): boolean;
  /** A token that was proven by its holder: as true as a notification, and maybe earlier. */
  learn(tenant: TenantId, token: number): void;
  /** Reads one tenant's lease again, because its supposed holder is not the holder. */
  refresh(tenant: TenantId): Promise<void>;
  /** Called when a tenant's lease, or without a tenant anything, may have changed; the returned function stops it. */
  onChanged(listener: (tenant: TenantId | undefined) => void): () => void;
}

interface Known {
  readonly token: number;
  readonly replica: string | undefined;
}

const tokenSchema = z.coerce.number().int().safe();
const leaseSchema = z.object({ tenant: tenantIdSchema, token: tokenSchema, replica: z.string().nullable() });
const replicaSchema = z.object({ id: z.string(), address: z.string(), stays: z.boolean() });

/** Those of every part, over one connection. */
export type FollowedParts = AsyncDisposable & Readonly<Record<LeasedPart, FollowedLeases>>;

/** Reads everything at first. Without the database it continues with what it knows. */
export async function followLeases(options: {
  readonly database: Database;
  readonly logger: Logger;
}): Promise<FollowedParts> {
  const { database, logger } = options;
  const parts = leasedParts.map((part) => [part, new Following(database, part)] as const);
  const following = parts.map(([, each]) => each);
  const failed = (error: unknown) => logger.warn({ err: error }, 'could not read the leases');
  const loaded = Promise.withResolvers<void>();
  const listening = await database.listen('lease', {
    connected: () =>
      void Promise.all(following.map((each) => each.load()))
        .catch(failed)
        .finally(loaded.resolve),
    disconnected: () => loaded.resolve(),
    notified: (payload) => {
      for (const each of following) each.notified(payload)?.catch(failed);
    },
  });
  await loaded.promise;
  return {
    ...(Object.fromEntries(parts) as unknown as Record<LeasedPart, FollowedLeases>),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

class Following implements FollowedLeases {
  readonly #database: Database;
  readonly #part: LeasedPart;
  readonly #listeners = new Set<(tenant: TenantId | undefined) => void>();
  #leases = new Map<TenantId, Known>();
  origins: readonly string[] = [];
  replicas: ReadonlyMap<string, string> = new Map();
  known = false;

  constructor(database: Database, part: LeasedPart) {
    this.#database = database;
    this.#part = part;
  }

  originOf(tenant: TenantId): string | undefined {
    const replica = this.#leases.get(tenant)?.replica;
    return replica === undefined ? undefined : this.replicas.get(replica);
  }

  isSuperseded(tenant: TenantId, token: number): boolean {
    return token < (this.#leases.get(tenant)?.token ?? 0);
  }

  learn(tenant: TenantId, token: number): void {
    if (token > (this.#leases.get(tenant)?.token ?? 0)) this.#set(tenant, { token, replica: undefined });
  }

  async refresh(tenant: TenantId): Promise<void> {
    const [leases] = await Promise.all([this.#read(tenant), this.#loadReplicas()]);
    for (const { token, replica } of leases) this.#set(tenant, { token, replica: replica ?? undefined });
  }

  onChanged(listener: (tenant: TenantId | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async load(): Promise<void> {
    const [leases] = await Promise.all([this.#read(undefined), this.#loadReplicas()]);
    this.#leases = new Map(
      leases.map(({ tenant, token, replica }) => [tenant, { token, replica: replica ?? undefined }]),
    );
    this.known = true;
    this.#tell(undefined);
  }

  /** See notify_lease() in the migrations. */
  notified(payload: string): Promise<void> | undefined {
    const [what, part, tenant = '', token, replica] = payload.split(' ');
    if (what === 'replicas') return this.#loadReplicas();
    if (part !== this.#part || !isTenantId(tenant)) return undefined;
    if (token !== undefined) this.#set(tenant, { token: tokenSchema.parse(token), replica });
    else if (this.#leases.delete(tenant)) this.#tell(tenant);
    // Its replica may be newer than what was read of them.
    return replica === undefined || this.replicas.has(replica) ? undefined : this.#loadReplicas();
  }

  #set(tenant: TenantId, lease: Known): void {
    // A notification may be older than what was read.
    if (this.isSuperseded(tenant, lease.token)) return;
    this.#leases.set(tenant, lease);
    this.#tell(tenant);
  }

  async #loadReplicas(): Promise<void> {
    const rows = await this.#database.queryAcrossTenants({
      text: `select id, address, id in (select id from staying_replica where part = $1) as stays
        from replica where part = $1 order by address`,
      values: [this.#part],
    });
    const read = rows.map((row) => replicaSchema.parse(row));
    this.replicas = new Map(read.map(({ id, address }) => [id, new URL(address).origin]));
    this.origins = read.filter(({ stays }) => stays).map(({ address }) => new URL(address).origin);
    this.#tell(undefined);
  }

  async #read(tenant: TenantId | undefined) {
    const rows = await this.#database.queryAcrossTenants({
      text: `select tenant_id as tenant, token, replica_id as replica from tenant_lease
        where part = $1 and (tenant_id = $2 or $2 is null)`,
      values: [this.#part, tenant ?? null],
    });
    return rows.map((row) => leaseSchema.parse(row));
  }

  #tell(tenant: TenantId | undefined): void {
    for (const listener of this.#listeners) listener(tenant);
  }
}
