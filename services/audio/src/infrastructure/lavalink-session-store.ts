import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** The Lavalink session of a tenant's players, by node, so that it can be resumed (Lavalink docs/api/index.md). */
export interface LavalinkSessionStore {
  read(tenant: TenantId): Promise<ReadonlyMap<string, string>>;
  write(tenant: TenantId, node: string, sessionId: string): Promise<void>;
}

/** Table lavalink_session. @param writes the same database, fenced by the tenants' leases */
export function createLavalinkSessionStore(
  database: Database,
  writes: Pick<Database, 'inTenant'>,
): LavalinkSessionStore {
  return {
    read: (tenant) =>
      database.inTenant(tenant, async (transaction) => {
        const text = 'select node_id, session_id from lavalink_session where tenant_id = $1';
        const { rows } = await transaction.query<{ node_id: string; session_id: string }>(text, [tenant]);
        return new Map(rows.map((row) => [row.node_id, row.session_id]));
      }),
    write: (tenant, node, sessionId) =>
      writes.inTenant(tenant, async (transaction) => {
        const text = `insert into lavalink_session (tenant_id, node_id, session_id) values ($1, $2, $3)
          on conflict (tenant_id, node_id) do update set session_id = excluded.session_id, updated_at = now()`;
        await transaction.query(text, [tenant, node, sessionId]);
      }),
  };
}
