import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';

/** After how many days keys are rotated, unless the tenant has chosen otherwise. */
const defaultDays = 90;

/** How often a tenant's keys are rotated. */
export const scheduleChangeSchema = z.strictObject({ days: z.number().int().min(1).max(365) });

/** How often a tenant's keys are rotated, and when that was and will be. */
export const keyScheduleSchema = z.object({
  days: z.number().int(),
  /** Null if they never were; the days are then counted from the tenant's creation. */
  rotatedAt: z.iso.datetime().nullable(),
  dueAt: z.iso.datetime(),
  /** When the rotation that is due was last tried in vain; null if none is due, or none has failed. */
  failedAt: z.iso.datetime().nullable(),
});
export type KeySchedule = z.infer<typeof keyScheduleSchema>;

/** How far the latest rotation of all tenants' keys is. */
export const rotationOfAllSchema = z.object({
  /** Null if there was none. */
  requestedAt: z.iso.datetime().nullable(),
  /** How many tenants it is for; those that have been deleted since are not counted. */
  tenants: z.number().int(),
  rotated: z.number().int(),
  /** Those of the others whose last attempt failed; it is repeated after one hour, two, four, and so on up to a day. */
  failing: z.number().int(),
});
export type RotationOfAll = z.infer<typeof rotationOfAllSchema>;

/** When tenants' keys are rotated: the table key_schedule. */
export interface KeySchedules {
  /** @throws tenant.unknown (404) */
  read(tenant: TenantId): Promise<KeySchedule>;
  /** @throws tenant.unknown (404) */
  set(tenant: TenantId, days: number, record: AuditRecord): Promise<KeySchedule>;
  /** Every key of the tenant has just been rotated. Changes nothing if the tenant is gone. */
  rotated(tenant: TenantId): Promise<void>;
  /** A rotation that was due has just failed. */
  failed(tenant: TenantId): Promise<void>;
  /** Makes the rotation of every tenant's keys due at once. */
  requestAll(record: AuditRecord): Promise<void>;
  progressOfAll(): Promise<RotationOfAll>;
  /**
   * At most so many tenants whose rotation is due, the longest overdue first. Each is offered again after one hour, two,
   * four, and so on up to a day, until it is rotated.
   */
  takeDue(limit: number): Promise<TenantId[]>;
}

interface Row {
  readonly days: number;
  readonly rotated_at: Date | null;
  readonly due_at: Date;
  readonly failed_at: Date | null;
}

/** A day is 24 hours, whatever the time zone of the database. */
const dueAt = `least(
  case when s.requested_at > coalesce(s.rotated_at, '-infinity') then s.requested_at end,
  coalesce(s.rotated_at, t.created_at) + coalesce(s.days, ${defaultDays}) * interval '24 hours')`;

const selected = `select coalesce(s.days, ${defaultDays}) as days, s.rotated_at, s.failed_at, ${dueAt} as due_at
  from tenant t left join key_schedule s on s.tenant_id = t.id where t.id = $1`;

export function createKeySchedules(database: Database, clock: Clock): KeySchedules {
  const now = () => new Date(clock.now());
  return {
    async read(tenant) {
      const { rows } = await database.inTenant(tenant, (transaction) => transaction.query<Row>(selected, [tenant]));
      return scheduleOf(rows);
    },
    async set(tenant, days, record) {
      const { rows } = await database.inTenant(tenant, async (transaction) => {
        const { rowCount } = await transaction.query(
          `insert into key_schedule (tenant_id, days) select id, $2::int from tenant where id = $1
           on conflict (tenant_id) do update set days = excluded.days`,
          [tenant, days],
        );
        if (rowCount === 1) await journal(transaction, [record]);
        return transaction.query<Row>(selected, [tenant]);
      });
      return scheduleOf(rows);
    },
    async rotated(tenant) {
      await database.inTenant(tenant, (transaction) =>
        transaction.query(
          `insert into key_schedule (tenant_id, rotated_at) select id, $2::timestamptz from tenant where id = $1
           on conflict (tenant_id) do update set rotated_at = excluded.rotated_at, attempts = 0, next_attempt_at = null,
             failed_at = null`,
          [tenant, now()],
        ),
      );
    },
    async failed(tenant) {
      await database.inTenant(tenant, (transaction) =>
        transaction.query('update key_schedule set failed_at = $2 where tenant_id = $1', [tenant, now()]),
      );
    },
    async requestAll(record) {
      await database.acrossTenants(async (transaction) => {
        await transaction.query(
          `insert into key_schedule (tenant_id, requested_at) select id, $1::timestamptz from tenant
           where status <> 'deleting'
           on conflict (tenant_id) do update set requested_at = excluded.requested_at, attempts = 0,
             next_attempt_at = null, failed_at = null`,
          [now()],
        );
        await journal(transaction, [record]);
      });
    },
    async progressOfAll() {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query<{ requested_at: Date | null; tenants: number; rotated: number; failing: number }>(
          `select max(requested_at) as requested_at, count(*)::int as tenants,
             count(*) filter (where rotated_at >= requested_at)::int as rotated,
             count(*) filter (where failed_at is not null)::int as failing
           from key_schedule where requested_at = (select max(requested_at) from key_schedule)`,
        ),
      );
      const [row] = rows;
      return {
        requestedAt: row?.requested_at?.toISOString() ?? null,
        tenants: row?.tenants ?? 0,
        rotated: row?.rotated ?? 0,
        failing: row?.failing ?? 0,
      };
    },
    async takeDue(limit) {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query<{ tenant_id: string }>(
          `with due as (
             select t.id, ${dueAt} as due_at from tenant t left join key_schedule s on s.tenant_id = t.id
             where t.status <> 'deleting' and ${dueAt} <= $1 and coalesce(s.next_attempt_at, $1) <= $1
             order by due_at, t.id limit $2),
           taken as (
             insert into key_schedule as s (tenant_id, attempts, next_attempt_at)
             select id, 1, $1::timestamptz + interval '1 hour' from due
             on conflict (tenant_id) do update set attempts = s.attempts + 1,
               next_attempt_at = $1::timestamptz + least(power(2, least(s.attempts, 10)), 24) * interval '1 hour'
             returning s.tenant_id)
           select tenant_id from taken join due on due.id = taken.tenant_id order by due.due_at, due.id`,
          [now(), limit],
        ),
      );
      return rows.map((row) => tenantId(row.tenant_id));
    },
  };
}

function scheduleOf([row]: readonly Row[]): KeySchedule {
  if (!row) throw callerFault('tenant.unknown', 'There is no such tenant.', 404);
  return {
    days: row.days,
    rotatedAt: row.rotated_at?.toISOString() ?? null,
    dueAt: row.due_at.toISOString(),
    failedAt: row.failed_at?.toISOString() ?? null,
  };
}
