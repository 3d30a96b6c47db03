import type { Database, Transaction } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { TenantPolicies } from './compile.ts';
import { defaultGuildPolicy, guildPolicySchema, type GuildPolicy } from './guild-policy.ts';
import { isMemberRole, type MemberRole } from './roles.ts';

export interface LoadedTenant {
  readonly version: string;
  readonly status: TenantStatus;
  readonly policies: TenantPolicies;
}

/** Where a decision point reads tenants' policies, and how it learns that they changed. */
export interface PolicySource extends AsyncDisposable {
  load(tenant: TenantId): Promise<LoadedTenant | undefined>;
  /** False once changes could have been missed for longer than `staleAfterMs`. */
  fresh(): boolean;
}

const pollEveryMs = 1_000;
const staleAfterMs = 5_000;

/**
 * Follows NOTIFY, and polls the database every second for changes, so that neither a lost notification nor a silently
 * broken connection leaves an old policy in force.
 */
export async function createPolicySource(options: {
  readonly database: Database;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called with the tenant whose policies changed, or with undefined if any may have. */
  readonly changed: (tenant: string | undefined) => void;
}): Promise<PolicySource> {
  const { database, logger, clock, changed } = options;
  let confirmedAtMs = clock.now();
  let mark = await readMark(database);
  const events = {
    notified: (payload: string) => changed(payload),
    connected: () => changed(undefined),
    disconnected: () => logger.warn('lost the database connection for policy changes'),
  };
  const listeners = [await database.listen('policy', events), await database.listen('tenant', events)];
  let cancel = () => {};
  let closed = false;
  const poll = async (): Promise<void> => {
    try {
      const next = await readMark(database);
      if (next !== mark) changed(undefined);
      mark = next;
      confirmedAtMs = clock.now();
    } catch (error) {
      logger.warn({ err: error }, 'could not check whether policies changed');
    }
    if (!closed) cancel = clock.after(pollEveryMs, () => void poll());
  };
  cancel = clock.after(pollEveryMs, () => void poll());
  return {
    load: (tenant) => database.inTenant(tenant, (transaction) => loadTenant(transaction, tenant)),
    fresh: () => clock.now() - confirmedAtMs <= staleAfterMs,
    async [Symbol.asyncDispose]() {
      closed = true;
      cancel();
      for (const listener of listeners) await listener[Symbol.asyncDispose]();
    },
  };
}

/** Changes whenever any tenant's status, members or policies do. */
function readMark(database: Database): Promise<string> {
  return database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query<{ mark: string }>(
      `select (select count(*) || '.' || coalesce(sum(version), 0) from policy_version) || '/' ||
              (select count(*) || '.' || coalesce(sum(version), 0) from tenant) as mark`,
    );
    return rows[0]?.mark ?? '';
  });
}

async function loadTenant(transaction: Transaction, tenant: TenantId): Promise<LoadedTenant | undefined> {
  const [row, members, guilds] = await Promise.all([
    loadStatus(transaction, tenant),
    loadMembers(transaction),
    loadGuilds(transaction, tenant),
  ]);
  if (!row) return undefined;
  const suspendedByOperator = row.suspended_by?.startsWith('operator:') ?? false;
  const policies = { domain: tenant, members, guilds, fallback: defaultGuildPolicy, suspendedByOperator };
  return { version: `${row.tenant_version}.${row.version}`, status: row.status, policies };
}

interface StatusRow {
  readonly status: TenantStatus;
  readonly suspended_by: string | null;
  readonly tenant_version: number;
  readonly version: string;
}

async function loadStatus(transaction: Transaction, tenant: TenantId): Promise<StatusRow | undefined> {
  const { rows } = await transaction.query<StatusRow>({
    name: 'policies-tenant',
    text: `select t.status, t.suspended_by, t.version as tenant_version, coalesce(v.version, 0)::text as version
             from tenant t left join policy_version v on v.tenant_id = t.id where t.id = $1`,
    values: [tenant],
  });
  return rows[0];
}

async function loadMembers(transaction: Transaction): Promise<{ subject: string; role: MemberRole }[]> {
  const { rows } = await transaction.query<{ subject: string; role: string }>({
    name: 'policies-members',
    text: 'select subject, role from tenant_member',
  });
  return rows.flatMap(({ subject, role }) => (isMemberRole(role) ? [{ subject, role }] : []));
}

async function loadGuilds(
  transaction: Transaction,
  tenant: TenantId,
): Promise<Map<Snowflake, { version: number; policy: GuildPolicy }>> {
  const { rows } = await transaction.query<{ guild_id: string; version: number; document: unknown }>({
    name: 'policies-guilds',
    text: 'select guild_id, version, document from newest_policies($1)',
    values: [tenant],
  });
  // A stored document that can no longer be parsed fails the whole load, and with it every decision of the tenant (fail
  // closed).
  return new Map(
    rows.map((row) => [
      snowflake(row.guild_id),
      { version: row.version, policy: guildPolicySchema.parse(row.document) },
    ]),
  );
}
