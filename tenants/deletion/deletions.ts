import type { Records } from '#infra/database/prisma.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** A deletion of a tenant, as it was asked for. */
export interface Deletion {
  readonly id: string;
  readonly tenant: TenantId;
  /** A subject, as in the audit log. */
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** When the last of the tenant's data was removed. */
  readonly endedAt: Date | null;
  /** A signed note, some seconds after the end. */
  readonly certificate: string | null;
}

/** Deletions, which outlive their tenants. */
export interface Deletions {
  find(id: string): Promise<Deletion | undefined>;
  ofTenant(tenant: TenantId): Promise<Deletion | undefined>;
  /** Oldest first, after this id: those that one person asked for, or all. */
  page(wanted: {
    readonly after: string | undefined;
    readonly take: number;
    readonly requestedBy?: string;
  }): Promise<readonly Deletion[]>;
}

export function createDeletions(records: Pick<Records, 'acrossTenants'>): Deletions {
  return {
    find: (id) =>
      records.acrossTenants(async (rows) => {
        const row = await rows.deletion.findUnique({ where: { id } });
        return row ? toDeletion(row) : undefined;
      }),
    ofTenant: (tenant) =>
      records.acrossTenants(async (rows) => {
        const row = await rows.deletion.findUnique({ where: { tenant } });
        return row ? toDeletion(row) : undefined;
      }),
    page: ({ after, take, requestedBy }) =>
      records.acrossTenants(async (rows) => {
        const found = await rows.deletion.findMany({
          where: {
            ...(after === undefined ? {} : { id: { gt: after } }),
            ...(requestedBy === undefined ? {} : { requestedBy }),
          },
          orderBy: { id: 'asc' },
          take,
        });
        return found.map(toDeletion);
      }),
  };
}

const toDeletion = ({ id, tenant, requestedBy, requestedAt, endedAt, certificate }: DeletionRow): Deletion => ({
  id,
  tenant: tenant as TenantId,
  requestedBy,
  requestedAt,
  endedAt,
  certificate,
});

type DeletionRow = Omit<Deletion, 'tenant'> & { readonly tenant: string };
