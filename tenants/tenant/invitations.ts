import { createHash, randomBytes } from 'node:crypto';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { MemberRole } from '#policies/roles.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { whileSealing } from '#security/keyring/rotation.ts';
import type { SealedText, TextPlace } from '#security/keyring/sealed-text.ts';
import type { ChangedBy } from './members.ts';
import { bumpPolicyVersion, toTenant, type ChangeAudit } from './tenant-store.ts';
import type { Tenant } from './tenant.ts';

export interface Invitation {
  readonly id: string;
  readonly role: MemberRole;
  /** A note by its creator: whom it is meant for. */
  readonly note: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/**
 * Invitations to become a member. Each works once, for a week, for whoever holds its token; the database stores a hash.
 * Each change is journalled in its transaction.
 */
export interface Invitations {
  /** Open ones, newest first, created before `after`. */
  list(tenant: TenantId, page: { after: string | undefined; take: number }): Promise<readonly Invitation[]>;
  /** @throws BailiwickError invitation.too-many (409) */
  make(
    tenant: TenantId,
    invitation: { role: MemberRole; note?: string; by: string },
    audit: (invitation: Invitation) => AuditRecord,
  ): Promise<{ invitation: Invitation; token: string }>;
  /** @throws BailiwickError invitation.unknown (404), invitation.owner (403) for one that makes an owner */
  withdraw(tenant: TenantId, id: string, audit: ChangeAudit, by?: ChangedBy): Promise<void>;
  /**
   * What accepting would lead to, for whoever holds the token; it stays unused. `had` is the role that `subject` has.
   * @throws BailiwickError invitation.refused (404), as `accept`
   */
  preview(
    token: string,
    subject: string,
  ): Promise<{ tenant: Tenant; invitation: Invitation; had: MemberRole | undefined }>;
  /**
   * Makes somebody a member. A member with an equal or higher role keeps it.
   * @throws BailiwickError invitation.refused (404) if it is wrong, expired, used or withdrawn, without saying which
   */
  accept(
    token: string,
    subject: string,
    audit: (tenant: TenantId, role: MemberRole) => AuditRecord,
  ): Promise<{ tenant: Tenant; role: MemberRole }>;
}

const lifetimeMs = 7 * 24 * 60 * 60_000;
const mostOpen = 100;
const rank: Record<MemberRole, number> = { viewer: 0, auditor: 1, admin: 2, owner: 3 };
const hashOf = (token: string) => new Uint8Array(createHash('sha256').update(token).digest());

/** Where the note of an invitation is stored, sealed. */
export const noteAt = (id: string): TextPlace => ({ table: 'invitation', column: 'sealed_note', row: id });

/** A note that cannot be opened is not shown. Where notes are read or written, also throws keyring.unavailable. */
export function createInvitations(records: Records, words: SealedText, clock: Clock): Invitations {
  const shown = async ({ sealedNote, ...row }: Row): Promise<Invitation> =>
    toInvitation(sealedNote ? { ...row, note: (await words.open(sealedNote, noteAt(row.id))) ?? null } : row);
  const open = (tenant: TenantId) => ({
    tenantId: tenant,
    usedBy: null,
    expiresAt: { gt: new Date(clock.now()) },
  });
  return {
    async list(tenant, { after, take }) {
      const found = await records.inTenant(tenant, (rows) =>
        rows.invitation.findMany({
          where: { ...open(tenant), ...(after === undefined ? {} : { id: { lt: after } }) },
          orderBy: { id: 'desc' },
          take,
        }),
      );
      return Promise.all(found.map(shown));
    },
    async make(tenant, { role, note, by }, audit) {
      const nowMs = clock.now();
      const id = newId('inv', nowMs);
      return records.inTenant(tenant, async (rows, statements) => {
        await rows.$queryRaw`select 1 from tenant where id = ${tenant} for update`;
        if ((await rows.invitation.count({ where: open(tenant) })) >= mostOpen)
          throw callerFault(
            'invitation.too-many',
            `At most ${mostOpen} invitations can be open. Withdraw some first.`,
            409,
          );
        if (note !== undefined) await whileSealing(statements, 'platform');
        const sealedNote = note === undefined ? null : await words.seal(note, noteAt(id));
        const token = `bwi_${randomBytes(32).toString('base64url')}`;
        const row = await rows.invitation.create({
          data: {
            id,
            tenantId: tenant,
            role,
            sealedNote,
            tokenHash: hashOf(token),
            createdBy: by,
            createdAt: new Date(nowMs),
            expiresAt: new Date(nowMs + lifetimeMs),
          },
        });
        const invitation = toInvitation({ ...row, note: note ?? null });
        await journal(statements, [audit(invitation)]);
        return { invitation, token };
      });
    },
    withdraw: (tenant, id, audit, by) =>
      records.inTenant(tenant, async (rows, statements) => {
        const where = { ...open(tenant), id };
        const found = await rows.invitation.findFirst({ where });
        if (found?.role === 'owner' && by?.sparesOwners)
          throw callerFault(
            'invitation.owner',
            "Only a person can withdraw an owner's invitation, not an API key.",
            403,
          );
        const { count } = await rows.invitation.deleteMany({ where });
        if (count === 0) throw callerFault('invitation.unknown', 'There is no such open invitation.', 404);
        await journal(statements, [audit(tenant)]);
      }),
    async preview(token, subject) {
      const { row, ...known } = await records.acrossTenants(async (rows) => {
        const found = await rows.invitation.findUnique({ where: { tokenHash: hashOf(token) } });
        const isOpen = found !== null && found.usedBy === null && found.expiresAt.getTime() > clock.now();
        const owner = isOpen ? await rows.tenant.findUnique({ where: { id: found.tenantId } }) : null;
        if (!isOpen || !owner || owner.status === 'deleting') throw refused();
        const tenant = toTenant(owner);
        const member = await rows.tenantMember.findUnique({
          where: { tenantId_subject: { tenantId: tenant.id, subject } },
        });
        return { tenant, row: found, had: member?.role as MemberRole | undefined };
      });
      return { ...known, invitation: await shown(row) };
    },
    accept: (token, subject, audit) =>
      records.acrossTenants(async (rows, statements) => {
        const where = { tokenHash: hashOf(token), usedBy: null, expiresAt: { gt: new Date(clock.now()) } };
        const found = await rows.invitation.findUnique({ where: { tokenHash: where.tokenHash } });
        const { count } = await rows.invitation.updateMany({ where, data: { usedBy: subject } });
        const row = found && (await rows.tenant.findUnique({ where: { id: found.tenantId } }));
        if (count === 0 || !row || row.status === 'deleting') throw refused();
        const tenant = toTenant(row);
        const key = { tenantId_subject: { tenantId: tenant.id, subject } };
        const member = await rows.tenantMember.findUnique({ where: key });
        const had = member?.role as MemberRole | undefined;
        const given = found.role as MemberRole;
        const role = had !== undefined && rank[had] >= rank[given] ? had : given;
        const create = { tenantId: tenant.id, subject, role };
        await rows.tenantMember.upsert({ where: key, create, update: { role } });
        await bumpPolicyVersion(rows, tenant.id);
        await journal(statements, [audit(tenant.id, role)]);
        return { tenant, role };
      }),
  };
}

/** The same error for everything that may be wrong, so that nobody learns of others' invitations. */
const refused = () =>
  callerFault(
    'invitation.refused',
    'This invitation is not valid: it has expired, was used or withdrawn, or is incomplete. Ask for a new one.',
    404,
  );

type Row = Omit<Invitation, 'role'> & { readonly role: string; readonly sealedNote?: Uint8Array | null };

function toInvitation(row: Omit<Row, 'sealedNote'>): Invitation {
  const { id, note, createdBy, createdAt, expiresAt } = row;
  return { id, role: row.role as MemberRole, note, createdBy, createdAt, expiresAt };
}
