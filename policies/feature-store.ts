import type { Database, Transaction } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { isFeature, type Feature, type FeatureChoice } from './features.ts';

/** Of one tenant, for all its guilds: whoever decides reads them all. */
const mostChoices = 5_000;

/** What tenants have decided about features; everything else is as `features.ts` says. */
export interface FeatureStore {
  /** Those for this guild and for the whole tenant, or, without a guild, all. */
  choices(tenant: TenantId, guild?: Snowflake): Promise<readonly FeatureChoice[]>;
  /**
   * Decides for a guild, or for the whole tenant; null: it is again as elsewhere. Journalled in the same transaction;
   * every process that decides by it is notified.
   * @throws BailiwickError feature.too-many (422)
   */
  choose(input: ChooseInput): Promise<void>;
}

export interface ChooseInput {
  readonly tenant: TenantId;
  readonly guild: Snowflake | null;
  readonly feature: Feature;
  readonly on: boolean | null;
  readonly audit: AuditRecord;
}

interface Row {
  readonly guild: string;
  readonly feature: string;
  readonly on: boolean;
}

export const createFeatureStore = (database: Pick<Database, 'inTenant' | 'queryInTenant'>): FeatureStore => ({
  async choices(tenant, guild) {
    const rows = await database.queryInTenant<Row>(tenant, {
      name: 'feature-choices',
      text: `select guild_id as guild, feature, is_on as on from feature_choice
             where tenant_id = $1 and ($2::text is null or guild_id in ('', $2))`,
      values: [tenant, guild ?? null],
    });
    return rows.flatMap(({ guild: of, feature, on }) =>
      // Another release may know others.
      isFeature(feature) ? { guild: of === '' ? null : of, feature, on } : [],
    );
  },
  choose: ({ tenant, guild, feature, on, audit }) =>
    database.inTenant(tenant, async (transaction) => {
      await Promise.all([
        on === null
          ? transaction.query('delete from feature_choice where tenant_id = $1 and guild_id = $2 and feature = $3', [
              tenant,
              guild ?? '',
              feature,
            ])
          : transaction.query(
              `insert into feature_choice (tenant_id, guild_id, feature, is_on) values ($1, $2, $3, $4)
                 on conflict (tenant_id, guild_id, feature) do update set is_on = excluded.is_on, changed_at = now()`,
              [tenant, guild ?? '', feature, on],
            ),
        refuseTooMany(transaction, tenant),
        journal(transaction, [audit]),
      ]);
    }),
});

async function refuseTooMany(transaction: Transaction, tenant: TenantId): Promise<void> {
  const { rows } = await transaction.query<{ count: number }>(
    'select count(*)::integer as count from feature_choice where tenant_id = $1',
    [tenant],
  );
  if ((rows[0]?.count ?? 0) > mostChoices)
    throw callerFault(
      'feature.too-many',
      `Features are already decided for too many servers (${mostChoices} choices). Decide for the whole tenant, and return servers to that.`,
      422,
    );
}
