import type { Transaction } from '#infra/database/pool.ts';
import type { Records, Rows } from '#infra/database/prisma.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { MemberRole } from '#policies/roles.ts';
import { beginCounting, endCounting, forgetPeople } from '../deletion/counting.ts';
import type { Tenant } from './tenant.ts';
import { tenantAggregate } from './tenant-aggregate.ts';
import type { TenantEvent, TenantState } from './tenant-events.ts';
import * as life from './tenant-life.ts';
import type { TenantApplication } from './tenant-life.ts';

export interface TenantMember {
  readonly subject: string;
  readonly role: MemberRole;
}

/**
 * Tenants and their members. What a tenant becomes is decided in tenant-life.ts; the row is the fold of its events, and both
 * are written in one transaction with the audit record, or the change does not happen.
 */
export interface TenantStore {
  /** @throws BailiwickError tenant.too-many (409) for a person who owns the maximum */
  create(input: { name: string; owner: string }, audit: ChangeAudit): Promise<Tenant>;
  find(id: TenantId): Promise<Tenant | undefined>;
  /** Oldest first, after this id: of one member, or of all, filtered by a part of the name or by status. */
  page(wanted: {
    readonly after: string | undefined;
    readonly take: number;
    readonly member?: string;
    readonly search?: string | undefined;
    readonly status?: TenantStatus | undefined;
  }): Promise<readonly Tenant[]>;
  members(id: TenantId): Promise<readonly TenantMember[]>;
  /** The tenants of one person, with their role in each; 500 at most. */
  membershipsOf(subject: string): Promise<readonly { tenant: Tenant; role: MemberRole }[]>;
  activate(id: TenantId, application: TenantApplication, audit: ChangeAudit): Promise<Tenant>;
  /** Takes back `activate`: as if it never had a token. Repeating it changes nothing. @throws tenant.status (409) */
  withdraw(id: TenantId, audit: ChangeAudit): Promise<void>;
  /**
   * @param change `expected` is the version that the caller has seen; undefined replaces any.
   * @throws BailiwickError tenant.conflict (412) if it is another one, tenant.status (409) while it is being deleted
   */
  rename(id: TenantId, change: { name: string; expected: number | undefined }, audit: RenameAudit): Promise<Tenant>;
  /** Who suspends it decides who may resume it. */
  suspend(id: TenantId, suspension: { by: string; reason: string }, audit: ChangeAudit): Promise<Tenant>;
  /** @throws tenant.no-token, tenant.status (409) */
  resume(id: TenantId, audit: ChangeAudit): Promise<Tenant>;
  /** Makes it `deleting`; what is deleted from then on is counted. Who asked first is kept. */
  startDeletion(id: TenantId, requestedBy: string, audit: ChangeAudit): Promise<void>;
  /** Removes everything of the tenant except its audit log, and ends the count. */
  remove(id: TenantId, audit: ChangeAudit): Promise<void>;
}

/** Creates the audit record of a change to this tenant. */
export type ChangeAudit = (tenant: TenantId) => AuditRecord;

/** The same, for a tenant that had this name before. */
export type RenameAudit = (before: string) => AuditRecord;

export function createTenantStore(records: Records): TenantStore {
  const find = (id: TenantId) =>
    records.inTenant(id, async (rows) => {
      const row = await rows.tenant.findUnique({ where: { id } });
      return row ? toTenant(row) : undefined;
    });
  const change = (id: TenantId, audit: (before: Tenant) => AuditRecord, decide: Decide) =>
    records.inTenant(id, async (rows, statements) => {
      const current = await locked(rows, id);
      return carryOut({ rows, statements }, current, decide(current), audit(current));
    });
  return {
    find,
    async create({ name, owner }, audit) {
      const id = newTenantId();
      return records.acrossTenants(async (rows, statements) => {
        // Two concurrent ones are counted one after the other.
        await rows.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tenants of ${owner}`}, 0))`;
        const owned = await rows.tenantMember.count({ where: { subject: owner, role: 'owner' } });
        if (owned >= mayOwn(owner)) throw tooMany();
        const event = life.create(name);
        const row = await rows.tenant.create({ data: { id, ...life.evolve(null, event) } });
        await rows.tenantMember.create({ data: { tenantId: id, subject: owner, role: 'owner' } });
        await bumpPolicyVersion(rows, id);
        const record = audit(id);
        await journal(statements, [record]);
        await tenantAggregate.tell(statements, id, { event, before: null, ...asRecorded(record) });
        return toTenant(row);
      });
    },
    page: ({ after, take, member, search, status }) =>
      records.acrossTenants(async (rows) => {
        const found = await rows.tenant.findMany({
          where: {
            ...(after === undefined ? {} : { id: { gt: after } }),
            ...(member === undefined ? {} : { members: { some: { subject: member } } }),
            ...(search === undefined ? {} : { name: { contains: search, mode: 'insensitive' } }),
            ...(status === undefined ? {} : { status }),
          },
          orderBy: { id: 'asc' },
          take,
        });
        return found.map(toTenant);
      }),
    members: (id) =>
      records.inTenant(id, async (rows) => {
        const members = await rows.tenantMember.findMany({ where: { tenantId: id }, orderBy: { subject: 'asc' } });
        return members.map(({ subject, role }) => ({ subject, role: role as MemberRole }));
      }),
    membershipsOf: (subject) =>
      records.acrossTenants(async (rows) => {
        const members = await rows.tenantMember.findMany({
          where: { subject },
          include: { tenant: true },
          orderBy: { tenantId: 'asc' },
          take: 500,
        });
        return members.map((member) => ({ tenant: toTenant(member.tenant), role: member.role as MemberRole }));
      }),
    activate: (id, application, audit) => change(id, of(audit), (tenant) => life.activate(tenant, application)),
    withdraw: (id, audit) =>
      records.inTenant(id, async (rows, statements) => {
        const tenant = await locked(rows, id);
        const event = life.withdraw(tenant);
        if (event) await carryOut({ rows, statements }, tenant, event, audit(id));
      }),
    rename: (id, name, audit) =>
      change(
        id,
        (before) => audit(before.name),
        (tenant) => life.rename(tenant, name),
      ),
    suspend: (id, suspension, audit) => change(id, of(audit), (tenant) => life.suspend(tenant, suspension)),
    resume: (id, audit) => change(id, of(audit), life.resume),
    startDeletion: (id, requestedBy, audit) =>
      records.inTenant(id, async (rows, statements) => {
        const tenant = await locked(rows, id);
        const event = life.beginDeletion(tenant);
        await beginCounting(rows, tenant, requestedBy);
        await carryOut({ rows, statements }, tenant, event, audit(id));
      }),
    remove: (id, audit) =>
      records.acrossTenants(async (rows, statements) => {
        // One that an earlier version of the platform began to delete is not counted yet.
        await beginCounting(rows, await locked(rows, id), 'platform:api');
        await forgetPeople(rows, id);
        await rows.guildPolicy.deleteMany({ where: { tenantId: id } });
        await rows.policyVersion.deleteMany({ where: { tenantId: id } });
        await rows.tenantMember.deleteMany({ where: { tenantId: id } });
        await rows.invitation.deleteMany({ where: { tenantId: id } });
        await rows.apiKey.deleteMany({ where: { tenantId: id } });
        await rows.onboarding.deleteMany({ where: { tenantId: id } });
        await rows.keySchedule.deleteMany({ where: { tenantId: id } });
        // What audio has told of music is gone already; this is the rest.
        await rows.event.deleteMany({ where: { tenantId: id } });
        await rows.eventStream.deleteMany({ where: { tenantId: id } });
        await rows.tenant.delete({ where: { id } });
        await endCounting(rows, id);
        await journal(statements, [audit(id)]);
      }),
  };
}

/** How many tenants a person may own; operators may own any number. */
export const mayOwn = (subject: string): number => (subject.startsWith('operator:') ? Number.POSITIVE_INFINITY : 3);
const tooMany = () => callerFault('tenant.too-many', 'You can own at most three tenants.', 409);

type Decide = (tenant: TenantState) => TenantEvent | undefined;

/** Writes the row that an event leads to, the event, and the record: also of a command that found nothing to change. */
async function carryOut(
  { rows, statements }: { readonly rows: Rows; readonly statements: Transaction },
  tenant: Tenant,
  event: TenantEvent | undefined,
  record: AuditRecord,
): Promise<Tenant> {
  const { id, createdAt, ...before } = tenant;
  await journal(statements, [record]);
  if (!event) return tenant;
  const next = life.evolve(before, event);
  await rows.tenant.update({ where: { id, version: before.version }, data: next });
  await tenantAggregate.tell(statements, id, { event, before, ...asRecorded(record) });
  return { id, createdAt, ...next };
}

/** An event names whoever the audit record names, and has its time. */
const asRecorded = ({ actor, onBehalfOf, time }: AuditRecord) => ({
  by: (onBehalfOf ?? actor).id,
  atMs: Date.parse(time),
});

const of =
  (audit: ChangeAudit) =>
  ({ id }: Tenant): AuditRecord =>
    audit(id);

async function locked(rows: Rows, id: TenantId): Promise<Tenant> {
  await rows.$queryRaw`select 1 from tenant where id = ${id} for update`;
  const row = await rows.tenant.findUnique({ where: { id } });
  if (!row) throw callerFault('tenant.unknown', 'There is no such tenant.', 404);
  return toTenant(row);
}

/** Every decision point drops its cached facts about the tenant once this commits. */
export async function bumpPolicyVersion(rows: Rows, id: TenantId): Promise<void> {
  await rows.policyVersion.upsert({
    where: { tenantId: id },
    create: { tenantId: id, version: 1n },
    update: { version: { increment: 1n } },
  });
}

interface TenantRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reason: string | null;
  readonly suspendedBy: string | null;
  readonly applicationId: string | null;
  readonly botUserId: string | null;
  readonly botUsername: string | null;
  readonly version: number;
  readonly createdAt: Date;
}

/** A tenant as its row tells. */
export const toTenant = (row: TenantRow): Tenant => ({
  id: row.id as TenantId,
  name: row.name,
  status: row.status as TenantStatus,
  reason: row.reason,
  suspendedBy: row.suspendedBy,
  applicationId: row.applicationId as Snowflake | null,
  botUserId: row.botUserId as Snowflake | null,
  botUsername: row.botUsername,
  version: row.version,
  createdAt: row.createdAt,
});
