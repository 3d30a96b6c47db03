import { healthBy } from './availability.ts';
import { inBatches, type Batched } from './batches.ts';
import { PostgresLink, type PostgresOwner } from './postgres-link.ts';
import type { SharedKey, SharedState, Spending } from './shared-state.ts';

const maxBuckets = 1_000;

/**
 * The state that replicas share in the installation's own database: a row for each thing that is remembered, until when,
 * and for each token bucket, when it is full again; by the database's clock, since replicas need not agree on the time.
 * The table is unlogged: nothing waits for a disk, and a crash of the server forgets it, as a restart of Redis does.
 */
export class PostgresState implements SharedState {
  readonly isShared = true;
  readonly #link: PostgresLink;

  constructor(url: string, owner: PostgresOwner) {
    this.#link = new PostgresLink(url, 'shared_state', owner);
  }

  async knows(key: SharedKey): Promise<boolean> {
    const rows = await this.#link.ask({
      name: 'shared-state-knows',
      text: 'select from shared_state where name = $1 and until > clock_timestamp()',
      values: [this.#link.nameOf(key)],
    });
    return rows.length > 0;
  }

  async remember(key: SharedKey, forMs: number): Promise<void> {
    await this.#link.ask({
      name: 'shared-state-remember',
      text: `insert into shared_state (name, until) values ($1, clock_timestamp() + $2 * interval '1 ms')
        on conflict (name) do update set until = excluded.until`,
      values: [this.#link.nameOf(key), Math.max(1, Math.ceil(forMs))],
    });
  }

  spend(spendings: readonly Spending[]): Promise<Batched<number>> {
    const limits = { maxItems: maxBuckets, maxAtOnce: 1, groupOf: () => '' };
    return inBatches(spendings, limits, (some) => this.#take(some));
  }

  readonly health = healthBy(() => this.knows({ name: 'health' }));

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  /** In order of name, so that two replicas that take from the same buckets wait for each other in one direction only. */
  async #take(spendings: readonly Spending[]): Promise<number[]> {
    const names = spendings.map(this.#link.nameOf);
    const costsMs = spendings.map(({ rate, count }) => (count * 1000) / rate.perSec);
    const rows = await this.#link.ask<{ name: string; debt_ms: number }>({
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
}
