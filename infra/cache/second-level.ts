import type { TenantId } from '#infra/kernel/ids.ts';

/** What a value is of: nobody but the tenant ever gets it. */
export interface CacheKey {
  readonly tenant: TenantId;
  /** May be what a member typed: it appears in no metric, log or error. */
  readonly name: string;
}

/** Where replicas, and whoever comes after a restart, find what one of them has loaded. It may lose everything at any time. */
export interface SecondLevel extends AsyncDisposable {
  /** Undefined if it has no such value, or one that cannot be read. @throws if it cannot be asked */
  read(key: CacheKey): Promise<Uint8Array | undefined>;
  /** @throws if it cannot be asked */
  write(key: CacheKey, bytes: Uint8Array, forMs: number): Promise<void>;
}

/** Seals what lies in the second level: what members typed is theirs. The name of the key is a code of what was asked for. */
export interface Sealer {
  /** @throws if the keys cannot be used */
  seal(bytes: Uint8Array, key: CacheKey): Promise<Uint8Array>;
  /** Undefined for what was sealed for another key, by keys that are gone, or was altered. @throws if the keys cannot be used */
  open(sealed: Uint8Array, key: CacheKey): Promise<Uint8Array | undefined>;
}
