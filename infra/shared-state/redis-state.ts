import { healthBy } from './availability.ts';
import type { Batched } from './batches.ts';
import { RedisLink, type RedisOwner } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';
import type { SharedKey, SharedState, Spending } from './shared-state.ts';

/**
 * Token buckets, each stored as the time at which it is full again (as in infra/kernel/rate-limiter.ts), by the clock
 * of Redis, since replicas need not agree on the time.
 */
const spendScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local debts = {}
for index, key in ipairs(KEYS) do
  local full = math.max(tonumber(redis.call('GET', key) or now), now) + tonumber(ARGV[index])
  local debt = math.ceil(full - now)
  redis.call('SET', key, string.format('%.3f', full), 'PX', math.max(debt, 1))
  debts[index] = debt
end
return debts`;

/** The state that replicas share at a Redis server or in a Redis Cluster. */
export class RedisState implements SharedState {
  readonly isShared = true;
  readonly #link: RedisLink;

  constructor(settings: RedisSettings, owner: RedisOwner) {
    this.#link = new RedisLink(settings, owner);
  }

  async knows(key: SharedKey): Promise<boolean> {
    return (await this.#link.ask((redis, nameOf) => redis.get(nameOf(key)))) !== null;
  }

  async remember(key: SharedKey, forMs: number): Promise<void> {
    await this.#link.ask((redis, nameOf) => redis.set(nameOf(key), '1', 'PX', Math.max(1, Math.ceil(forMs))));
  }

  spend(spendings: readonly Spending[]): Promise<Batched<number>> {
    return this.#link.run<Spending, number>(spendScript, spendings, (some) =>
      some.map(({ rate, count }) => (count * 1000) / rate.perSec),
    );
  }

  readonly health = healthBy(async () => {
    await this.knows({ name: 'health' });
    await this.#link.checkSlots();
  });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}
