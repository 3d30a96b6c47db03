import { isUnmet, required } from '#infra/database/condition.ts';
import type { Transaction } from '#infra/database/pool.ts';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** The parts of which several replicas run, each of them for some of the tenants. */
export const leasedParts = ['supervisor', 'discord-edge', 'audio'] as const;
export type LeasedPart = (typeof leasedParts)[number];

/** Whether a part is one of them. */
export const hasReplicas = (part: string): part is LeasedPart => leasedParts.some((leased) => leased === part);

/** The right to act for a tenant as its only holder, and the fencing token that goes with it. */
export interface Lease {
  readonly tenant: TenantId;
  readonly part: LeasedPart;
  /** Larger than that of every earlier holder of this tenant's lease. */
  readonly token: number;
}

/**
 * Fences a transaction: what it writes is committed only while the lease is held, since nobody else can take it before
 * the transaction ends. To be called before anything is written; its result need not be awaited before the commit.
 * @throws lease.lost
 */
export async function fence(transaction: Transaction, { tenant, part, token }: Lease): Promise<void> {
  try {
    await transaction.query({ name: 'fence', text: fenceText, values: [tenant, part, token] });
  } catch (error) {
    if (!isUnmet(error, 'leaseHeld')) throw error;
    throw callerFault('lease.lost', 'Another replica acts for this tenant now.', 421);
  }
}

const fenceText = `select ${required('leaseHeld', 'count(*) = 1')} from (select from tenant_lease
  where tenant_id = $1 and part = $2 and token = $3 and replica_id is not null for share) as held`;

/** Whether a write was refused because another replica holds the lease by now. */
export const isLeaseLost = (error: unknown): boolean => hasCode(error, 'lease.lost');

/**
 * Header of a call of a service on a route that is fenced by its part: the fencing token of the lease of the tenant in
 * the path. gateway-proxy refuses a smaller one than it has seen, and does not pass it on.
 */
export const fencingTokenHeader = 'fencing-token';

/** Undefined for a header that is missing or no such token. */
export const fencingTokenOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^[1-9]\d{0,15}$/.test(header) ? Number(header) : undefined;

/** RFC 9110, 15.5.20: gateway-proxy looks up the holder and asks there. */
export const heldElsewhere = () => callerFault('lease.elsewhere', 'Another replica acts for this tenant.', 421);
