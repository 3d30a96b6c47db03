import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly status: TenantStatus;
  /** Why it is suspended, for its owner. */
  readonly reason: string | null;
  /** Who suspended it; only operators can lift an operator's suspension. */
  readonly suspendedBy: string | null;
  readonly applicationId: Snowflake | null;
  readonly botUserId: Snowflake | null;
  /** The bot's name in Discord when its token was last stored. */
  readonly botUsername: string | null;
  /** Grows with each change. */
  readonly version: number;
  readonly createdAt: Date;
}

const moves: Record<TenantStatus, readonly TenantStatus[]> = {
  created: ['active', 'deleting'],
  active: ['created', 'active', 'suspended', 'deleting'],
  suspended: ['active', 'deleting'],
  deleting: ['deleting'],
};

/** @throws BailiwickError tenant.status if a tenant in this status cannot become `next`. */
export function assertMove(tenant: Tenant, next: TenantStatus): void {
  if (moves[tenant.status].includes(next)) return;
  throw callerFault('tenant.status', `A tenant that is ${tenant.status} cannot become ${next}.`, 409);
}
