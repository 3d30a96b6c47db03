import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

/** The channels to notify once a transaction is committed, by its client. */
const wanted = new WeakMap<object, Set<string>>();

/**
 * Sends NOTIFY with an empty payload once the transaction is committed. Within the transaction, NOTIFY takes a lock on the
 * whole database server until the commit is on disk, so that transactions that notify are committed one at a time. A
 * process that is killed in between does not notify, so listeners also have to poll.
 *
 * In a Prisma transaction, where appends are rare, NOTIFY is sent within it.
 */
export async function notifyOnceCommitted(transaction: Pick<pg.PoolClient, 'query'>, notified: string): Promise<void> {
  const channels = wanted.get(transaction);
  if (channels) channels.add(notified);
  // Prisma cannot read what pg_notify() returns.
  else await transaction.query(`select pg_notify($1, '') is null as notified`, [notified]);
}

/** The pause after each notification; the next one covers all requests made meanwhile. */
const gatherMs = 10;

/** Sends the notifications that a pool's transactions have asked for. */
export class Notifications {
  readonly #pool: pg.Pool;
  /** A notification belongs to no request, not even to the one that asked first. */
  readonly #outsideRequests = AsyncLocalStorage.snapshot();
  readonly #due = new Set<string>();
  readonly #closing = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** @returns a function to call when the transaction on this client has ended: it sends the notifications if committed */
  begin(client: pg.PoolClient): (committed: boolean) => void {
    const channels = new Set<string>();
    wanted.set(client, channels);
    return (committed) => {
      wanted.delete(client);
      if (!committed || channels.size === 0) return;
      for (const channel of channels) this.#due.add(channel);
      this.#outsideRequests(() => void (this.#sending ??= this.#send()));
    };
  }

  /** Sends what is due without further pauses; call it before closing the pool. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#due.size > 0) {
      const channels = [...this.#due];
      this.#due.clear();
      const notify = { name: 'notify', text: `select pg_notify(channel, '') from unnest($1::text[]) as channel` };
      // Listeners poll, too.
      await this.#pool.query({ ...notify, values: [channels] }).catch(() => undefined);
      await delay(gatherMs, undefined, this.#closing).catch(() => undefined);
    }
    this.#sending = undefined;
  }
}
