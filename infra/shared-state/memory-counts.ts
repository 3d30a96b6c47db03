import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedCounts, Statement } from './shared-counts.ts';

interface Said {
  readonly counts: readonly number[];
  readonly untilMs: number;
}

/** What replicas in one process count; by name, and then by replica. */
export type CountsInMemory = Map<string, Map<string, Said>>;

/** For a process that has no replica, there is nobody to hear. Tests give the same map to several. */
export class MemoryCounts implements SharedCounts {
  readonly isShared = false;
  readonly #clock: Clock;
  readonly #all: CountsInMemory | undefined;
  readonly #replica: string;

  constructor(clock: Clock, replica: string, all?: CountsInMemory) {
    this.#clock = clock;
    this.#all = all;
    this.#replica = replica;
  }

  async exchange(statements: readonly Statement[]): Promise<readonly (readonly (readonly number[])[])[]> {
    const all = this.#all;
    return statements.map((statement) => (all ? this.#say(all, statement) : []));
  }

  readonly health = () => ({ status: 'healthy' }) as const;

  async [Symbol.asyncDispose](): Promise<void> {}

  #say(all: CountsInMemory, { tenant, name, counts, forMs }: Statement): (readonly number[])[] {
    const key = `${tenant ?? 'platform'} ${name}`;
    const said = all.get(key) ?? new Map<string, Said>();
    all.set(key, said);
    const nowMs = this.#clock.now();
    if (counts.length === 0) said.delete(this.#replica);
    else said.set(this.#replica, { counts, untilMs: nowMs + forMs });
    const others = [...said].filter(([replica, { untilMs }]) => replica !== this.#replica && untilMs > nowMs);
    return others.map(([, other]) => other.counts);
  }
}
