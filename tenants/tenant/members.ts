import type { Records, Rows } from '#infra/database/prisma.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { MemberRole } from '#policies/roles.ts';
import { journal } from '#security/audit/journal.ts';
import { bumpPolicyVersion, type ChangeAudit, type TenantMember } from './tenant-store.ts';

/** Where a page of members starts: after this subject. */
export interface MembersPage {
  readonly after: string | undefined;
  readonly take: number;
}

export interface ChangedBy {
  /** True for an API key: it cannot change owners. */
  readonly sparesOwners: boolean;
}

/**
 * Who may act for a tenant. There is always an owner: the last one can neither leave nor step down. A member who leaves
 * loses the API keys that they created. Each change is journalled in its transaction.
 */
export interface Members {
  list(tenant: TenantId, page: MembersPage): Promise<readonly (TenantMember & { since: Date })[]>;
  roleOf(tenant: TenantId, subject: string): Promise<MemberRole | undefined>;
  /** @throws BailiwickError member.unknown (404), member.last-owner (409), member.owner (403) */
  setRole(tenant: TenantId, subject: string, role: MemberRole, audit: ChangeAudit, by?: ChangedBy): Promise<void>;
  /** @throws BailiwickError member.unknown (404), member.last-owner (409), member.owner (403) */
  remove(tenant: TenantId, subject: string, audit: ChangeAudit, by?: ChangedBy): Promise<void>;
  /**
   * Makes another member the owner and the current owner an admin.
   * @throws BailiwickError member.unknown (404), member.not-owner (403) if the giver does not own the tenant
   */
  handOver(tenant: TenantId, from: string, to: string, audit: ChangeAudit): Promise<void>;
}

export function createMembers(records: Records): Members {
  /** One change of a tenant's members at a time, so that two owners do not both leave. */
  const change = (tenant: TenantId, audit: ChangeAudit, work: (rows: Rows) => Promise<void>) =>
    records.inTenant(tenant, async (rows, statements) => {
      await rows.$queryRaw`select 1 from tenant where id = ${tenant} for update`;
      await work(rows);
      await bumpPolicyVersion(rows, tenant);
      await journal(statements, [audit(tenant)]);
    });
  return {
    list: (tenant, { after, take }) =>
      records.inTenant(tenant, async (rows) => {
        const found = await rows.tenantMember.findMany({
          where: { tenantId: tenant, ...(after === undefined ? {} : { subject: { gt: after } }) },
          orderBy: { subject: 'asc' },
          take,
        });
        return found.map(({ subject, role, createdAt }) => ({ subject, role: role as MemberRole, since: createdAt }));
      }),
    roleOf: (tenant, subject) => records.inTenant(tenant, async (rows) => (await find(rows, tenant, subject))?.role),
    setRole: (tenant, subject, role, audit, by) =>
      change(tenant, audit, async (rows) => {
        const member = await changeable(rows, tenant, subject, by);
        if (member.role === 'owner' && role !== 'owner') await assertAnotherOwner(rows, tenant, subject);
        await update(rows, tenant, subject, role);
      }),
    remove: (tenant, subject, audit, by) =>
      change(tenant, audit, async (rows) => {
        const member = await changeable(rows, tenant, subject, by);
        if (member.role === 'owner') await assertAnotherOwner(rows, tenant, subject);
        await rows.tenantMember.delete({ where: { tenantId_subject: { tenantId: tenant, subject } } });
        await rows.apiKey.deleteMany({ where: { tenantId: tenant, maker: subject } });
      }),
    handOver: (tenant, from, to, audit) =>
      change(tenant, audit, async (rows) => {
        if ((await find(rows, tenant, from))?.role !== 'owner')
          throw callerFault('member.not-owner', 'Only an owner can transfer the tenant.', 403);
        await known(rows, tenant, to);
        await update(rows, tenant, to, 'owner');
        if (from !== to) await update(rows, tenant, from, 'admin');
      }),
  };
}

async function find(rows: Rows, tenant: TenantId, subject: string): Promise<TenantMember | undefined> {
  const row = await rows.tenantMember.findUnique({ where: { tenantId_subject: { tenantId: tenant, subject } } });
  return row ? { subject, role: row.role as MemberRole } : undefined;
}

async function known(rows: Rows, tenant: TenantId, subject: string): Promise<TenantMember> {
  const member = await find(rows, tenant, subject);
  if (member) return member;
  throw callerFault('member.unknown', 'There is no such member. Invite them first.', 404);
}

async function changeable(rows: Rows, tenant: TenantId, subject: string, by?: ChangedBy): Promise<TenantMember> {
  const member = await known(rows, tenant, subject);
  if (member.role !== 'owner' || !by?.sparesOwners) return member;
  throw callerFault('member.owner', 'Only a person can change or remove an owner, not an API key.', 403);
}

const update = (rows: Rows, tenant: TenantId, subject: string, role: MemberRole) =>
  rows.tenantMember.update({ where: { tenantId_subject: { tenantId: tenant, subject } }, data: { role } });

async function assertAnotherOwner(rows: Rows, tenant: TenantId, subject: string): Promise<void> {
  const others = await rows.tenantMember.count({
    where: { tenantId: tenant, role: 'owner', subject: { not: subject } },
  });
  if (others === 0)
    throw callerFault('member.last-owner', "This is the tenant's only owner. Make another member an owner first.", 409);
}
