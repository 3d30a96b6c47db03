import { Counter, Gauge, type Registry } from 'prom-client';

/** Where an answer came from; shared: from a load that another request had begun. */
type Outcome = 'first' | 'second' | 'stale' | 'shared' | 'loaded';

interface Size {
  readonly entries: number;
  readonly bytes: number;
}

/** What the caches of a process say of themselves in /metrics: numbers only, of all tenants together. */
export class CacheMetrics {
  readonly #sizes = new Map<string, () => Size>();
  readonly #asked: Counter<'cache' | 'from'>;
  readonly #failures: Counter<'cache'>;

  constructor(registry: Registry) {
    this.#asked = new Counter({
      name: 'bailiwick_cache_answers_total',
      help: 'Answers of a cache, by where they came from: first or second level, stale, shared with a load under way, loaded',
      labelNames: ['cache', 'from'],
      registers: [registry],
    });
    this.#failures = new Counter({
      name: 'bailiwick_cache_second_level_failures_total',
      help: 'Uses of the second level of a cache that failed; after each it is left alone for five seconds',
      labelNames: ['cache'],
      registers: [registry],
    });
    this.#gauge(registry, 'bailiwick_cache_entries', 'Values that a cache has in this process', 'entries');
    this.#gauge(registry, 'bailiwick_cache_bytes', 'Size of these values as JSON', 'bytes');
  }

  watch(cache: string, size: () => Size): void {
    this.#sizes.set(cache, size);
    this.#failures.inc({ cache }, 0);
  }

  asked(cache: string, from: Outcome): void {
    this.#asked.inc({ cache, from });
  }

  secondFailed(cache: string): void {
    this.#failures.inc({ cache });
  }

  #gauge(registry: Registry, name: string, help: string, part: keyof Size): void {
    const sizes = this.#sizes;
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['cache'],
        registers: [],
        collect() {
          for (const [cache, size] of sizes) this.set({ cache }, size()[part]);
        },
      }),
    );
  }
}
