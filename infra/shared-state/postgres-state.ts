import type pg from 'pg';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { sharedName } from './shared-names.ts';
import type { SharedKey, SharedState, Spending } from './shared-state.ts';

const connections = 3;
const answerWithinMs = 500;
/** Statements without an answer; further ones are refused at once. */
const maxWaiting = 1_000;
const maxBuckets = 1_000;
const removeEveryMs = 30_000;

export interface PostgresStateOwner {
  readonly installation: InstallationId;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * The state that replicas share in the installation's own database: a row for each thing that is remembered, until when,
 * and for each token bucket, when it is full again; by the database's clock, since replicas need not agree on the time.
 * The table is unlogged: nothing waits for a disk, and a crash of the server forgets it, as a restart of Redis does.
 */
export class PostgresState implements SharedState {
  readonly isShared = true;
  readonly #database: Database;
  readonly #installation: InstallationId;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #removing: Promise<void>;
  #waiting = 0;

  constructor(url: string, { installation, logger, clock }: PostgresStateOwner) {
    this.#database = openDatabase({ url, maxConnections: connections });
    this.#installation = installation;
    this.#clock = clock;
    this.#removing = this.#keepRemoving(logger);
  }

  async knows(key: SharedKey): Promise<boolean> {
    const rows = await this.#ask({
      name: 'shared-state-knows',
      text: 'select from shared_state where name = $1 and until > clock_timestamp()',
      values: [this.#nameOf(key)],
    });
    return rows.length > 0;
  }

  async remember(key: SharedKey, forMs: number): Promise<void> {
    await this.#ask({
      name: 'shared-state-remember',
      text: `insert into shared_state (name, until) values ($1, clock_timestamp() + $2 * interval '1 ms')
        on conflict (name) do update set until = excluded.until`,
      values: [this.#nameOf(key), Math.max(1, Math.ceil(forMs))],
    });
  }

  async spend(spendings: readonly Spending[]): Promise<readonly number[]> {
    const debts: number[] = [];
    for (let from = 0; from < spendings.length; from += maxBuckets)
      debts.push(...(await this.#take(spendings.slice(from, from + maxBuckets))));
    return debts;
  }

  readonly health = async () => {
    try {
      await this.knows({ name: 'health' });
      return { status: 'healthy' } as const;
    } catch (error) {
      const why = error instanceof BailiwickError ? (error.operatorMessage ?? error.message) : 'unknown';
      return { status: 'degraded', detail: why } as const;
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#removing;
    await this.#database[Symbol.asyncDispose]();
  }

  /** In order of name, so that two replicas that take from the same buckets wait for each other in one direction only. */
  async #take(spendings: readonly Spending[]): Promise<number[]> {
    const names = spendings.map((each) => this.#nameOf(each));
    const costsMs = spendings.map(({ rate, count }) => (count * 1000) / rate.perSec);
    const rows = await this.#ask<{ name: string; debt_ms: number }>({
      name: 'shared-state-spend',
      text: `insert into shared_state as bucket (name, until)
          select name, statement_timestamp() + sum(cost) * interval '1 ms'
            from unnest($1::text[], $2::float8[]) as spending (name, cost) group by name order by name
        on conflict (name) do update
          set until = greatest(bucket.until, statement_timestamp()) + (excluded.until - statement_timestamp())
        returning name, (extract(epoch from until - statement_timestamp()) * 1000)::float8 as debt_ms`,
      values: [names, costsMs],
    });
    const debts = new Map(rows.map(({ name, debt_ms: debtMs }) => [name, debtMs]));
    return names.map((name) => debts.get(name) ?? 0);
  }

  async #keepRemoving(logger: Logger): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await pause(removeEveryMs, this.#clock, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      await this.#database
        .queryAcrossTenants({ text: 'delete from shared_state where until <= clock_timestamp()' })
        .catch((error: unknown) => logger.warn({ err: error }, 'could not remove what replicas no longer share'));
    }
  }

  #nameOf(key: SharedKey): string {
    return sharedName(this.#installation, key);
  }

  async #ask<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<Row[]> {
    if (this.#waiting >= maxWaiting) throw unavailable('too many statements wait for its answer');
    this.#waiting += 1;
    const asked = this.#database.queryAcrossTenants<Row>(statement).finally(() => {
      this.#waiting -= 1;
    });
    const answered = new AbortController();
    const silent = pause(answerWithinMs, this.#clock, answered.signal).then(() => {
      throw unavailable('it does not answer');
    });
    // Whichever comes second is of no interest.
    for (const outcome of [asked, silent]) outcome.catch(() => undefined);
    try {
      return await Promise.race([asked, silent]);
    } catch (error) {
      throw error instanceof BailiwickError && error.code === 'shared-state.unavailable'
        ? error
        : unavailable('it does not answer, or refuses the statement', error);
    } finally {
      answered.abort();
    }
  }
}

const unavailable = (why: string, cause?: unknown): BailiwickError =>
  new BailiwickError({
    code: 'shared-state.unavailable',
    owner: 'platform',
    status: 503,
    message: 'Something that this needs is unavailable. Try again in a moment.',
    operatorMessage: `The database cannot be used for what replicas share: ${why}`,
    retryAfterSec: 1,
    cause,
  });
