import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { defaultGuildPolicy, guildPolicySchema, parseGuildPolicy, type GuildPolicy } from './guild-policy.ts';

/**
 * All guilds' newest policies of one tenant. Every process that decides reads them whole when one of them changes, and
 * decides for the other tenants as well.
 */
const maxPoliciesBytes = 2 * 1024 * 1024;

/** One version of a guild's policy; version 0 is the default that holds before anybody wrote one. */
export interface GuildPolicyVersion {
  readonly version: number;
  readonly policy: GuildPolicy;
  readonly author: string;
  readonly createdAt: Date | null;
}

/** Guilds' policies as versioned history: a version is added, never changed. */
export interface PolicyStore {
  current(tenant: TenantId, guild: Snowflake): Promise<GuildPolicyVersion>;
  /** The guilds with a policy of their own, by id, and its current version; with `after`, only ids behind it. */
  guilds(
    tenant: TenantId,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly { readonly guild: string; readonly version: number }[]>;
  /** Newest first; with `before`, only versions below it. */
  history(
    tenant: TenantId,
    guild: Snowflake,
    page: { readonly limit: number; readonly before?: number | undefined },
  ): Promise<readonly GuildPolicyVersion[]>;
  /** The version that held at that moment. */
  asOf(tenant: TenantId, guild: Snowflake, time: Date): Promise<GuildPolicyVersion>;
  /** @throws BailiwickError policy.unknown-version (404) */
  version(tenant: TenantId, guild: Snowflake, version: number): Promise<GuildPolicyVersion>;
  /**
   * Checks the document whole and makes it the next version, journalled in the same transaction.
   * @throws BailiwickError policy.invalid (422, every fault with its place), policy.conflict (412) when `expected` is
   *   not the current version: somebody else saved meanwhile; policy.too-much (422) when all guilds' policies together
   *   would be larger than 2 MiB.
   */
  replace(input: ReplaceInput): Promise<GuildPolicyVersion>;
}

export interface ReplaceInput {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
  readonly document: unknown;
  readonly author: string;
  /** The version that the author saw; left out to replace whatever is there. */
  readonly expected?: number;
  readonly audit: (version: number) => AuditRecord;
}

/** What is read comes by pg, which costs a third of the same through Prisma: policies are read all the time. */
export function createPolicyStore(records: Records, database: Pick<Database, 'inTenant'>): PolicyStore {
  const newest = async (
    tenant: TenantId,
    guild: Snowflake,
    { take, version, before, until }: { take: number; version?: number; before?: number | undefined; until?: Date },
  ) => {
    const { rows } = await database.inTenant(tenant, (transaction) =>
      transaction.query<Parameters<typeof toVersion>[0]>({
        name: 'policy-versions',
        text: `select version, document, author, created_at as "createdAt" from guild_policy
               where tenant_id = $1 and guild_id = $2 and ($3::integer is null or version = $3)
                 and ($4::integer is null or version < $4) and ($5::timestamptz is null or created_at <= $5)
               order by version desc limit $6`,
        values: [tenant, guild, version ?? null, before ?? null, until ?? null, take],
      }),
    );
    return rows.map(toVersion);
  };
  return {
    async current(tenant, guild) {
      const [current = unwritten] = await newest(tenant, guild, { take: 1 });
      return current;
    },
    async asOf(tenant, guild, time) {
      const [then = unwritten] = await newest(tenant, guild, { take: 1, until: time });
      return then;
    },
    async version(tenant, guild, version) {
      const [wanted] = version === 0 ? [unwritten] : await newest(tenant, guild, { take: 1, version });
      if (wanted) return wanted;
      throw callerFault('policy.unknown-version', `There is no version ${version} of this policy.`, 404);
    },
    guilds: (tenant, { limit, after = '' }) =>
      records.inTenant(tenant, async (_rows, statements) => {
        const { rows } = await statements.query<{ guild: string; version: number }>(
          `select distinct on (guild_id) guild_id as guild, version from guild_policy
           where tenant_id = $1 and guild_id > $2 order by guild_id, version desc limit $3`,
          [tenant, after, limit],
        );
        return rows;
      }),
    history: (tenant, guild, { limit, before }) => newest(tenant, guild, { take: limit, before }),
    async replace({ tenant, guild, document, author, expected, audit }) {
      const policy = parseGuildPolicy(document);
      return records.inTenant(tenant, async (rows, statements) => {
        // Writers of one tenant take turns: the row is locked until this transaction ends.
        await rows.policyVersion.upsert({
          where: { tenantId: tenant },
          create: { tenantId: tenant, version: 1n },
          update: { version: { increment: 1n } },
        });
        const last = await rows.guildPolicy.aggregate({
          where: { tenantId: tenant, guildId: guild },
          _max: { version: true },
        });
        const version = (last._max.version ?? 0) + 1;
        if (expected !== undefined && expected !== version - 1) {
          throw callerFault(
            'policy.conflict',
            `Somebody else saved version ${version - 1} meanwhile. Read it, then save again.`,
            412,
          );
        }
        const row = await rows.guildPolicy.create({
          data: { tenantId: tenant, guildId: guild, version, document: policy, author },
        });
        await refuseTooMuch(statements, tenant);
        await journal(statements, [audit(version)]);
        return toVersion(row);
      });
    },
  };
}

async function refuseTooMuch(statements: Transaction, tenant: TenantId): Promise<void> {
  const { rows } = await statements.query<{ bytes: string }>(
    `select coalesce(sum(octet_length(document::text)), 0)::text as bytes from
       (select distinct on (guild_id) document from guild_policy where tenant_id = $1
        order by guild_id, version desc) as newest`,
    [tenant],
  );
  if (Number(rows[0]?.bytes ?? 0) <= maxPoliciesBytes) return;
  throw callerFault(
    'policy.too-much',
    "All guilds' policies together would be larger than 2 MiB. Shorten this one or another.",
    422,
  );
}

const unwritten: GuildPolicyVersion = { version: 0, policy: defaultGuildPolicy, author: 'bailiwick', createdAt: null };

const toVersion = (row: {
  version: number;
  document: unknown;
  author: string;
  createdAt: Date;
}): GuildPolicyVersion => ({
  version: row.version,
  policy: guildPolicySchema.parse(row.document),
  author: row.author,
  createdAt: row.createdAt,
});
