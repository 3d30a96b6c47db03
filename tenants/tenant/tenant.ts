import type { TenantId } from '#infra/kernel/ids.ts';
import type { TenantState } from './tenant-events.ts';

/** A tenant as its row tells. */
export interface Tenant extends TenantState {
  readonly id: TenantId;
  readonly createdAt: Date;
}
