import { createSecretKey, generateKeySync, type KeyObject } from 'node:crypto';
import { access, constants, open } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { callerFault, BailiwickError, hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import { decrypt, encrypt, keyBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import { createFile, destroyFile, replaceFile } from './atomic-file.ts';
import { checkKeyName, keyringFaults, type Custodian } from './custodian.ts';
import type { KeysAway } from './custodian-state.ts';

/** Settings of a process whose keys are files: their folder, and the key (32 bytes) that seals them. */
export const fileCustodianSettingsSchema = z.strictObject({
  folder: z.string().min(1),
  keyBase64: z
    .string()
    .refine((text) => Buffer.from(text, 'base64').length === keyBytes, `must be ${keyBytes} bytes in base64`),
});

export type FileCustodianSettings = z.infer<typeof fileCustodianSettingsSchema>;

/** One key in memory: its versions in ascending order, the last of them current. */
interface LoadedKey {
  readonly oldest: number;
  readonly versions: readonly { readonly version: number; readonly createdAtMs: number; readonly key: KeyObject }[];
}

/** Distinguishes states of a file, so that a change by another process is noticed. */
type FileState = string;

const magic = Buffer.from('BWK1');
const headerBytes = magic.length + 4;
const maxFileBytes = 1024 * 1024;
const contentSchema = z.strictObject({
  oldest: z.number().int().min(1),
  versions: z
    .array(
      z.strictObject({
        version: z.number().int().min(1),
        /**
         * Missing in files from before rotations existed: such a file holds one version and was written when it was
         * created.
         */
        createdAtMs: z.number().int().optional(),
        key: z.base64(),
      }),
    )
    .min(1),
});

/**
 * Stores keys in a folder, one file per key: `BWK1`, the current version (32 bits), and the versions sealed with
 * AES-256-GCM by the process's own key, bound to the key's name and current version. Several processes may use one
 * folder; only one at a time may rotate or retire a key in it.
 *
 * It cannot notice when somebody with write access to the folder restores an older file of the same key.
 */
export function createFileCustodian(settings: FileCustodianSettings, clock: Clock = systemClock): Custodian {
  const bytes = Buffer.from(settings.keyBase64, 'base64');
  if (bytes.length !== keyBytes)
    throw callerFault('keyring.custodian-key', 'The custodian key must be 32 bytes in base64.');
  const store = new KeyFiles(path.resolve(settings.folder), createSecretKey(bytes), clock);
  bytes.fill(0);
  return {
    createKey: (name) => store.create(name),
    async wrap(name, dataKey, context) {
      const current = currentOf(await store.read(name));
      return {
        version: current.version,
        wrapped: encrypt(current.key, dataKey, wrapContext(name, current.version, context)),
      };
    },
    async unwrap(name, { version, wrapped }, context) {
      const key = versionOf(name, await store.read(name), version);
      const dataKey = decrypt(key, wrapped, wrapContext(name, version, context));
      if (!dataKey) throw keyringFaults.notAuthentic(name);
      return dataKey;
    },
    async rotate(name) {
      const changed = await store.change(name, ({ oldest, versions }) => ({
        oldest,
        versions: [...versions, newVersion(currentOf({ oldest, versions }).version + 1, clock)],
      }));
      return currentOf(changed).version;
    },
    async versions(name) {
      const { versions } = await store.read(name);
      return versions.map(({ version, createdAtMs }) => ({ version, createdAt: new Date(createdAtMs) }));
    },
    async retire(name, beforeVersion) {
      await store.change(name, (key) => {
        if (beforeVersion > currentOf(key).version) throw keyringFaults.retiresCurrent(name);
        if (beforeVersion <= key.oldest) return key;
        return { oldest: beforeVersion, versions: key.versions.filter(({ version }) => version >= beforeVersion) };
      });
    },
    destroyKey: (name) => store.destroy(name),
    health: () => store.health(),
    // It holds no file open.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const newVersion = (version: number, clock: Clock) => ({
  version,
  createdAtMs: clock.now(),
  key: generateKeySync('aes', { length: 256 }),
});

const wrapContext = (name: string, version: number, context: Uint8Array): Buffer =>
  encodeFields('bailiwick-wrapped-key/1', name, String(version), context);

function currentOf(key: LoadedKey) {
  const current = key.versions.at(-1);
  if (!current) throw platformFault('keyring.damaged', 'A key file holds no version of its key.');
  return current;
}

function versionOf(name: string, key: LoadedKey, version: number): KeyObject {
  const found = key.versions.find((each) => each.version === version);
  if (found) return found.key;
  throw version >= 1 && version < key.oldest
    ? keyringFaults.retiredVersion(name, version)
    : keyringFaults.unknownVersion(name, version);
}

/** The folder: reads, caches, and writes; changes of one key run one after the other. */
class KeyFiles {
  readonly #folder: string;
  readonly #sealingKey: KeyObject;
  readonly #clock: Clock;
  readonly #loaded = new Map<string, { state: FileState; key: LoadedKey }>();
  readonly #changes = new Map<string, Promise<unknown>>();

  constructor(folder: string, sealingKey: KeyObject, clock: Clock) {
    this.#folder = folder;
    this.#sealingKey = sealingKey;
    this.#clock = clock;
  }

  async create(name: string): Promise<void> {
    const file = this.#file(name);
    await this.#inTurn(name, () =>
      guarded('its file could not be written', () =>
        createFile(file, this.#seal(name, { oldest: 1, versions: [newVersion(1, this.#clock)] })),
      ),
    );
  }

  async read(name: string): Promise<LoadedKey> {
    const file = this.#file(name);
    const content = await guarded('its file could not be read', () => this.#readFile(name, file));
    if (!content) throw keyringFaults.unknownKey(name);
    return content;
  }

  change(name: string, next: (key: LoadedKey) => LoadedKey): Promise<LoadedKey> {
    const file = this.#file(name);
    return this.#inTurn(name, async () => {
      const before = await this.read(name);
      const after = next(before);
      if (after !== before) {
        await guarded('its file could not be written', () => replaceFile(file, this.#seal(name, after)));
        this.#loaded.delete(name);
      }
      return after;
    });
  }

  async destroy(name: string): Promise<void> {
    const file = this.#file(name);
    await this.#inTurn(name, async () => {
      this.#loaded.delete(name);
      await guarded('its file could not be destroyed', () => destroyFile(file));
    });
  }

  /** The folder is created with the first key. */
  async health(): Promise<Omit<HealthCause, 'name'>> {
    try {
      await access(this.#folder, constants.R_OK | constants.W_OK);
    } catch (error) {
      if (!hasCode(error, 'ENOENT'))
        return { status: 'degraded', state: stateAfter(error), detail: `${this.#folder} cannot be read and written` };
    }
    return { status: 'healthy' };
  }

  #file(name: string): string {
    checkKeyName(name);
    return path.join(this.#folder, `${name}.key`);
  }

  async #readFile(name: string, file: string): Promise<LoadedKey | undefined> {
    const handle = await open(file, 'r').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (!handle) {
      this.#loaded.delete(name);
      return undefined;
    }
    try {
      const { ino, size, mtimeNs, mtimeMs } = await handle.stat({ bigint: true });
      const state = `${ino} ${size} ${mtimeNs}`;
      const remembered = this.#loaded.get(name);
      if (remembered?.state === state) return remembered.key;
      if (size > BigInt(maxFileBytes))
        throw platformFault('keyring.damaged', `The file of key ${name} is too large for a key file.`);
      const key = this.#open(name, await handle.readFile(), Number(mtimeMs));
      this.#loaded.set(name, { state, key });
      return key;
    } finally {
      await handle.close();
    }
  }

  #seal(name: string, key: LoadedKey): Buffer {
    const version = currentOf(key).version;
    const versions = key.versions.map((each) => ({ ...each, key: each.key.export().toString('base64') }));
    const content = Buffer.from(JSON.stringify({ oldest: key.oldest, versions }));
    const header = Buffer.alloc(headerBytes);
    header.set(magic);
    header.writeUInt32BE(version, magic.length);
    const sealed = encrypt(this.#sealingKey, content, fileContext(name, version), header);
    content.fill(0);
    return sealed;
  }

  #open(name: string, bytes: Buffer, writtenAtMs: number): LoadedKey {
    if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) {
      throw platformFault('keyring.damaged', `The file of key ${name} is not a key file.`);
    }
    const version = bytes.readUInt32BE(magic.length);
    const content = decrypt(this.#sealingKey, bytes.subarray(headerBytes), fileContext(name, version));
    if (!content) {
      throw platformFault(
        'keyring.custodian-key',
        `The file of key ${name} cannot be decrypted: it was modified, belongs to another key, or was sealed by another custodian key.`,
      );
    }
    const { oldest, versions } = contentSchema.parse(JSON.parse(content.toString('utf8')));
    content.fill(0);
    return {
      oldest,
      versions: versions.map(({ createdAtMs = writtenAtMs, ...each }) => ({
        version: each.version,
        createdAtMs,
        key: secretKey(each.key),
      })),
    };
  }

  async #inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#changes.get(name) ?? Promise.resolve()).then(work, work);
    this.#changes.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#changes.get(name) === turn) this.#changes.delete(name);
    }
  }
}

const fileContext = (name: string, version: number): Buffer =>
  encodeFields('bailiwick-key-file/1', name, String(version));

function secretKey(base64: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** Disk faults become the custodian's; our own pass through. */
async function guarded<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BailiwickError) throw error;
    throw keyringFaults.unavailable(what, error, stateAfter(error));
  }
}

const refusals = ['EACCES', 'EPERM', 'EROFS'];

/** In which state the folder is if a call to the system ended like this. */
const stateAfter = (error: unknown): KeysAway =>
  refusals.some((code) => hasCode(error, code)) ? 'refuses' : 'no-answer';
