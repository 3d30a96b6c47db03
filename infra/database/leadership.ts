import type pg from 'pg';
import { asDatabaseError, unreachable } from './database-errors.ts';
import { lockClient } from './lock-client.ts';
import type { Transaction } from './pool.ts';

/** The exclusive right to be the leader, held for as long as one connection to the database lives. */
export interface Leadership extends AsyncDisposable {
  /**
   * Runs a transaction that sees every tenant's rows on the connection that holds the lock: what it commits was
   * committed by the leader, since the lock and the transaction end together.
   */
  acrossTenants<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Aborted when the connection is lost, and the leadership with it. */
  readonly lost: AbortSignal;
}

/** Takes a session-level advisory lock by name (PostgreSQL, 13.3.5); undefined if another process holds it. */
export async function tryToLead(url: string, name: string): Promise<Leadership | undefined> {
  const client = lockClient(url);
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  try {
    await client.connect();
    const { rows } = await client.query<{ leads: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as leads',
      [name],
    );
    if (rows[0]?.leads === true) return new HeldLeadership(client, lost);
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw unreachable(cause);
  }
  await client.end();
  return undefined;
}

class HeldLeadership implements Leadership {
  readonly #client: pg.Client;
  readonly #lost: AbortController;

  constructor(client: pg.Client, lost: AbortController) {
    this.#client = client;
    this.#lost = lost;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async acrossTenants<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    this.#lost.signal.throwIfAborted();
    try {
      await this.#client.query("begin; set local app.tenant = '*'");
      const result = await work(this.#client);
      await this.#client.query('commit');
      return result;
    } catch (error) {
      // A connection that cannot even roll back is dropped, and the lock with it.
      await this.#client.query('rollback').catch(() => this[Symbol.asyncDispose]());
      throw asDatabaseError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lost.abort();
    await this.#client.end().catch(() => undefined);
  }
}
