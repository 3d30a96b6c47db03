import type { Database, Transaction } from '#infra/database/pool.ts';
import { append } from '#infra/event-store/event-store.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { packPolicy } from './packed-policy.ts';
import { policyEvents, policyStream } from './policy-events.ts';
import { defaultGuildPolicy, guildPolicySchema, parseGuildPolicy, type GuildPolicy } from './guild-policy.ts';

/**
 * Limit for all guilds' newest policies of one tenant. Every process that decides reads them all when one of them
 * changes, and decides for the other tenants as well.
 */
const maxPoliciesBytes = 2 * 1024 * 1024;

/** One version of a guild's policy; version 0 is the default before the first one was written. */
export interface GuildPolicyVersion {
  readonly version: number;
  readonly policy: GuildPolicy;
  readonly author: string;
  readonly createdAt: Date | null;
}

/** Guilds' policies as a versioned history: versions are added, never changed. */
export interface PolicyStore {
  current(tenant: TenantId, guild: Snowflake): Promise<GuildPolicyVersion>;
  /** The guilds with a policy of their own, by id, and its current version; with `after`, only later ids. */
  guilds(
    tenant: TenantId,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly { readonly guild: string; readonly version: number }[]>;
  /** Newest first; with `before`, only lower versions. */
  history(
    tenant: TenantId,
    guild: Snowflake,
    page: { readonly limit: number; readonly before?: number | undefined },
  ): Promise<readonly GuildPolicyVersion[]>;
  /** The version in force at that time. */
  asOf(tenant: TenantId, guild: Snowflake, time: Date): Promise<GuildPolicyVersion>;
  /** @throws BailiwickError policy.unknown-version (404) */
  version(tenant: TenantId, guild: Snowflake, version: number): Promise<GuildPolicyVersion>;
  /**
   * Validates the document as a whole and makes it the next version, journalled in the same transaction.
   * @throws BailiwickError policy.invalid (422, every fault with its location), policy.conflict (412) if `expected` is
   * not the current version because somebody else saved in the meantime; policy.too-much (422) if all guilds' policies
   * together would exceed 2 MiB.
   */
  replace(input: ReplaceInput): Promise<GuildPolicyVersion>;
}

export interface ReplaceInput {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
  readonly document: unknown;
  readonly author: string;
  /** The version that the author saw; omitted to replace any version. */
  readonly expected?: number;
  readonly audit: (version: number) => AuditRecord;
}

/** Uses pg, which costs a third of the same through Prisma: policies are read all the time (infra/decisions/0003). */
export function createPolicyStore(database: Pick<Database, 'inTenant' | 'queryInTenant'>): PolicyStore {
  const newest = async (
    tenant: TenantId,
    guild: Snowflake,
    { take, version, before, until }: { take: number; version?: number; before?: number | undefined; until?: Date },
  ) => {
    const rows = await database.queryInTenant<VersionRow>(tenant, {
      name: 'policy-versions',
      text: `select version, document, author, created_at as "createdAt" from guild_policy
             where tenant_id = $1 and guild_id = $2 and ($3::integer is null or version = $3)
               and ($4::integer is null or version < $4) and ($5::timestamptz is null or created_at <= $5)
             order by version desc limit $6`,
      values: [tenant, guild, version ?? null, before ?? null, until ?? null, take],
    });
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
      throw callerFault('policy.unknown-version', `This policy has no version ${version}.`, 404);
    },
    guilds: (tenant, { limit, after = '' }) =>
      database.queryInTenant(tenant, {
        text: 'select guild_id as guild, version from newest_policies($1) where guild_id > $2 order by guild_id limit $3',
        values: [tenant, after, limit],
      }),
    history: (tenant, guild, { limit, before }) => newest(tenant, guild, { take: limit, before }),
    async replace({ tenant, guild, document, author, expected, audit }) {
      const policy = parseGuildPolicy(document);
      return database.inTenant(tenant, async (transaction) => {
        const version = (await lastVersion(transaction, tenant, guild)) + 1;
        if (expected !== undefined && expected !== version - 1) {
          throw callerFault(
            'policy.conflict',
            `Somebody else saved version ${version - 1} in the meantime. Read it, then save again.`,
            412,
          );
        }
        const [written] = await Promise.all([
          write(transaction, { tenant, guild, version, policy, author }),
          refuseTooMuch(transaction, tenant),
          journal(transaction, [audit(version)]),
          append(
            transaction,
            policyEvents,
            { tenant, stream: policyStream(guild) },
            {
              events: [{ type: 'PolicyChanged', data: { guild, version } }],
              expected: 'any',
              atMs: Date.now(),
            },
          ),
        ]);
        return written;
      });
    },
  };
}

/** The guild's newest version, 0 if there is none. From here on, writers of one tenant take turns. */
async function lastVersion(transaction: Transaction, tenant: TenantId, guild: Snowflake): Promise<number> {
  const [, { rows }] = await Promise.all([
    transaction.query({
      name: 'policy-turn',
      text: `insert into policy_version as known (tenant_id, version) values ($1, 1)
             on conflict (tenant_id) do update set version = known.version + 1`,
      values: [tenant],
    }),
    // A separate statement: it has to see what the previous one waited for.
    transaction.query<{ last: number }>({
      name: 'policy-last',
      text: 'select coalesce(max(version), 0) as last from guild_policy where tenant_id = $1 and guild_id = $2',
      values: [tenant, guild],
    }),
  ]);
  return rows[0]?.last ?? 0;
}

async function write(
  transaction: Transaction,
  {
    tenant,
    guild,
    version,
    policy,
    author,
  }: { readonly tenant: TenantId; readonly guild: Snowflake } & Omit<GuildPolicyVersion, 'createdAt'>,
): Promise<GuildPolicyVersion> {
  const { rows } = await transaction.query<Pick<VersionRow, 'createdAt'>>({
    name: 'policy-write',
    // The time of writing, not of the transaction's start: versions that waited for each other are in order.
    text: `insert into guild_policy (tenant_id, guild_id, version, document, packed, author, created_at)
           values ($1, $2, $3, $4, $5, $6, clock_timestamp())
           returning created_at as "createdAt"`,
    values: [tenant, guild, version, JSON.stringify(policy), packPolicy(policy), author],
  });
  return { version, policy, author, createdAt: rows[0]?.createdAt ?? null };
}

async function refuseTooMuch(transaction: Transaction, tenant: TenantId): Promise<void> {
  const { rows } = await transaction.query<{ bytes: string }>({
    name: 'policies-size',
    text: 'select coalesce(sum(octet_length(document::text)), 0)::text as bytes from newest_policies($1)',
    values: [tenant],
  });
  if (Number(rows[0]?.bytes ?? 0) <= maxPoliciesBytes) return;
  throw callerFault(
    'policy.too-much',
    'The policies of all guilds together would exceed 2 MiB. Shorten this policy or another.',
    422,
  );
}

const unwritten: GuildPolicyVersion = { version: 0, policy: defaultGuildPolicy, author: 'bailiwick', createdAt: null };

interface VersionRow {
  readonly version: number;
  readonly document: unknown;
  readonly author: string;
  readonly createdAt: Date;
}

const toVersion = (row: VersionRow): GuildPolicyVersion => ({
  version: row.version,
  policy: guildPolicySchema.parse(row.document),
  author: row.author,
  createdAt: row.createdAt,
});
