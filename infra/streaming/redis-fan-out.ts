import type { Cluster, Redis } from 'ioredis';
import { unavailable } from '#infra/shared-state/availability.ts';
import { connectRedis } from '#infra/shared-state/redis-connection.ts';
import { redisFault } from '#infra/shared-state/redis-faults.ts';
import { RedisLink, type RedisOwner } from '#infra/shared-state/redis-link.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import { sharedName } from '#infra/shared-state/shared-names.ts';
import type { SharedKey } from '#infra/shared-state/shared-state.ts';
import type { FanOut, FanOutFollowing, FanOutListener } from './fan-out.ts';

/** Larger messages are refused: Redis keeps them for each subscriber until it has read them. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Redis pub/sub (redis.io/docs/latest/develop/pubsub), at one server, under Sentinel or in a cluster, in which a message reaches
 * subscribers at every server. A connection that subscribes can do nothing else, so there are two.
 */
export class RedisFanOut implements FanOut {
  readonly #owner: RedisOwner;
  readonly #link: RedisLink;
  readonly #subscriber: Redis | Cluster;
  readonly #listeners = new Map<string, Set<FanOutListener>>();

  constructor(settings: RedisSettings, owner: RedisOwner) {
    this.#owner = owner;
    this.#link = new RedisLink(settings, owner);
    this.#subscriber = connectRedis(settings);
    // The link reports what is wrong with Redis.
    for (const fault of ['error', 'node error', 'sentinelError']) this.#subscriber.on(fault, () => undefined);
    this.#subscriber.on('ready', () => void this.#subscribe([...this.#listeners.keys()]));
    this.#subscriber.on('close', () => {
      for (const listener of this.#all()) listener.disconnected();
    });
    this.#subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      for (const listener of this.#listeners.get(channel.toString()) ?? []) listener.heard(message);
    });
  }

  async publish(topic: SharedKey, message: Uint8Array): Promise<void> {
    if (message.length > maxBytes) throw unavailable('Redis', 'the message is too large');
    await this.#link.ask((redis, nameOf) => redis.publish(nameOf(topic), Buffer.from(message)));
  }

  follow(topic: SharedKey, listener: FanOutListener): FanOutFollowing {
    const channel = sharedName(this.#owner, topic);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (this.#subscriber.status === 'ready') void this.#subscribe([channel]);
    return {
      leave: async () => {
        listeners.delete(listener);
        if (listeners.size > 0 || !this.#listeners.delete(channel)) return;
        try {
          if (this.#subscriber.status === 'ready') await this.#subscriber.unsubscribe(channel);
        } catch (error) {
          throw unavailable('Redis', redisFault(error));
        }
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriber.disconnect();
    await this.#link[Symbol.asyncDispose]();
  }

  #all(): FanOutListener[] {
    return [...this.#listeners.values()].flatMap((listeners) => [...listeners]);
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await this.#subscriber.subscribe(...channels);
    } catch (error) {
      const why = redisFault(error);
      this.#owner.logger.warn({ why }, 'Redis refused to subscribe');
      for (const channel of channels)
        for (const each of this.#listeners.get(channel) ?? []) each.refused?.(unavailable('Redis', why));
      return;
    }
    for (const channel of channels) for (const each of this.#listeners.get(channel) ?? []) each.connected();
  }
}
