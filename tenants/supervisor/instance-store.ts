import type { Database } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { append } from '#infra/event-store/event-store.ts';
import { newId, tenantIdSchema, type TenantId } from '#infra/kernel/ids.ts';
import { whileHeld } from '#infra/leases/fenced.ts';
import type { Lease } from '#infra/leases/lease.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { instanceEvents, instanceStream } from '../instance-protocol/instance-events.ts';
import { processStates, type BotCondition, type DesiredState } from '../instance-protocol/instance-state.ts';

/** What the supervisor has to know of a tenant. */
export interface TenantFacts {
  readonly tenant: TenantId;
  readonly status: TenantStatus;
  readonly applicationId: string | null;
  /** Whether any supervisor runs its bot, if it should run; then the condition is what that one reports. */
  readonly isHeld: boolean;
  /** Undefined if no instance was ever requested. */
  readonly desired: DesiredState | undefined;
  readonly condition: BotCondition;
}

/**
 * The table `instance`: what should run, stored with its audit record, and the state of what runs. Only whoever holds a
 * tenant's lease writes. @throws lease.lost
 */
export interface InstanceStore {
  /** Undefined for a tenant that does not exist (anymore). */
  find(tenant: TenantId): Promise<TenantFacts | undefined>;
  all(): Promise<TenantFacts[]>;
  desire(lease: Lease, desired: DesiredState, requestId: string): Promise<void>;
  /** For a tenant that is being deleted: only its audit log is kept. */
  remove(lease: Lease, requestId: string): Promise<void>;
  /** `failed` is journalled: it is the one change of state that requires somebody to act. */
  save(lease: Lease, condition: BotCondition): Promise<void>;
}

const selectFacts = `
  select t.id as tenant, t.status, t.application_id as "applicationId",
    i.desired, i.state, i.reason, i.restarts, l.replica_id is not null as "isHeld"
  from tenant t left join instance i on i.tenant_id = t.id
    left join tenant_lease l on l.tenant_id = t.id and l.part = 'supervisor'`;

interface Row {
  tenant: string;
  status: TenantStatus;
  applicationId: string | null;
  desired: string | null;
  state: string | null;
  reason: string | null;
  restarts: number | null;
  isHeld: boolean;
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
    desire: (lease, desired, requestId) =>
      whileHeld(database, lease, async (transaction) => {
        const { tenant } = lease;
        await transaction.query(
          `insert into instance (tenant_id, desired) values ($1, $2)
           on conflict (tenant_id) do update set desired = excluded.desired, updated_at = now()`,
          [tenant, desired],
        );
        const action = desired === 'running' ? 'instance.start' : 'instance.stop';
        await journal(transaction, [{ ...recordOf(tenant, now()), action, outcome: 'succeeded', requestId }]);
      }),
    remove: (lease, requestId) =>
      whileHeld(database, lease, async (transaction) => {
        const { tenant } = lease;
        await transaction.query('delete from instance where tenant_id = $1', [tenant]);
        const record = {
          ...recordOf(tenant, now()),
          action: 'instance.stop',
          outcome: 'succeeded' as const,
          requestId,
        };
        await journal(transaction, [record]);
      }),
    save: (lease, { state, reason, restarts }) =>
      whileHeld(database, lease, async (transaction) => {
        const { tenant } = lease;
        const { rowCount } = await transaction.query(
          'update instance set state = $2, reason = $3, restarts = $4, updated_at = now() where tenant_id = $1',
          [tenant, state, reason ?? null, restarts],
        );
        if (state !== 'failed' || rowCount === 0) return;
        const record = { ...recordOf(tenant, now()), action: 'instance.start', outcome: 'failed' as const };
        await journal(transaction, [{ ...record, ...(reason ? { reason } : {}) }]);
        await append(
          transaction,
          instanceEvents,
          { tenant, stream: instanceStream },
          {
            events: [{ type: 'BotFailed', data: { reason: reason ?? 'The bot has failed.' } }],
            expected: 'any',
            atMs: now(),
          },
        );
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
    isHeld: row.isHeld,
    desired: row.desired === null ? undefined : row.desired === 'running' ? 'running' : 'stopped',
    condition: { state, restarts: row.restarts ?? 0, ...(row.reason === null ? {} : { reason: row.reason }) },
  };
}
