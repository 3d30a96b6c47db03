import { healthBy } from './availability.ts';
import type { Batched } from './batches.ts';
import { RedisLink, type RedisOwner } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';
import { decodeCounts, encodeCounts, type SharedCounts, type Statement } from './shared-counts.ts';

/**
 * A hash for each name, with a field for each replica: until when it is true by the clock of Redis, and what it says.
 * Whoever asks removes what has expired.
 */
const exchangeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local replica = ARGV[1]
local answers = {}
for index, key in ipairs(KEYS) do
  local said, lasts = ARGV[2 * index], tonumber(ARGV[2 * index + 1])
  if said == '' then
    redis.call('HDEL', key, replica)
  else
    redis.call('HSET', key, replica, string.format('%.0f', now + lasts) .. ' ' .. said)
  end
  local all, others, last = redis.call('HGETALL', key), {}, 0
  for at = 1, #all, 2 do
    local expires, counts = string.match(all[at + 1], '^(%d+) (.*)$')
    expires = tonumber(expires)
    if expires <= now then
      redis.call('HDEL', key, all[at])
    else
      last = math.max(last, expires)
      if all[at] ~= replica then others[#others + 1] = counts end
    end
  end
  if last > 0 then redis.call('PEXPIRE', key, last - now) end
  answers[index] = others
end
return answers`;

/** What replicas count, at a Redis server or in a Redis Cluster. */
export class RedisCounts implements SharedCounts {
  readonly isShared = true;
  readonly #link: RedisLink;
  readonly #replica: string;

  /** @param replica a name that no other process has, nor had */
  constructor(settings: RedisSettings, owner: RedisOwner, replica: string) {
    this.#link = new RedisLink(settings, owner);
    this.#replica = replica;
  }

  async exchange(statements: readonly Statement[]): Promise<Batched<readonly (readonly number[])[]>> {
    const answers = await this.#link.run<Statement, string[]>(exchangeScript, statements, (some) => [
      this.#replica,
      ...some.flatMap(({ counts, forMs }) => [encodeCounts(counts), Math.max(1, Math.ceil(forMs))]),
    ]);
    return answers.map((others) => others?.map(decodeCounts));
  }

  readonly health = healthBy(async () => {
    await this.exchange([{ name: 'health', counts: [], forMs: 1 }]);
    await this.#link.checkSlots();
  });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}
