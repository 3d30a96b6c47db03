import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { tryToLead } from '#infra/database/leadership.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { createFileCustodian, type FileCustodianSettings } from '#security/keyring/file-custodian.ts';
import { rotateLogKey } from '#security/audit/testing/rotate-log-key.ts';
import { testDatabase, type TestDatabase } from './database.ts';
import { journal } from '#security/audit/journal.ts';
import { createLogKeys } from '#security/audit/log-keys.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { sequencerLock, startSequencer, type Sequencer, type SequencerOptions } from '#security/audit/sequencer.ts';

/** A real database with the roles that write, seal and read the audit log, and a keyring on disk. */
export interface AuditWorld extends AsyncDisposable {
  readonly server: TestDatabase;
  readonly api: Database;
  readonly worker: Database;
  readonly admin: pg.Pool;
  readonly custodian: Custodian;
  readonly envelope: Envelope;
  readonly custodianSettings: FileCustodianSettings;
  readonly installation: string;
  start(options?: Partial<SequencerOptions>): Sequencer;
  /** Journals records as the api does, in one transaction of their tenant. */
  write(tenant: TenantId, records: readonly AuditRecord[]): Promise<void>;
  /** Rotates the tenant's keys at the worker: from then on, another key signs its log. */
  rotate(tenant: TenantId, to: number): Promise<unknown>;
  /** Resolves once the journal is empty. */
  sealed(): Promise<void>;
}

export async function auditWorld(): Promise<AuditWorld> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-audit-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const server = stack.use(await testDatabase('worker'));
  const admin = new pg.Pool({ connectionString: server.adminUrl, max: 4 });
  stack.defer(() => admin.end());
  const api = stack.use(openDatabase({ url: server.urlOf('api'), maxConnections: 4 }));
  const worker = stack.use(openDatabase({ url: server.url, maxConnections: 4 }));
  const custodianSettings = { folder, keyBase64: randomBytes(32).toString('base64') };
  const custodian = createFileCustodian(custodianSettings);
  const envelope = createEnvelope({ custodian });
  const installation = 'bailiwick.test';
  const keys = () => createLogKeys({ database: worker, envelope, installation });
  return {
    server,
    admin,
    api,
    worker,
    custodian,
    envelope,
    custodianSettings,
    installation,
    start: (options) =>
      startSequencer({
        database: worker,
        lead: () => tryToLead(server.url, sequencerLock),
        keys: keys(),
        logger: silentLogger(),
        ...options,
      }),
    write: (tenant, records) => api.inTenant(tenant, (transaction) => journal(transaction, records)),
    rotate: (tenant, to) => rotateLogKey({ custodian, envelope, database: worker, installation }, tenant, to),
    sealed: () => until(async () => (await admin.query('select 1 from audit_journal limit 1')).rowCount === 0),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Polls until it is true, limited by the test's own timeout. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

let sequence = 0;

/** Distinct records of one tenant, with the fields that exports filter by. */
export function someRecords(
  tenant: TenantId = newTenantId(),
  count = 1,
  more: Partial<AuditRecord> = {},
): AuditRecord[] {
  return Array.from({ length: count }, () => {
    sequence += 1;
    const nowMs = Date.UTC(2026, 0, 1) + sequence * 1_000;
    const event = {
      kind: 'decision',
      action: 'player.skip',
      outcome: 'allowed',
      actor: { type: 'bot', id: 'bot' },
    } as const;
    return { ...auditRecord({ tenant, ...event, guild: '80351110224678912', detail: { sequence } }, nowMs), ...more };
  });
}
