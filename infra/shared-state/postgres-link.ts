import type pg from 'pg';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { unavailable } from './availability.ts';
import { sharedName, type NameOwner } from './shared-names.ts';
import type { SharedKey } from './shared-state.ts';

/** What a replica counts is told on one connection, so that no earlier number replaces a later one. */
const connections = { shared_state: 3, shared_count: 1 };
const answerWithinMs = 500;
/** Statements without an answer; further ones are refused at once. */
const maxWaiting = 1_000;
const removeEveryMs = 30_000;
const who = 'The database';

export interface PostgresOwner extends NameOwner {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The way to the tables that replicas share: each statement is answered soon, or refused. Expired rows are removed. */
export class PostgresLink implements AsyncDisposable {
  readonly #database: Database;
  readonly #owner: PostgresOwner;
  readonly #stop = new AbortController();
  readonly #removing: Promise<void>;
  #waiting = 0;

  /** @param table has a column `until`: when a row expires */
  constructor(url: string, table: keyof typeof connections, owner: PostgresOwner) {
    this.#database = openDatabase({ url, maxConnections: connections[table] });
    this.#owner = owner;
    this.#removing = this.#keepRemoving(`delete from ${table} where until <= clock_timestamp()`);
  }

  readonly nameOf = (key: SharedKey): string => sharedName(this.#owner, key);

  /** @throws shared-state.unavailable */
  async ask<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<Row[]> {
    if (this.#waiting >= maxWaiting) throw unavailable(who, 'too many statements wait for its answer');
    this.#waiting += 1;
    const asked = this.#database.queryAcrossTenants<Row>(statement).finally(() => {
      this.#waiting -= 1;
    });
    const answered = new AbortController();
    const silent = pause(answerWithinMs, this.#owner.clock, answered.signal).then(() => {
      throw unavailable(who, 'it does not answer');
    });
    // Whichever comes second is of no interest.
    for (const outcome of [asked, silent]) outcome.catch(() => undefined);
    try {
      return await Promise.race([asked, silent]);
    } catch (error) {
      throw error instanceof BailiwickError && error.code === 'shared-state.unavailable'
        ? error
        : unavailable(who, 'it does not answer, or refuses the statement', error);
    } finally {
      answered.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#removing;
    await this.#database[Symbol.asyncDispose]();
  }

  async #keepRemoving(text: string): Promise<void> {
    const { clock, logger } = this.#owner;
    while (!this.#stop.signal.aborted) {
      await pause(removeEveryMs, clock, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      await this.#database
        .queryAcrossTenants({ text })
        .catch((error: unknown) => logger.warn({ err: error }, 'could not remove what replicas no longer share'));
    }
  }
}
