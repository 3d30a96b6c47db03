import { Redis } from 'ioredis';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { redisFault } from './redis-faults.ts';
import type { RedisSettings } from './settings.ts';
import { sharedName } from './shared-names.ts';
import type { SharedKey, SharedState, Spending } from './shared-state.ts';

const answerWithinMs = 500;
const connectWithinMs = 2_000;
/** A server that has not answered for this long is connected to anew. */
const silentForMs = 1_000;
const reconnect = { minMs: 50, maxMs: 1_000 };
/** Commands without an answer; further ones are refused at once. */
const maxWaiting = 1_000;
/** Redis does nothing else while it runs a script. */
const maxBuckets = 200;

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

export interface RedisOwner {
  readonly installation: InstallationId;
  readonly logger: Logger;
}

/**
 * The state that replicas share at a Redis server. Nothing waits for a connection: without one, every operation is
 * refused at once. Connects by itself, again and again.
 */
export class RedisState implements SharedState {
  readonly isShared = true;
  readonly #installation: InstallationId;
  readonly #redis: Redis;
  #waiting = 0;
  /** Why there is no connection. */
  #away = 'it does not answer';

  constructor({ url, trustPem, user, password }: RedisSettings, { installation, logger }: RedisOwner) {
    this.#installation = installation;
    const { hostname, port } = new URL(url);
    this.#redis = new Redis({
      host: hostname,
      port: Number(port || 6379),
      username: user,
      password,
      tls: { minVersion: 'TLSv1.2', servername: hostname, ...(trustPem === undefined ? {} : { ca: trustPem }) },
      connectTimeout: connectWithinMs,
      commandTimeout: answerWithinMs,
      socketTimeout: silentForMs,
      retryStrategy: (attempt) => backoffDelayMs(attempt, reconnect),
      // A command is sent now or never: nothing queues for a connection, and nothing is sent twice.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // These would need rights of their own: INFO, CLIENT.
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
    });
    this.#redis.on('error', (error: unknown) => {
      const why = redisFault(error);
      if (why !== this.#away) logger.warn({ why }, 'Redis cannot be used');
      this.#away = why;
    });
    this.#redis.on('ready', () => {
      this.#away = 'it does not answer';
      logger.info({}, 'connected to Redis');
    });
  }

  async knows(key: SharedKey): Promise<boolean> {
    return (await this.#ask((redis) => redis.get(this.#nameOf(key)))) !== null;
  }

  async remember(key: SharedKey, forMs: number): Promise<void> {
    await this.#ask((redis) => redis.set(this.#nameOf(key), '1', 'PX', Math.max(1, Math.ceil(forMs))));
  }

  async spend(spendings: readonly Spending[]): Promise<readonly number[]> {
    const debts: number[] = [];
    for (let from = 0; from < spendings.length; from += maxBuckets) {
      const some = spendings.slice(from, from + maxBuckets);
      const keys = some.map((each) => this.#nameOf(each));
      const costsMs = some.map(({ rate, count }) => (count * 1000) / rate.perSec);
      const answer = await this.#ask((redis) => redis.eval(spendScript, keys.length, ...keys, ...costsMs));
      debts.push(...(answer as number[]));
    }
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
    this.#redis.disconnect();
  }

  #nameOf(key: SharedKey): string {
    return sharedName(this.#installation, key);
  }

  async #ask<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    if (this.#redis.status !== 'ready') throw unavailable(this.#away);
    if (this.#waiting >= maxWaiting) throw unavailable('too many commands wait for its answer');
    this.#waiting += 1;
    try {
      return await command(this.#redis);
    } catch (error) {
      throw unavailable(redisFault(error));
    } finally {
      this.#waiting -= 1;
    }
  }
}

/** Without the library's error as its cause: that holds the command with its arguments, the password among them. */
const unavailable = (why: string): BailiwickError =>
  new BailiwickError({
    code: 'shared-state.unavailable',
    owner: 'platform',
    status: 503,
    message: 'Something that this needs is unavailable. Try again in a moment.',
    operatorMessage: `Redis cannot be used: ${why}`,
    retryAfterSec: 1,
  });
