import { randomBytes } from 'node:crypto';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { KeyScope } from '#policies/roles.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { apiKeyHash, apiKeyOf } from '#security/identity/api-key.ts';
import type { ChangeAudit } from './tenant-store.ts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** The member whose permissions it has, within its scopes. */
  readonly maker: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
}

/**
 * Keys for programs. What a key may do is decided when it is used: what its scopes name and its creator may do at that
 * time. The key is shown once; the database stores a hash. Each change is journalled in its transaction.
 */
export interface ApiKeys {
  /** Newest first, including expired ones. */
  list(tenant: TenantId, page: { after: string | undefined; take: number }): Promise<readonly ApiKey[]>;
  /** @throws BailiwickError apikey.too-many (409) */
  make(
    tenant: TenantId,
    key: { name: string; scopes: readonly KeyScope[]; expiresInDays: number; maker: string },
    audit: (key: ApiKey) => AuditRecord,
  ): Promise<{ apiKey: ApiKey; key: string }>;
  /** @throws BailiwickError apikey.unknown (404) */
  remove(tenant: TenantId, id: string, audit: ChangeAudit): Promise<void>;
  /** Records its use; false if it is removed or has expired, and with it everything derived from it. */
  use(tenant: TenantId, id: string): Promise<boolean>;
}

const dayMs = 24 * 60 * 60_000;
const mostKeys = 100;
const noteUseEveryMs = 60_000;

export function createApiKeys(records: Records, clock: Clock): ApiKeys {
  return {
    list: (tenant, { after, take }) =>
      records.inTenant(tenant, async (rows) => {
        const found = await rows.apiKey.findMany({
          where: { tenantId: tenant, ...(after === undefined ? {} : { id: { lt: after } }) },
          orderBy: { id: 'desc' },
          take,
        });
        return found.map(toApiKey);
      }),
    make: (tenant, { name, scopes, expiresInDays, maker }, audit) =>
      records.inTenant(tenant, async (rows, statements) => {
        await rows.$queryRaw`select 1 from tenant where id = ${tenant} for update`;
        if ((await rows.apiKey.count({ where: { tenantId: tenant } })) >= mostKeys)
          throw callerFault(
            'apikey.too-many',
            `A tenant can have at most ${mostKeys} API keys. Remove some first.`,
            409,
          );
        const nowMs = clock.now();
        const key = apiKeyOf(tenant, randomBytes(32));
        const row = await rows.apiKey.create({
          data: {
            id: newId('key', nowMs),
            tenantId: tenant,
            name,
            scopes: [...scopes],
            keyHash: new Uint8Array(apiKeyHash(key)),
            maker,
            createdAt: new Date(nowMs),
            expiresAt: new Date(nowMs + expiresInDays * dayMs),
          },
        });
        const apiKey = toApiKey(row);
        await journal(statements, [audit(apiKey)]);
        return { apiKey, key };
      }),
    remove: (tenant, id, audit) =>
      records.inTenant(tenant, async (rows, statements) => {
        const { count } = await rows.apiKey.deleteMany({ where: { tenantId: tenant, id } });
        if (count === 0) throw callerFault('apikey.unknown', 'There is no such API key.', 404);
        await journal(statements, [audit(tenant)]);
      }),
    use: (tenant, id) =>
      records.inTenant(tenant, async (rows) => {
        const row = await rows.apiKey.findFirst({ where: { tenantId: tenant, id } });
        const nowMs = clock.now();
        if (!row || row.expiresAt.getTime() <= nowMs) return false;
        if ((row.lastUsedAt?.getTime() ?? 0) < nowMs - noteUseEveryMs)
          await rows.apiKey.updateMany({ where: { tenantId: tenant, id }, data: { lastUsedAt: new Date(nowMs) } });
        return true;
      }),
  };
}

function toApiKey(row: Omit<ApiKey, 'scopes'> & { readonly scopes: readonly string[] }): ApiKey {
  const { id, name, maker, createdAt, expiresAt, lastUsedAt } = row;
  return { id, name, scopes: row.scopes as readonly KeyScope[], maker, createdAt, expiresAt, lastUsedAt };
}
