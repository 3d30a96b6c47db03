import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { inOwnMemory } from '#infra/kernel/own-memory.ts';
import { keyBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import type { Custodian, WrappedKey } from './custodian.ts';
import { ExternalKeyFault } from './external/faults.ts';

/** A second lock on data keys: the tenant's own, in its Vault (external/external-keys.ts). */
export interface OuterKeys {
  /** Wraps a wrapped data key once more; undefined if the tenant has no key of its own. @throws keyring.external-key */
  wrap(tenant: TenantId, wrapped: Uint8Array): Promise<Uint8Array | undefined>;
  /** @throws keyring.external-key, keyring.unknown-key (the tenant's own key was removed) */
  unwrap(tenant: TenantId, outer: Uint8Array): Promise<Uint8Array>;
}

export interface DataKeyOptions {
  readonly custodian: Custodian;
  /** By default no tenant has a key of its own. */
  readonly outer?: OuterKeys;
  readonly clock?: Clock;
  /** How long a data key is cached after it was created or unwrapped. */
  readonly dataKeyLifetimeMs?: number;
  /**
   * How much longer a cached data key is used while the custodian cannot be reached; by default not at all. For a
   * process that is told of every key that is rotated or destroyed, and so forgets it.
   */
  readonly whileAwayMs?: number | undefined;
  /** How many values one data key seals before the next is created; far below the 2^32 that random nonces allow. */
  readonly dataKeyUses?: number;
  /** How many data keys are cached for opening, and how many for sealing. */
  readonly rememberedKeys?: number;
}

/** The name under which the custodian stores the tenant's key. */
export const tenantKeyName = (tenant: TenantId | 'platform'): string =>
  tenant === 'platform' ? tenant : `tenant-${tenant}`;

/** What does not open: its ciphertext, its header or its data key was changed. */
export const edited = () => platformFault('keyring.edited', 'A sealed value was modified and cannot be decrypted.');

/** Whose data key, and whether without the tenant's own key around it. */
interface KeyOwner {
  readonly tenant: TenantId | 'platform';
  readonly withoutExternalKey?: true | undefined;
}

/** A wrapped data key, and whether the tenant's own key has wrapped it once more. */
export interface StoredKey extends WrappedKey {
  readonly isDouble: boolean;
}

interface SealingKey {
  readonly key: KeyObject;
  readonly wrappedKey: StoredKey;
}

interface Remembered<Value> {
  readonly tenant: string;
  value: Promise<Value>;
  /** After this, the custodian is asked again. */
  freshUntilMs: number;
  /** Until then it is used if the custodian cannot be reached. */
  usableUntilMs: number;
}

type SealingEntry = Remembered<SealingKey> & { uses: number };

/** Data keys by tenant, for minutes: one request to the custodian serves many values. */
export class DataKeys {
  readonly #custodian: Custodian;
  readonly #outer: OuterKeys | undefined;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #whileAwayMs: number;
  readonly #maxUses: number;
  readonly #sealing: BoundedMap<string, SealingEntry>;
  readonly #opening: BoundedMap<string, Remembered<KeyObject>>;

  constructor(options: DataKeyOptions) {
    this.#custodian = options.custodian;
    this.#outer = options.outer;
    this.#clock = options.clock ?? systemClock;
    this.#lifetimeMs = options.dataKeyLifetimeMs ?? 5 * 60_000;
    this.#whileAwayMs = options.whileAwayMs ?? 0;
    this.#maxUses = options.dataKeyUses ?? 2 ** 20;
    this.#sealing = new BoundedMap(options.rememberedKeys ?? 1_000);
    this.#opening = new BoundedMap(options.rememberedKeys ?? 1_000);
  }

  async forSealing({ tenant, withoutExternalKey }: KeyOwner, uses = 1): Promise<SealingKey> {
    const sealing = sealingId(tenant, withoutExternalKey === true);
    const nowMs = this.#clock.now();
    const before = this.#sealing.get(sealing, nowMs);
    if (before && before.freshUntilMs > nowMs && before.uses < this.#maxUses) {
      before.uses += uses;
      return before.value;
    }
    const entry: SealingEntry = {
      ...this.#renewed(tenant, this.#make(tenant, withoutExternalKey ? undefined : this.#outer)),
      uses,
    };
    this.#replace(this.#sealing, { id: sealing, entry, before });
    const { wrappedKey, key } = await entry.value;
    // What was just sealed is often what is opened next. Unless the tenant was forgotten meanwhile.
    const id = openingId(tenant, wrappedKey);
    if (this.#sealing.get(sealing, nowMs) === entry && !this.#opening.get(id, nowMs))
      this.#replace(this.#opening, { id, entry: this.#renewed(tenant, Promise.resolve(key)), before: undefined });
    return entry.value;
  }

  async forOpening(tenant: TenantId | 'platform', wrappedKey: StoredKey): Promise<KeyObject> {
    const id = openingId(tenant, wrappedKey);
    const nowMs = this.#clock.now();
    const before = this.#opening.get(id, nowMs);
    if (before && before.freshUntilMs > nowMs) return before.value;
    const entry = this.#renewed(tenant, this.#unwrap(tenant, wrappedKey));
    this.#replace(this.#opening, { id, entry, before });
    return entry.value;
  }

  #renewed<Value>(tenant: string, value: Promise<Value>): Remembered<Value> {
    const freshUntilMs = this.#clock.now() + this.#lifetimeMs;
    return { tenant, value, freshUntilMs, usableUntilMs: freshUntilMs + this.#whileAwayMs };
  }

  /** Stores an entry, which falls back on the one before it while the custodian cannot be reached. */
  #replace<Value, Entry extends Remembered<Value>>(
    map: BoundedMap<string, Entry>,
    {
      id,
      entry,
      before,
    }: { readonly id: string; readonly entry: Entry; readonly before: Remembered<Value> | undefined },
  ): void {
    if (before && before.usableUntilMs > this.#clock.now())
      entry.value = entry.value.catch((error: unknown) => {
        if (!isAway(error)) throw error;
        // The next use asks again.
        entry.freshUntilMs = 0;
        entry.usableUntilMs = before.usableUntilMs;
        return before.value;
      });
    map.set(id, entry, entry.usableUntilMs);
    entry.value.catch(() => map.delete(id));
  }

  forget(tenant: string): void {
    for (const withoutExternalKey of [false, true]) this.#sealing.delete(sealingId(tenant, withoutExternalKey));
    this.#opening.deleteWhere((entry) => entry.tenant === tenant);
  }

  async #make(tenant: TenantId | 'platform', outer: OuterKeys | undefined): Promise<SealingKey> {
    const dataKey = randomBytes(keyBytes);
    try {
      const name = tenantKeyName(tenant);
      const wrap = () => this.#custodian.wrap(name, dataKey, keyContext(tenant));
      const { version, wrapped } = await wrap().catch(async (error: unknown) => {
        if (!hasCode(error, 'keyring.unknown-key')) throw error;
        await this.#custodian.createKey(name);
        return wrap();
      });
      const key = createSecretKey(dataKey);
      // In this order: what a version has wrapped after a tenant's own key was set is wrapped by that key, too.
      const twice = tenant === 'platform' ? undefined : await outer?.wrap(tenant, wrapped);
      return { key, wrappedKey: { version, wrapped: inOwnMemory(twice ?? wrapped), isDouble: twice !== undefined } };
    } finally {
      dataKey.fill(0);
    }
  }

  async #unwrap(tenant: TenantId | 'platform', { version, wrapped, isDouble }: StoredKey): Promise<KeyObject> {
    try {
      const once = isDouble ? await this.#outerOf(tenant).unwrap(tenant as TenantId, wrapped) : wrapped;
      const name = tenantKeyName(tenant);
      const dataKey = await this.#custodian.unwrap(name, { version, wrapped: once }, keyContext(tenant));
      const key = createSecretKey(dataKey);
      dataKey.fill(0);
      return key;
    } catch (error) {
      // The location's digest matches, so it is this tenant's value with a modified key rather than another's.
      throw hasCode(error, 'keyring.not-authentic') ? edited() : error;
    }
  }

  #outerOf(tenant: TenantId | 'platform'): OuterKeys {
    if (this.#outer && tenant !== 'platform') return this.#outer;
    throw platformFault('keyring.unknown-format', 'A sealed value needs a key that this process does not use.');
  }
}

/** Whether a custodian, or a tenant's own Vault, gives no answer: what it last gave holds for a while. */
const isAway = (error: unknown): boolean =>
  hasCode(error, 'keyring.unavailable') || (error instanceof ExternalKeyFault && !error.isDecided);

const sealingId = (tenant: string, withoutExternalKey: boolean): string =>
  withoutExternalKey ? `${tenant} alone` : tenant;
const openingId = (tenant: string, { version, wrapped }: WrappedKey): string =>
  `${tenant} ${version} ${textOf(wrapped)}`;

/** One character for each byte. */
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

const keyContext = (tenant: string): Buffer => encodeFields('bailiwick-data-key/1', tenant);
