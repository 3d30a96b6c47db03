import type { Database } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { versioned, type TenantPolicies } from './compile.ts';
import { PackedPolicy, packedFormat } from './packed-policy.ts';
import { followChanges } from './policy-changes.ts';
import { defaultGuildPolicy, guildPolicySchema } from './guild-policy.ts';
import { isMemberRole } from './roles.ts';

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
 * Follows NOTIFY, and reads every second what has changed, so that neither a lost notification nor a silently broken
 * connection leaves an old policy in force. What that costs depends on what has changed, not on how many tenants there
 * are.
 */
export async function createPolicySource(options: {
  readonly database: Database;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called with the tenant whose policies changed, or with undefined if any may have. */
  readonly changed: (tenant: string | undefined) => void;
}): Promise<PolicySource> {
  const { database, logger, clock, changed } = options;
  const changes = await followChanges(database);
  let confirmedAtMs = clock.now();
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
      const askedAtMs = clock.now();
      for (const tenant of await changes.next()) changed(tenant);
      confirmedAtMs = askedAtMs;
    } catch (error) {
      logger.warn({ err: error }, 'could not check whether policies changed');
    }
    if (!closed) cancel = clock.after(pollEveryMs, () => void poll());
  };
  cancel = clock.after(pollEveryMs, () => void poll());
  return {
    load: (tenant) => loadTenant(database, tenant),
    fresh: () => clock.now() - confirmedAtMs <= staleAfterMs,
    async [Symbol.asyncDispose]() {
      closed = true;
      cancel();
      for (const listener of listeners) await listener[Symbol.asyncDispose]();
    },
  };
}

interface LoadedRow {
  readonly status: TenantStatus;
  readonly suspended_by: string | null;
  readonly version: string;
  readonly members: readonly { readonly subject: string; readonly role: string }[];
  readonly guilds: readonly LoadedGuild[];
}

/** Packed in base64, or the document if it cannot be read without. */
interface LoadedGuild {
  readonly guild_id: string;
  readonly version: number;
  readonly packed: string | null;
  readonly document: unknown;
}

const fallback = versioned(0, defaultGuildPolicy);

/** One statement: a tenant's first decision waits for it. */
async function loadTenant(database: Database, tenant: TenantId): Promise<LoadedTenant | undefined> {
  const [row] = await database.queryInTenant<LoadedRow>(tenant, {
    name: 'policies',
    text: `select status, suspended_by, t.version || '.' || coalesce(v.version, 0) as version,
                  (select coalesce(json_agg(json_build_object('subject', subject, 'role', role)), '[]')
                     from tenant_member where tenant_id = t.id) as members,
                  (select coalesce(json_agg(newest), '[]')
                     from (select guild_id, version, case when readable then encode(packed, 'base64') end as packed,
                                  case when readable then null else document end as document
                             from (select *, coalesce(encode(substring(packed from 1 for 8), 'hex') = $2, false) as readable
                                     from newest_policies(t.id)) as each) as newest) as guilds
             from tenant t left join policy_version v on v.tenant_id = t.id where t.id = $1`,
    values: [tenant, packedFormat],
  });
  if (!row) return undefined;
  const policies = {
    domain: tenant,
    members: row.members.flatMap(({ subject, role }) => (isMemberRole(role) ? [{ subject, role }] : [])),
    guilds: guildsOf(row),
    fallback,
    suspendedByOperator: row.suspended_by?.startsWith('operator:') ?? false,
  };
  return { version: row.version, status: row.status, policies };
}

/**
 * A stored policy that can no longer be read fails the whole load, and with it every decision of the tenant (fail
 * closed).
 */
const guildsOf = ({ guilds }: LoadedRow): TenantPolicies['guilds'] =>
  new Map(guilds.map((guild) => [snowflake(guild.guild_id), packedOf(guild)]));

/** Parsing a large document leaves so much garbage that other tenants' decisions wait for its collection. */
const packedOf = ({ version, packed, document }: LoadedGuild): PackedPolicy =>
  packed === null
    ? new PackedPolicy(version, guildPolicySchema.parse(document))
    : PackedPolicy.read(version, Buffer.from(packed, 'base64'));
