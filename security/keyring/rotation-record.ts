import type { TenantId } from '#infra/kernel/ids.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import type { ReportedKey } from './key-report.ts';

/** The audit record of a key whose older versions are gone. */
export const rotationRecord = (
  tenant: TenantId,
  { purpose, version }: { readonly purpose: ReportedKey['purpose']; readonly version: number },
  { actor, requestId }: Pick<AuditRecord, 'actor' | 'requestId'>,
  nowMs: number,
): AuditRecord =>
  auditRecord(
    {
      tenant,
      kind: 'change',
      action: 'key.rotate',
      outcome: 'succeeded',
      actor,
      target: `key:${purpose}`,
      detail: { version },
      ...(requestId === undefined ? {} : { requestId }),
    },
    nowMs,
  );
