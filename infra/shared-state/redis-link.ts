import { Cluster, type Redis } from 'ioredis';
import type { Logger } from '#infra/logger/logger.ts';
import { unavailable } from './availability.ts';
import { inBatches, type Batched } from './batches.ts';
import { connectRedis } from './redis-connection.ts';
import { redisFault } from './redis-faults.ts';
import type { RedisSettings } from './settings.ts';
import { sharedName, type NameOwner } from './shared-names.ts';
import type { SharedKey } from './shared-state.ts';

/** Commands without an answer; further ones are refused at once. */
const maxWaiting = 1_000;
/** Redis does nothing else while it runs a script. */
const maxKeysOfScript = 200;
/** After this long a server that did not say that it is the master is connected to anew. */
const askAgainMs = 1_000;
const noAnswer = 'it does not answer';
/** Scripts at once, in a cluster. */
const maxScripts = 100;

export interface RedisOwner extends NameOwner {
  readonly logger: Logger;
}

/**
 * The way to Redis. Nothing waits for a connection: without one, every command is refused at once. Errors do not have
 * the library's as their cause: that holds the command with its arguments, the password among them.
 */
export class RedisLink implements AsyncDisposable {
  readonly #owner: RedisOwner;
  readonly #redis: Redis | Cluster;
  readonly #failed: (error: unknown) => void;
  #waiting = 0;
  /** Why there is no connection. */
  #away: string = noAnswer;
  /** Whether the server that is connected to may be asked. */
  #isRight = false;

  constructor(settings: RedisSettings, owner: RedisOwner) {
    this.#owner = owner;
    const { logger } = owner;
    this.#redis = connectRedis(settings);
    const failed = (error: unknown) => {
      const why = redisFault(error);
      if (why !== this.#away) logger.warn({ why }, 'Redis cannot be used');
      this.#away = why;
    };
    this.#failed = failed;
    this.#redis.on('error', failed);
    this.#redis.on('node error', failed);
    // One that is away is no fault, as long as another one answers.
    this.#redis.on('sentinelError', (error: unknown) => {
      const why = redisFault(error);
      if (why !== noAnswer) failed(error);
    });
    this.#redis.on('close', () => (this.#isRight = false));
    this.#redis.on('ready', () => void this.#use(settings));
  }

  /** @throws shared-state.unavailable */
  async ask<Answer>(command: (redis: Redis | Cluster, nameOf: (key: SharedKey) => string) => Promise<Answer>) {
    if (this.#redis.status !== 'ready' || !this.#isRight) throw unavailable('Redis', this.#away);
    if (this.#waiting >= maxWaiting) throw unavailable('Redis', 'too many commands wait for its answer');
    this.#waiting += 1;
    try {
      return await command(this.#redis, (key) => sharedName(this.#owner, key));
    } catch (error) {
      throw unavailable('Redis', redisFault(error));
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * Runs a script on the keys of these, some at a time: in a cluster, those of a tenant, since a script can use keys of
   * one slot only. @returns what it returns for each; undefined for those whose server cannot be used
   * @throws shared-state.unavailable, if that is so for all
   */
  run<Item extends SharedKey, Answer>(
    script: string,
    items: readonly Item[],
    argumentsOf: (items: readonly Item[]) => readonly (string | number)[],
  ): Promise<Batched<Answer>> {
    const isCluster = this.#redis instanceof Cluster;
    return inBatches(
      items,
      {
        maxItems: maxKeysOfScript,
        maxAtOnce: isCluster ? maxScripts : 1,
        groupOf: ({ tenant = '' }) => (isCluster ? tenant : ''),
      },
      (some) =>
        this.ask(async (redis, nameOf) => {
          const names = some.map(nameOf);
          return (await redis.eval(script, names.length, ...names, ...argumentsOf(some))) as Answer[];
        }),
    );
  }

  /** @throws shared-state.unavailable, if a part of a cluster's keys has no server */
  async checkSlots(): Promise<void> {
    const missing = await this.ask(async (redis) => {
      if (!(redis instanceof Cluster)) return 0;
      const state = await redis.cluster('INFO');
      const count = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(String(state))?.[1] ?? 0);
      return 16_384 - count('cluster_slots_ok');
    });
    if (missing > 0) throw unavailable('Redis', `${missing} of the cluster's 16384 slots have no server`);
  }

  /**
   * Under Sentinel, whoever is connected to has to say that it is the master. The library asks, too, but takes a server
   * that refuses to say so for one.
   */
  async #use({ sentinels }: RedisSettings): Promise<void> {
    const redis = this.#redis;
    try {
      if (sentinels && !(redis instanceof Cluster) && !/^role:master\b/m.test(await redis.info('replication')))
        throw new Error('it is not a master');
      this.#isRight = true;
      this.#away = noAnswer;
      this.#owner.logger.info({}, 'connected to Redis');
    } catch (error) {
      this.#failed(error);
      setTimeout(() => redis.status === 'ready' && redis.disconnect(true), askAgainMs).unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}
