import { createHmac, hkdfSync } from 'node:crypto';
import { RedisLink, type RedisOwner } from '#infra/shared-state/redis-link.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import type { CacheKey, Sealer, SecondLevel } from './second-level.ts';

/** Larger values are left to the first level. */
const maxBytes = 256 * 1024;

/**
 * Values in Redis, sealed, under the tenant's keys of one part. A name is a code of what was asked for, under a key that is made of
 * the part's password, of which Redis has a digest only: whoever reads its memory cannot try out what members may have
 * searched for.
 */
export class RedisLevel implements SecondLevel {
  readonly #link: RedisLink;
  readonly #nameKey: Buffer;
  readonly #sealer: Sealer;

  constructor(settings: RedisSettings, owner: RedisOwner, sealer: Sealer) {
    this.#sealer = sealer;
    this.#link = new RedisLink(settings, owner);
    this.#nameKey = Buffer.from(hkdfSync('sha256', settings.password, owner.installation, 'bailiwick cache names', 32));
  }

  async read(key: CacheKey): Promise<Uint8Array | undefined> {
    const coded = this.#coded(key);
    const sealed = await this.#link.ask((redis, nameOf) => redis.getBuffer(nameOf(coded)));
    return sealed === null ? undefined : this.#sealer.open(sealed, coded);
  }

  async write(key: CacheKey, bytes: Uint8Array, forMs: number): Promise<void> {
    if (bytes.length > maxBytes) return;
    const coded = this.#coded(key);
    const sealed = await this.#sealer.seal(bytes, coded);
    await this.#link.ask((redis, nameOf) =>
      redis.set(nameOf(coded), Buffer.from(sealed), 'PX', Math.max(1, Math.ceil(forMs))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  #coded({ tenant, name }: CacheKey): CacheKey {
    const code = createHmac('sha256', this.#nameKey).update(`${tenant} ${name}`).digest('base64url');
    return { tenant, name: code };
  }
}
