import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { sealingKeys, type KeyReport } from '#security/keyring/key-report.ts';

/** The key that seals what the edge stores of a tenant: its Discord token and its gateway session. */
export async function reportKeys(
  database: Pick<Database, 'inTenant'>,
  custodian: Pick<Custodian, 'versions'>,
  tenant: TenantId,
): Promise<KeyReport> {
  // A session's document may be large, so only its beginning is read, which names the version that sealed it: 8
  // characters are 6 bytes.
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ sealed: Buffer }>(
      `select sealed from application_credential where tenant_id = $1
       union all select decode(left(document ->> 'sealed', 8), 'base64') from gateway_session where tenant_id = $1`,
      [tenant],
    ),
  );
  return { keys: await sealingKeys(custodian, tenant, { purpose: 'data', sealed: rows.map(({ sealed }) => sealed) }) };
}
