import type pg from 'pg';
import { unreachable } from './database-errors.ts';
import { lockClient } from './lock-client.ts';

/** One lock that this process holds. */
export interface HeldLock extends AsyncDisposable {
  /** Aborted when the connection is lost, and the lock with it. */
  readonly lost: AbortSignal;
}

/**
 * Named locks among all processes of the database (PostgreSQL, 13.3.5), on one connection: they end with the process,
 * however it ends.
 */
export interface HeldLocks extends AsyncDisposable {
  /** Undefined while anybody holds it, including this process. @throws database.unavailable */
  tryTake(name: string): Promise<HeldLock | undefined>;
}

interface Connection {
  readonly client: pg.Client;
  readonly lost: AbortController;
}

export function createHeldLocks(url: string): HeldLocks {
  const held = new Set<string>();
  let opening: Promise<Connection> | undefined;

  const open = async (): Promise<Connection> => {
    const client = lockClient(url);
    const lost = new AbortController();
    const gone = () => {
      // It reports its end more than once, and another connection may be open by then.
      if (lost.signal.aborted) return;
      opening = undefined;
      lost.abort();
    };
    client.on('error', gone);
    client.on('end', gone);
    await client.connect();
    return { client, lost };
  };
  const connection = (): Promise<Connection> => {
    if (opening) return opening;
    const made = Promise.resolve().then(open);
    opening = made;
    made.catch(() => {
      if (opening === made) opening = undefined;
    });
    return made;
  };

  const release = async (name: string, { client, lost }: Connection): Promise<void> => {
    try {
      if (!lost.signal.aborted) await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]);
    } catch {
      // A lock that cannot be released ends with its connection.
      await client.end().catch(() => undefined);
    } finally {
      held.delete(name);
    }
  };

  return {
    async tryTake(name) {
      // The server lets a connection acquire its own lock again.
      if (held.has(name)) return undefined;
      held.add(name);
      try {
        const made = await connection();
        const { rows } = await made.client.query<{ taken: boolean }>(
          'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
          [name],
        );
        if (rows[0]?.taken === true)
          return { lost: made.lost.signal, [Symbol.asyncDispose]: () => release(name, made) };
      } catch (error) {
        held.delete(name);
        throw unreachable(error);
      }
      held.delete(name);
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      const made = await opening?.catch(() => undefined);
      await made?.client.end().catch(() => undefined);
    },
  };
}
