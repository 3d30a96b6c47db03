import { LRUCache } from 'lru-cache';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { parseJson } from '#infra/kernel/json.ts';
import type { CacheKey, SecondLevel } from './second-level.ts';

export interface TenantCacheOptions<Value> {
  /** In metrics. */
  readonly name: string;
  /** How long a value is answered without asking again. */
  readonly freshMs: number;
  /** How much longer it is answered, while it is loaded again or that fails. */
  readonly staleMs: number;
  readonly maxEntries: number;
  /** Of all values as JSON; a value of more than a tenth of it is not kept. */
  readonly maxBytes: number;
  /** Whether a value may be answered again; by default each. */
  readonly keeps?: (value: Value) => boolean;
  readonly second?: SecondLevel | undefined;
  /** Reads a value that comes from the second level; undefined if it is none. */
  readonly parse: (value: unknown) => Value | undefined;
  readonly clock: Clock;
  readonly metrics: CacheMetrics;
}

interface Entry<Value> {
  readonly value: Value;
  readonly storedAtMs: number;
  readonly bytes: number;
  readonly keep: boolean;
}

interface Loading<Value> {
  readonly key: CacheKey;
  readonly load: () => Promise<Value>;
  isFromSecond: boolean;
}

/** After it has failed, the second level is not asked for this long. */
const secondRestsMs = 5_000;

/**
 * Values of tenants: in this process, and beside it in a second level that may be missing or fail. Whoever asks for what is
 * being loaded waits for that load; what is no longer fresh is answered while it is loaded again (RFC 5861). A load that
 * fails is not kept.
 */
export class TenantCache<Value> {
  readonly #options: TenantCacheOptions<Value>;
  readonly #first: LRUCache<string, Entry<Value>, Loading<Value>>;
  /** How often each tenant was forgotten: what was asked for before must not come back after it. */
  readonly #forgotten = new Map<TenantId, number>();
  #cleared = 0;
  #secondRestsUntilMs = 0;

  constructor(options: TenantCacheOptions<Value>) {
    const { name, freshMs, maxEntries, maxBytes, clock, metrics } = options;
    this.#options = options;
    this.#first = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      maxEntrySize: Math.ceil(maxBytes / 10),
      sizeCalculation: ({ bytes }) => bytes,
      ttl: freshMs,
      ttlResolution: 0,
      perf: clock,
      allowStale: true,
      noDeleteOnStaleGet: true,
      noDeleteOnFetchRejection: true,
      // Whoever waits for a load gets what comes of it, whatever happens to the entry meanwhile.
      ignoreFetchAbort: true,
      fetchMethod: async (_id, known, { options: how, context }) => {
        const found = known ? undefined : await this.#inSecond(context.key);
        if (!found) return this.#loaded(context);
        context.isFromSecond = true;
        how.ttl = Math.max(1, freshMs - (clock.now() - found.storedAtMs));
        return found;
      },
    });
    metrics.watch(name, () => ({ entries: this.#first.size, bytes: this.#first.calculatedSize }));
  }

  /** The value, from wherever it is soonest. @throws what `load` throws, if there is none */
  async get(key: CacheKey, load: () => Promise<Value>): Promise<Value> {
    const id = this.#idOf(key);
    const known = this.#first.peek(id);
    if (known && !this.#isUsable(known)) this.#first.delete(id);
    const status: LRUCache.Status<string, Entry<Value>, Loading<Value>> = {};
    const context = { key, load, isFromSecond: false };
    const asked = this.#first.fetch(id, { context, status });
    const entry = await asked.finally(() =>
      this.#options.metrics.asked(this.#options.name, outcomeOf(status, context)),
    );
    // lru-cache's type allows for loads without a result.
    if (!entry) return load();
    if (!entry.keep) this.#first.delete(id);
    return entry.value;
  }

  /** This is what is true now, whatever is being loaded. In this process only. */
  put(key: CacheKey, value: Value): void {
    this.#first.set(this.#idOf(key), this.#entryOf(value));
  }

  /** Forgets everything of a tenant in this process; also what is being loaded for it. */
  forget(tenant: TenantId): void {
    const [prefix] = this.#prefixOf(tenant);
    for (const id of this.#first.keys()) if (id.startsWith(prefix)) this.#first.delete(id);
    this.#forgotten.set(tenant, (this.#forgotten.get(tenant) ?? 0) + 1);
  }

  /** Forgets everything in this process; also what is being loaded. */
  forgetAll(): void {
    this.#first.clear();
    this.#cleared += 1;
  }

  #idOf({ tenant, name }: CacheKey): string {
    return this.#prefixOf(tenant).join('') + name;
  }

  #prefixOf(tenant: TenantId): readonly [string, string] {
    return [`${tenant} `, `${this.#cleared}.${this.#forgotten.get(tenant) ?? 0} `];
  }

  #entryOf(value: Value, storedAtMs = this.#options.clock.now()): Entry<Value> {
    const keep = this.#options.keeps?.(value) ?? true;
    return { value, storedAtMs, keep, bytes: Buffer.byteLength(JSON.stringify(value) ?? '') + 1 };
  }

  #isUsable({ keep, storedAtMs }: Entry<Value>): boolean {
    const { clock, freshMs, staleMs } = this.#options;
    return keep && clock.now() - storedAtMs < freshMs + staleMs;
  }

  async #loaded({ key, load }: Loading<Value>): Promise<Entry<Value>> {
    const entry = this.#entryOf(await load());
    if (entry.keep) void this.#intoSecond(key, entry);
    return entry;
  }

  async #inSecond(key: CacheKey): Promise<Entry<Value> | undefined> {
    const bytes = await this.#withSecond((second) => second.read(key));
    const { value: read, storedAtMs } = Object(bytes && parseJson(Buffer.from(bytes).toString()));
    const value = this.#options.parse(read);
    if (value === undefined || typeof storedAtMs !== 'number') return undefined;
    const entry = this.#entryOf(value, Math.min(storedAtMs, this.#options.clock.now()));
    return this.#isUsable(entry) ? entry : undefined;
  }

  async #intoSecond(key: CacheKey, { value, storedAtMs }: Entry<Value>): Promise<void> {
    const { freshMs, staleMs } = this.#options;
    const bytes = Buffer.from(JSON.stringify({ value, storedAtMs }));
    await this.#withSecond((second) => second.write(key, bytes, freshMs + staleMs));
  }

  /** Never rejects: without the second level, there is the first. */
  async #withSecond<Result>(use: (second: SecondLevel) => Promise<Result>): Promise<Result | undefined> {
    const { second, clock, metrics, name } = this.#options;
    if (!second || clock.now() < this.#secondRestsUntilMs) return undefined;
    try {
      return await use(second);
    } catch {
      this.#secondRestsUntilMs = clock.now() + secondRestsMs;
      metrics.secondFailed(name);
      return undefined;
    }
  }
}

function outcomeOf(
  { fetch, returnedStale }: { readonly fetch?: string; readonly returnedStale?: boolean },
  { isFromSecond }: { readonly isFromSecond: boolean },
) {
  if (returnedStale) return 'stale';
  if (fetch === 'hit') return 'first';
  if (fetch === 'inflight') return 'shared';
  return isFromSecond ? 'second' : 'loaded';
}
