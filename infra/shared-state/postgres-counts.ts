import { healthBy } from './availability.ts';
import { inBatches, type Batched } from './batches.ts';
import { PostgresLink, type PostgresOwner } from './postgres-link.ts';
import { decodeCounts, encodeCounts, type SharedCounts, type Statement } from './shared-counts.ts';

const maxStatements = 1_000;

/**
 * What replicas count, in the installation's own database: a row for each name and replica, until when it is true by the
 * database's clock. The table is unlogged, like that of `PostgresState`, and a role sees only its own part's rows.
 */
export class PostgresCounts implements SharedCounts {
  readonly isShared = true;
  readonly #link: PostgresLink;
  readonly #part: string;
  readonly #replica: string;

  /** @param replica a name that no other process has, nor had */
  constructor(url: string, owner: PostgresOwner, replica: string) {
    this.#link = new PostgresLink(url, 'shared_count', owner);
    this.#part = owner.part;
    this.#replica = replica;
  }

  exchange(statements: readonly Statement[]): Promise<Batched<readonly (readonly number[])[]>> {
    const limits = { maxItems: maxStatements, maxAtOnce: 1, groupOf: () => '' };
    return inBatches(statements, limits, (some) => this.#exchange(some));
  }

  readonly health = healthBy(() => this.exchange([{ name: 'health', counts: [], forMs: 1 }]));

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  /** A replica writes no row of another one, so none waits for another. What was withdrawn expires at once. */
  async #exchange(statements: readonly Statement[]): Promise<number[][][]> {
    const names = statements.map(this.#link.nameOf);
    const rows = await this.#link.ask<{ name: string; counts: string }>({
      name: 'shared-counts-exchange',
      text: `with said as (
          insert into shared_count as own (part, name, replica, counts, until)
            select $1, name, $2, counts, clock_timestamp() + lasts * interval '1 ms'
              from unnest($3::text[], $4::text[], $5::float8[]) as statement (name, counts, lasts)
              where counts <> '' or exists (
                select from shared_count as before
                where before.part = $1 and before.name = statement.name and before.replica = $2)
          on conflict (part, name, replica) do update set counts = excluded.counts, until = excluded.until
        )
        select name, counts from shared_count
        where part = $1 and name = any($3::text[]) and replica <> $2 and counts <> '' and until > clock_timestamp()`,
      values: [
        this.#part,
        this.#replica,
        names,
        statements.map(({ counts }) => encodeCounts(counts)),
        statements.map(({ counts, forMs }) => (counts.length === 0 ? 0 : Math.max(1, forMs))),
      ],
    });
    const others = Map.groupBy(rows, ({ name }) => name);
    return names.map((name) => (others.get(name) ?? []).map(({ counts }) => decodeCounts(counts)));
  }
}
