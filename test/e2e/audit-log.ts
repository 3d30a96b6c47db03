import type { AuditRecord } from '#security/audit/record.ts';
import type { Report } from '#security/audit/report.ts';
import { verifyExport } from '#security/audit/verify.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { z } from 'zod';

/** A tenant's whole audit log as an auditor gets it. */
export interface AuditLog {
  readonly key: string;
  readonly exported: string;
  readonly records: readonly AuditRecord[];
  readonly report: Report;
}

/** Exports it through the API and verifies it with the file, the key and, if given, an earlier checkpoint. */
export async function auditLogOf(api: ApiClient, tenant: string, earlier?: string): Promise<AuditLog> {
  const { key } = await api.call('GET', `/v1/tenants/${tenant}/audit/key`, z.object({ key: z.string() }));
  const chunks: Buffer[] = [];
  for await (const chunk of await api.download(`/v1/tenants/${tenant}/audit/export`)) chunks.push(chunk as Buffer);
  const exported = Buffer.concat(chunks).toString('utf8');
  const lines = exported.split('\n').filter((line) => line.includes('"record":'));
  const records = lines.map((line) => (JSON.parse(line) as { record: AuditRecord }).record);
  return { key, exported, records, report: await verifyText(exported, key, earlier) };
}

/** Waits until the log contains such a record: journalled records are sealed within a second. */
export const eventuallyRecorded = (
  api: ApiClient,
  tenant: string,
  what: string,
  is: (record: AuditRecord) => boolean,
) =>
  eventually(`the audit log holds ${what}`, async () => {
    const log = await auditLogOf(api, tenant);
    return log.records.some(is) && log;
  });

export async function verifyText(exported: string, key: string, earlier?: string): Promise<Report> {
  return verifyExport(
    (async function* () {
      yield Buffer.from(exported);
    })(),
    { key, ...(earlier === undefined ? {} : { earlier }) },
  );
}
