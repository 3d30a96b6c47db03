import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { LeasedPart } from './lease.ts';

/** The running replicas of a part, for those who have to ask, or follow, each of them. */
export interface FollowedReplicas {
  /** Their ids, in order. */
  readonly ids: readonly string[];
  /** Called when they have changed; the returned function stops it. */
  onChanged(listener: () => void): () => void;
}

const rowSchema = z.object({ id: z.string() });

/** @throws database.unavailable */
export async function readReplicas(database: Pick<Database, 'queryAcrossTenants'>, part: LeasedPart) {
  const rows = await database.queryAcrossTenants({
    text: 'select id from replica where part = $1 order by id',
    values: [part],
  });
  return rows.map((row) => rowSchema.parse(row).id);
}

/** Without the database it continues with those that it knows. */
export async function followReplicas(options: {
  readonly database: Pick<Database, 'queryAcrossTenants' | 'listen'>;
  readonly part: LeasedPart;
  readonly logger: Logger;
}): Promise<FollowedReplicas & AsyncDisposable> {
  const { database, part, logger } = options;
  const listeners = new Set<() => void>();
  const followed = {
    ids: [] as readonly string[],
    onChanged(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const read = async () => {
    const ids = await readReplicas(database, part);
    if (ids.join(' ') === followed.ids.join(' ')) return;
    followed.ids = ids;
    for (const listener of listeners) listener();
  };
  const failed = (error: unknown) => logger.warn({ err: error, part }, 'could not read the replicas of a part');
  const listening = await database.listen('lease', {
    connected: () => void read().catch(failed),
    disconnected: () => undefined,
    // See notify_replica() in the migrations.
    notified: (payload) => {
      if (payload === 'replicas') read().catch(failed);
    },
  });
  return Object.assign(followed, { [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() });
}
