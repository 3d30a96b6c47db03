import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord } from '#security/audit/record.ts';
import type { UrlOf } from '../up/database.ts';
import type { KeyMoveInput } from './saga.ts';

/**
 * Tells each tenant's audit log that its keys were moved. Once: nothing seals the journal while the platform is stopped,
 * so what an interrupted run has written is still in it.
 */
export async function recordMove(urlOf: UrlOf, { moveId, from, to }: KeyMoveInput): Promise<void> {
  await using database = openDatabase({ url: urlOf('api'), maxConnections: 1 });
  const tenants = await database.queryAcrossTenants<{ id: string }>({ text: 'select id from tenant', values: [] });
  for (const { id } of tenants) {
    const tenant = tenantIdSchema.parse(id);
    await database.inTenant(tenant, async (transaction) => {
      const { rowCount } = await transaction.query(
        'select 1 from audit_journal where tenant_id = $1 and position($2 in record) > 0 limit 1',
        [tenant, `"requestId":"${moveId}"`],
      );
      if (rowCount) return;
      const moved = {
        tenant,
        kind: 'change',
        action: 'key.move',
        outcome: 'succeeded',
        actor: { type: 'platform', id: 'bailiwick keys move' },
        target: 'keys',
        requestId: moveId,
        detail: { from, to },
      } as const;
      await journal(transaction, [auditRecord(moved, systemClock.now())]);
    });
  }
}
