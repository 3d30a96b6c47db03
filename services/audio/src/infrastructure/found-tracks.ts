import { z } from 'zod';
import { TenantCache, type TenantCacheOptions } from '#infra/cache/tenant-cache.ts';
import type { SecondLevel, Sealer } from '#infra/cache/second-level.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { isClosed } from '#security/keyring/sealed-text.ts';
import type { Loaded, Lavalink } from '../application/ports.ts';
import { entrySchema } from './entry-schema.ts';

const minuteMs = 60_000;
const bounds = { freshMs: 5 * minuteMs, staleMs: 60 * minuteMs, maxEntries: 2_000, maxBytes: 16 * 1024 * 1024 };

const foundSchema = z.object({
  kind: z.literal('tracks'),
  entries: z.array(entrySchema),
  playlistName: z.null(),
  isSearch: z.boolean(),
  leftOut: z.tuple([]),
});

/**
 * What a tenant's members have searched for lately, and what was found: never another tenant's, since how fast an answer
 * comes would tell what others look for. Playlists are loaded each time, because people edit them just before; and so is
 * what was not found.
 */
export class FoundTracks {
  readonly #cache: TenantCache<Loaded>;
  readonly #clock: TenantCacheOptions<Loaded>['clock'];

  constructor(
    options: Pick<TenantCacheOptions<Loaded>, 'clock' | 'metrics'> & { readonly second?: SecondLevel | undefined },
  ) {
    this.#clock = options.clock;
    this.#cache = new TenantCache({
      ...bounds,
      ...options,
      name: 'searches',
      keeps: (loaded) => loaded.kind === 'tracks' && loaded.playlistName === null && loaded.leftOut.length === 0,
      parse: (value) => foundSchema.safeParse(value).data,
    });
  }

  /** Each answer has entries of its own: their ids are those of places in a queue. @throws what `load` throws */
  async load(tenant: TenantId, identifier: string, load: Lavalink['load']): Promise<Loaded> {
    const loaded = await this.#cache.get({ tenant, name: identifier }, () => load(tenant, identifier));
    if (loaded.kind !== 'tracks') return loaded;
    const nowMs = this.#clock.now();
    return { ...loaded, entries: loaded.entries.map((entry) => ({ ...entry, entryId: newId('ent', nowMs) })) };
  }

  forget(tenant: TenantId): void {
    this.#cache.forget(tenant);
  }
}

/** With the tenant's key, bound to what was asked for: when the key is destroyed, nothing of it can be opened. */
export const sealerOf = (envelope: Envelope): Sealer => {
  const placeOf = ({ tenant, name }: { readonly tenant: TenantId; readonly name: string }) =>
    ({ tenant, table: 'cache', column: 'searches', row: name }) as const;
  return {
    seal: (bytes, key) => envelope.seal(bytes, placeOf(key)),
    async open(sealed, key) {
      try {
        return await envelope.open(sealed, placeOf(key));
      } catch (error) {
        if (isClosed(error)) return undefined;
        throw error;
      }
    },
  };
};
