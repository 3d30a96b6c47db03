import { createSecretKey, hash, randomBytes, type KeyObject } from 'node:crypto';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { decrypt, encrypt, ivBytes, keyBytes, tagBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import type { Custodian, WrappedKey } from './custodian.ts';
import { ExternalKeyFault } from './external/faults.ts';

/** Where a sealed value belongs: it can be opened only there. 'platform' is for values that belong to no tenant. */
export interface Location {
  readonly tenant: TenantId | 'platform';
  readonly table: string;
  readonly column: string;
  /** The row's primary key, as text. */
  readonly row: string;
  /** Sealed without the tenant's external key even if there is one: what is needed to reach that key. */
  readonly withoutExternalKey?: true | undefined;
}

/** A second lock on data keys: the tenant's own, in its Vault (external/external-keys.ts). */
export interface OuterKeys {
  /** Wraps a wrapped data key once more; undefined if the tenant has no key of its own. @throws keyring.external-key */
  wrap(tenant: TenantId, wrapped: Uint8Array): Promise<Uint8Array | undefined>;
  /** @throws keyring.external-key, keyring.unknown-key (the tenant's own key was removed) */
  unwrap(tenant: TenantId, outer: Uint8Array): Promise<Uint8Array>;
}

export interface EnvelopeOptions {
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

/** Seals values with a data key of their tenant, which is stored with them, wrapped by the tenant's key. */
export interface Envelope {
  /**
   * Makes sure that a data key is cached, so that `seal` does not have to ask the custodian: for use before a
   * transaction, which should not wait. @throws keyring.unavailable, keyring.external-key
   */
  prepare(tenant: TenantId): Promise<void>;
  /** Creates the tenant's key at first use. @throws keyring.unavailable, keyring.external-key, keyring.too-large */
  seal(plaintext: Uint8Array, location: Location): Promise<Uint8Array>;
  /**
   * @throws keyring.truncated, keyring.edited, keyring.foreign (sealed for another location), keyring.unknown-format,
   *   keyring.unknown-version, keyring.retired-version, keyring.unknown-key (destroyed), keyring.unavailable,
   *   keyring.external-key
   */
  open(sealed: Uint8Array, location: Location): Promise<Uint8Array>;
  /** Drops a tenant's cached data keys in this process: after its key was rotated, retired or destroyed. */
  forget(tenant: TenantId | 'platform'): void;
  /** How many versions of its key a tenant has; 0 without a key. @throws keyring.unavailable */
  versions(tenant: TenantId): Promise<number>;
  /**
   * Destroys a tenant's key: what was sealed with it can no longer be opened anywhere, in no copy and no backup.
   * Another process that has just opened something may do so until its cached data keys expire. @throws
   * keyring.unavailable
   */
  destroy(tenant: TenantId): Promise<void>;
}

/**
 * The bytes of a sealed value (numbers big-endian):
 *
 *     0   format, 0x01; 0x02 if the wrapped data key is wrapped once more, by a key in the tenant's own Vault
 *     1   version of the tenant's key (32 bits)
 *     5   location: the first 16 bytes of SHA-256 over the encoded fields tenant, table, column, row
 *     21  length of the plaintext (32 bits)
 *     25  length w of the wrapped data key (16 bits)
 *     27  wrapped data key
 *     27+w     nonce (12), ciphertext, tag (16)
 *
 * AES-256-GCM; associated data: bytes 0 to 27+w and the encoded location. The location's digest adds no safety (the
 * associated data does); it tells a value in the wrong row from an edited one.
 */
const formats = { single: 0x01, double: 0x02 } as const;
const versionAt = 1;
const locationAt = 5;
const locationBytes = 16;
const lengthAt = locationAt + locationBytes;
const wrappedLengthAt = lengthAt + 4;
const wrappedAt = wrappedLengthAt + 2;
const maxPlaintextBytes = 16 * 1024 * 1024;

/** The name under which the custodian stores the tenant's key. */
export const tenantKeyName = (tenant: TenantId | 'platform'): string =>
  tenant === 'platform' ? tenant : `tenant-${tenant}`;

export function createEnvelope(options: EnvelopeOptions): Envelope {
  const keys = new DataKeys(options);
  return {
    async prepare(tenant) {
      await keys.forSealing({ tenant }, 0);
    },
    async seal(plaintext, location) {
      if (plaintext.length > maxPlaintextBytes)
        throw callerFault('keyring.too-large', 'A sealed value must be at most 16 MiB.');
      const { key, wrappedKey } = await keys.forSealing(location);
      const context = encodeLocation(location);
      const header = writeHeader(wrappedKey, digestOf(context), plaintext.length);
      return encrypt(key, plaintext, Buffer.concat([header, context]), header);
    },
    async open(sealed, location) {
      const { wrappedKey, locationDigest, header, body } = readHeader(sealed);
      const context = encodeLocation(location);
      if (!digestOf(context).equals(locationDigest)) {
        throw platformFault('keyring.foreign', 'A sealed value is stored in the wrong place.');
      }
      const key = await keys.forOpening(location.tenant, wrappedKey);
      const plaintext = decrypt(key, body, Buffer.concat([header, context]));
      if (!plaintext) throw edited();
      return plaintext;
    },
    forget: (tenant) => keys.forget(tenant),
    async versions(tenant) {
      try {
        return (await options.custodian.versions(tenantKeyName(tenant))).length;
      } catch (error) {
        if (hasCode(error, 'keyring.unknown-key')) return 0;
        throw error;
      }
    },
    async destroy(tenant) {
      await options.custodian.destroyKey(tenantKeyName(tenant));
      keys.forget(tenant);
    },
  };
}

/**
 * The version of the tenant's key that a sealed value needs; its first five bytes are enough.
 * @throws keyring.truncated, keyring.unknown-format
 */
export function keyVersionOf(sealed: Uint8Array): number {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  checkFormat(bytes);
  if (bytes.length < locationAt) throw truncated();
  return bytes.readUInt32BE(versionAt);
}

const edited = () => platformFault('keyring.edited', 'A sealed value was modified and cannot be decrypted.');
const truncated = () => platformFault('keyring.truncated', 'A sealed value is truncated.');

const encodeLocation = ({ tenant, table, column, row }: Location): Buffer =>
  encodeFields('bailiwick-sealed/1', tenant, table, column, row);

/** `hash` makes text in a quarter of the time that it takes to make a Buffer. */
const digestOf = (context: Buffer): Buffer =>
  Buffer.from(hash('sha256', context, 'latin1').slice(0, locationBytes), 'latin1');

function writeHeader(
  { version, wrapped, isDouble }: StoredKey,
  locationDigest: Buffer,
  plaintextLength: number,
): Buffer {
  const header = Buffer.alloc(wrappedAt + wrapped.length);
  header.writeUInt8(isDouble ? formats.double : formats.single, 0);
  header.writeUInt32BE(version, versionAt);
  header.set(locationDigest, locationAt);
  header.writeUInt32BE(plaintextLength, lengthAt);
  header.writeUInt16BE(wrapped.length, wrappedLengthAt);
  header.set(wrapped, wrappedAt);
  return header;
}

function checkFormat(bytes: Uint8Array): void {
  if (bytes.length === 0) throw truncated();
  if (bytes[0] !== formats.single && bytes[0] !== formats.double)
    throw platformFault('keyring.unknown-format', 'A sealed value has an unknown format.');
}

function readHeader(sealed: Uint8Array) {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  checkFormat(bytes);
  if (bytes.length < wrappedAt) throw truncated();
  const bodyAt = wrappedAt + bytes.readUInt16BE(wrappedLengthAt);
  const expected = bodyAt + ivBytes + bytes.readUInt32BE(lengthAt) + tagBytes;
  if (bytes.length < expected) throw truncated();
  if (bytes.length > expected) throw edited();
  return {
    wrappedKey: {
      version: keyVersionOf(bytes),
      wrapped: bytes.subarray(wrappedAt, bodyAt),
      isDouble: bytes[0] === formats.double,
    },
    locationDigest: bytes.subarray(locationAt, lengthAt),
    header: bytes.subarray(0, bodyAt),
    body: bytes.subarray(bodyAt),
  };
}

/** A wrapped data key, and whether the tenant's own key has wrapped it once more. */
interface StoredKey extends WrappedKey {
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
class DataKeys {
  readonly #custodian: Custodian;
  readonly #outer: OuterKeys | undefined;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #whileAwayMs: number;
  readonly #maxUses: number;
  readonly #sealing: BoundedMap<string, SealingEntry>;
  readonly #opening: BoundedMap<string, Remembered<KeyObject>>;

  constructor(options: EnvelopeOptions) {
    this.#custodian = options.custodian;
    this.#outer = options.outer;
    this.#clock = options.clock ?? systemClock;
    this.#lifetimeMs = options.dataKeyLifetimeMs ?? 5 * 60_000;
    this.#whileAwayMs = options.whileAwayMs ?? 0;
    this.#maxUses = options.dataKeyUses ?? 2 ** 20;
    this.#sealing = new BoundedMap(options.rememberedKeys ?? 1_000);
    this.#opening = new BoundedMap(options.rememberedKeys ?? 1_000);
  }

  async forSealing(
    { tenant, withoutExternalKey }: Pick<Location, 'tenant' | 'withoutExternalKey'>,
    uses = 1,
  ): Promise<SealingKey> {
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
      return { key, wrappedKey: { version, wrapped: twice ?? wrapped, isDouble: twice !== undefined } };
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
