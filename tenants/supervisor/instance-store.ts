import type { Database } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { newId, tenantIdSchema, type TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { processStates, type BotCondition, type DesiredState } from '../instance-protocol/instance-state.ts';

/** What the supervisor has to know of a tenant. */
export interface TenantFacts {
  readonly tenant: TenantId;
  readonly status: TenantStatus;
  readonly applicationId: string | null;
  /** Undefined if no instance was ever requested. */
  readonly desired: DesiredState | undefined;
  readonly condition: BotCondition;
}

/** The table `instance`: what should run, stored with its audit record, and the state of what runs. */
export interface InstanceStore {
  /** Undefined for a tenant that does not exist (anymore). */
  find(tenant: TenantId): Promise<TenantFacts | undefined>;
  all(): Promise<TenantFacts[]>;
  desire(tenant: TenantId, desired: DesiredState, requestId: string): Promise<void>;
  /** For a tenant that is being deleted: only its audit log is kept. */
  remove(tenant: TenantId, requestId: string): Promise<void>;
  /** `failed` is journalled: it is the one change of state that requires somebody to act. */
  save(tenant: TenantId, condition: BotCondition): Promise<void>;
}

const selectFacts = `
  select t.id as tenant, t.status, t.application_id as "applicationId",
    i.desired, i.state, i.reason, i.restarts
  from tenant t left join instance i on i.tenant_id = t.id`;

interface Row {
  tenant: string;
  status: TenantStatus;
  applicationId: string | null;
  desired: string | null;
  state: string | null;
  reason: string | null;
  restarts: number | null;
}

export function createInstanceStore(database: Database, now: () => number): InstanceStore {
  return {
    find: (tenant) =>
      database.inTenant(tenant, async (transaction) => {
        const { rows } = await transaction.query<Row>(`${selectFacts} where t.id = $1`, [tenant]);
        return rows.map(toFacts)[0];
      }),
    all: () =>
      database.acrossTenants(async (transaction) => {
        const { rows } = await transaction.query<Row>(`${selectFacts} where i.tenant_id is not null`);
        return rows.map(toFacts);
      }),
    desire: (tenant, desired, requestId) =>
      database.inTenant(tenant, async (transaction) => {
        await transaction.query(
          `insert into instance (tenant_id, desired) values ($1, $2)
           on conflict (tenant_id) do update set desired = excluded.desired, updated_at = now()`,
          [tenant, desired],
        );
        const action = desired === 'running' ? 'instance.start' : 'instance.stop';
        await journal(transaction, [{ ...recordOf(tenant, now()), action, outcome: 'succeeded', requestId }]);
      }),
    remove: (tenant, requestId) =>
      database.inTenant(tenant, async (transaction) => {
        await transaction.query('delete from instance where tenant_id = $1', [tenant]);
        const record = {
          ...recordOf(tenant, now()),
          action: 'instance.stop',
          outcome: 'succeeded' as const,
          requestId,
        };
        await journal(transaction, [record]);
      }),
    save: (tenant, { state, reason, restarts }) =>
      database.inTenant(tenant, async (transaction) => {
        const { rowCount } = await transaction.query(
          'update instance set state = $2, reason = $3, restarts = $4, updated_at = now() where tenant_id = $1',
          [tenant, state, reason ?? null, restarts],
        );
        if (state !== 'failed' || rowCount === 0) return;
        const record = { ...recordOf(tenant, now()), action: 'instance.start', outcome: 'failed' as const };
        await journal(transaction, [{ ...record, ...(reason ? { reason } : {}) }]);
      }),
  };
}

const recordOf = (tenant: TenantId, nowMs: number) =>
  ({
    id: newId('evt', nowMs),
    time: new Date(nowMs).toISOString(),
    tenant,
    kind: 'lifecycle',
    actor: { type: 'service', id: 'supervisor' },
    target: 'instance',
  }) satisfies Partial<AuditRecord>;

function toFacts(row: Row): TenantFacts {
  const state = processStates.find((each) => each === row.state) ?? 'stopped';
  return {
    tenant: tenantIdSchema.parse(row.tenant),
    status: row.status,
    applicationId: row.applicationId,
    desired: row.desired === null ? undefined : row.desired === 'running' ? 'running' : 'stopped',
    condition: { state, restarts: row.restarts ?? 0, ...(row.reason === null ? {} : { reason: row.reason }) },
  };
}
