import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** Tells followers of a tenant's log that it may have grown. */
export interface SealedFeed extends AsyncDisposable {
  /** The returned function stops following. */
  onGrown(tenant: TenantId, listener: () => void): () => void;
}

/** One connection for all followers; after it broke, everybody looks again. */
export async function openSealedFeed(database: Pick<Database, 'listen'>): Promise<SealedFeed> {
  const listeners = new Map<string, Set<() => void>>();
  const tell = (tenant: string) => {
    for (const listener of listeners.get(tenant) ?? []) listener();
  };
  const listening = await database.listen('audit_sealed', {
    notified: tell,
    connected: () => {
      for (const tenant of listeners.keys()) tell(tenant);
    },
    disconnected: () => undefined,
  });
  return {
    onGrown(tenant, listener) {
      const own = listeners.get(tenant) ?? new Set();
      listeners.set(tenant, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(tenant) === own) listeners.delete(tenant);
      };
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}
