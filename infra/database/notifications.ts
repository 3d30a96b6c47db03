import type pg from 'pg';

/** What a transaction asks to be notified once it is committed, by its client. */
const wanted = new WeakMap<object, Set<string>>();

/**
 * NOTIFY with an empty payload, once the transaction is committed. Inside of it, it would take a lock of the whole database
 * server until the commit is on disk, so that transactions that notify are committed one after the other. A process that is
 * killed in between does not notify: whoever listens has to look by itself now and then.
 *
 * In a transaction of Prisma, which seldom appends, it is inside.
 */
export async function notifyOnceCommitted(transaction: Pick<pg.PoolClient, 'query'>, notified: string): Promise<void> {
  const channels = wanted.get(transaction);
  if (channels) channels.add(notified);
  // Prisma cannot read what pg_notify() returns.
  else await transaction.query(`select pg_notify($1, '') is null as notified`, [notified]);
}

/** After a notification the next one waits this long, and then stands for all that were asked for meanwhile. */
const gatherMs = 10;

/** Sends what transactions of a pool have asked for. */
export class Notifications {
  readonly #pool: pg.Pool;
  readonly #due = new Set<string>();
  #sending: Promise<void> | undefined;
  #rest: { readonly timer: NodeJS.Timeout; readonly over: () => void } | undefined;
  #closed = false;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** @returns to be called once the transaction on this client is committed, or not: what it has asked for is sent, or not */
  begin(client: pg.PoolClient): (committed: boolean) => void {
    const channels = new Set<string>();
    wanted.set(client, channels);
    return (committed) => {
      wanted.delete(client);
      if (!committed || channels.size === 0) return;
      for (const channel of channels) this.#due.add(channel);
      this.#sending ??= this.#send();
    };
  }

  /** What is due is sent before the pool is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rest?.over();
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#due.size > 0) {
      const channels = [...this.#due];
      this.#due.clear();
      const notify = { name: 'notify', text: `select pg_notify(channel, '') from unnest($1::text[]) as channel` };
      // Whoever listens looks by itself, later.
      await this.#pool.query({ ...notify, values: [channels] }).catch(() => undefined);
      if (!this.#closed) await this.#pause();
    }
    this.#sending = undefined;
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, gatherMs);
    this.#rest = { timer, over: resolve };
    await promise;
    clearTimeout(timer);
    this.#rest = undefined;
  }
}
