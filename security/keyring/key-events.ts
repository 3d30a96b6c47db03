import { z } from 'zod';
import type { Transaction } from '#infra/database/pool.ts';
import { append } from '#infra/event-store/event-store.ts';
import { plainEvents } from '#infra/event-store/plain-events.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { ReportedKey } from './key-report.ts';
import { rotationRecord } from './rotation-record.ts';

export const keyRotatedSchema = z.object({ purpose: z.string(), version: z.number().int() });

const keyEvents = plainEvents({ KeyRotated: { schema: keyRotatedSchema, personal: [] } });

/** Records that a key was rotated, and tells whoever follows what happens; in the transaction that destroys its older versions. */
export async function tellOfRotation(
  transaction: Transaction,
  tenant: TenantId,
  rotated: { readonly purpose: ReportedKey['purpose']; readonly version: number },
  by: Pick<AuditRecord, 'actor' | 'requestId'>,
  nowMs: number,
): Promise<void> {
  await journal(transaction, [rotationRecord(tenant, rotated, by, nowMs)]);
  await append(
    transaction,
    keyEvents,
    { tenant, stream: `key/${rotated.purpose}` },
    {
      events: [{ type: 'KeyRotated', data: rotated }],
      expected: 'any',
      atMs: nowMs,
    },
  );
}
