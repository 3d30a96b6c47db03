import { hash } from 'node:crypto';
import { callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { decrypt, encrypt, ivBytes, tagBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import { DataKeys, edited, tenantKeyName, type DataKeyOptions, type StoredKey } from './data-keys.ts';

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

export function createEnvelope(options: DataKeyOptions): Envelope {
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
  const header = Buffer.allocUnsafe(wrappedAt + wrapped.length);
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
