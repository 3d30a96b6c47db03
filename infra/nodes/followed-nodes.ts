import type { Database } from '#infra/database/pool.ts';
import type { Logger } from '#infra/logger/logger.ts';

/**
 * Calls `read`, which looks at the table lavalink_node, at first and after each change of it, never twice at a time;
 * resolves after the first time. Without the database what was read last stays.
 */
export async function followNodes(options: {
  readonly database: Pick<Database, 'listen'>;
  readonly logger: Logger;
  readonly read: () => Promise<void>;
}): Promise<AsyncDisposable> {
  const { database, logger, read } = options;
  const first = Promise.withResolvers<void>();
  let reading = Promise.resolve();
  let isWaiting = false;
  const look = (): void => {
    // One that has not begun will see this change too.
    if (isWaiting) return;
    isWaiting = true;
    reading = reading
      .then(() => {
        isWaiting = false;
        return read();
      })
      .catch((error: unknown) => logger.warn({ err: error }, 'could not read the Lavalink nodes'))
      .finally(first.resolve);
  };
  const listening = await database.listen('lavalink_node', {
    connected: look,
    disconnected: first.resolve,
    notified: look,
  });
  await first.promise;
  return {
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      await reading;
    },
  };
}
