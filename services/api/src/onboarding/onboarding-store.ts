import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { documentSchema, isUnderway, type OnboardingDocument } from './document.ts';

/** A stored onboarding; the version shows whether somebody else has continued it in the meantime. */
export interface StoredOnboarding {
  readonly document: OnboardingDocument;
  readonly version: number;
}

/** Table onboarding, one row per tenant. Every change is notified on the channel of the same name. */
export interface OnboardingStore {
  read(tenant: TenantId): Promise<StoredOnboarding | undefined>;
  /** False if the stored version is not the one before (0: none), in which case nothing was changed. */
  write(tenant: TenantId, stored: StoredOnboarding): Promise<boolean>;
  /** Tenants with an onboarding that should continue, the longest waiting first. */
  underway(limit: number): Promise<readonly TenantId[]>;
}

export const onboardingChannel = 'onboarding';

const insert = `insert into onboarding (tenant_id, version, document, underway) values ($1, $2, $3, $4)
  on conflict (tenant_id) do nothing`;
const update = `update onboarding set version = $2, document = $3, underway = $4, updated_at = now()
  where tenant_id = $1 and version = $2 - 1`;

export function createOnboardingStore(database: Database): OnboardingStore {
  return {
    read: (tenant) =>
      database.inTenant(tenant, async (transaction) => {
        const { rows } = await transaction.query<{ document: unknown; version: number }>(
          'select document, version from onboarding where tenant_id = $1',
          [tenant],
        );
        const [row] = rows;
        return row && { document: documentSchema.parse(row.document), version: row.version };
      }),
    write: (tenant, { document, version }) =>
      database.inTenant(tenant, async (transaction) => {
        const values = [tenant, version, JSON.stringify(document), isUnderway(document)];
        const { rowCount } = await transaction.query(version === 1 ? insert : update, values);
        await transaction.query('select pg_notify($1, $2)', [onboardingChannel, tenant]);
        return rowCount === 1;
      }),
    underway: (limit) =>
      database.acrossTenants(async (transaction) => {
        const { rows } = await transaction.query<{ tenant_id: TenantId }>(
          'select tenant_id from onboarding where underway order by updated_at limit $1',
          [limit],
        );
        return rows.map((row) => row.tenant_id);
      }),
  };
}
