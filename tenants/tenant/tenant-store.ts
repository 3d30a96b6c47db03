import type { Records, Rows } from '#infra/database/prisma.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { MemberRole } from '#policies/roles.ts';
import { beginCounting, endCounting, forgetPeople } from '../deletion/counting.ts';
import { assertMove, type Tenant } from './tenant.ts';

export interface TenantMember {
  readonly subject: string;
  readonly role: MemberRole;
}

/** The application that a tenant brought; the name is its bot's in Discord. */
export interface TenantApplication {
  readonly applicationId: Snowflake;
  readonly botUserId: Snowflake;
  readonly botUsername: string;
}

/** Tenants and their members. Each change is journalled in its transaction, or does not happen. */
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
  move(id: TenantId, next: TenantStatus, reason: string | null, audit: ChangeAudit): Promise<Tenant>;
  /** Suspends it; who suspends it decides who may resume it. */
  suspend(id: TenantId, suspension: { by: string; reason: string }, audit: ChangeAudit): Promise<Tenant>;
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
  const change = (id: TenantId, audit: (before: Tenant) => AuditRecord, next: (tenant: Tenant) => Change) =>
    records.inTenant(id, async (rows, statements) => {
      const current = await locked(rows, id);
      const row = await rows.tenant.update({ where: { id }, data: { ...next(current), version: { increment: 1 } } });
      await journal(statements, [audit(current)]);
      return toTenant(row);
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
        const row = await rows.tenant.create({ data: { id, name } });
        await rows.tenantMember.create({ data: { tenantId: id, subject: owner, role: 'owner' } });
        await bumpPolicyVersion(rows, id);
        await journal(statements, [audit(id)]);
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
    activate: (id, application, audit) =>
      change(id, of(audit), (tenant) => {
        // A new token must not be a way around a suspension.
        if (tenant.status === 'suspended')
          throw callerFault('tenant.suspended', 'This tenant is suspended and must be resumed first.', 409);
        assertMove(tenant, 'active');
        return { ...application, status: 'active', reason: null, suspendedBy: null };
      }),
    withdraw: (id, audit) =>
      records.inTenant(id, async (rows, statements) => {
        const tenant = await locked(rows, id);
        if (tenant.status === 'created') return;
        // A suspension stays, and so does a deletion that has begun.
        assertMove(tenant, 'created');
        const none = { applicationId: null, botUserId: null, botUsername: null };
        const data = { ...none, status: 'created', version: { increment: 1 } } as const;
        await rows.tenant.update({ where: { id }, data });
        await journal(statements, [audit(id)]);
      }),
    rename: (id, { name, expected }, audit) =>
      change(
        id,
        (before) => audit(before.name),
        (tenant) => {
          if (tenant.status === 'deleting')
            throw callerFault('tenant.status', 'A tenant that is being deleted cannot be renamed.', 409);
          if (expected !== undefined && expected !== tenant.version)
            throw callerFault('tenant.conflict', 'The tenant has changed since you read it. Read it again.', 412);
          return { name };
        },
      ),
    move: (id, next, reason, audit) =>
      change(id, of(audit), (tenant) => {
        assertMove(tenant, next);
        return { status: next, reason, suspendedBy: null };
      }),
    suspend: (id, { by, reason }, audit) =>
      change(id, of(audit), (tenant) => {
        assertMove(tenant, 'suspended');
        return { status: 'suspended', reason, suspendedBy: by };
      }),
    startDeletion: (id, requestedBy, audit) =>
      records.inTenant(id, async (rows, statements) => {
        const tenant = await locked(rows, id);
        assertMove(tenant, 'deleting');
        await beginCounting(rows, tenant, requestedBy);
        const data = { status: 'deleting', reason: null, suspendedBy: null, version: { increment: 1 } } as const;
        await rows.tenant.update({ where: { id }, data });
        await journal(statements, [audit(id)]);
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

type Change = Partial<{
  readonly name: string;
  readonly status: TenantStatus;
  readonly reason: string | null;
  readonly suspendedBy: string | null;
  readonly applicationId: string;
  readonly botUserId: string;
  readonly botUsername: string;
}>;

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
