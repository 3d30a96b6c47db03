import { createHash } from 'node:crypto';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** Gives each tenant's bot a user id that no other running bot has. */
export interface UserPool {
  /** The same id for the same tenant, unless another tenant's running bot has it. Throws `supervisor.no-user-left`. */
  take(tenant: TenantId): number;
  giveBack(tenant: TenantId): void;
}

/** User ids `first` to `first + count - 1`; the search starts at the tenant's hash. */
export function createUserPool(range: { readonly first: number; readonly count: number }): UserPool {
  const taken = new Map<number, TenantId>();
  return {
    take(tenant) {
      const start = createHash('sha256').update(tenant).digest().readUInt32BE(0) % range.count;
      for (let step = 0; step < range.count; step += 1) {
        const uid = range.first + ((start + step) % range.count);
        const holder = taken.get(uid);
        if (holder !== undefined && holder !== tenant) continue;
        taken.set(uid, tenant);
        return uid;
      }
      throw platformFault('supervisor.no-user-left', 'This machine has no capacity for another bot.');
    },
    giveBack(tenant) {
      for (const [uid, holder] of taken) if (holder === tenant) taken.delete(uid);
    },
  };
}
