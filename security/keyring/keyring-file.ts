import { createSecretKey, hkdfSync, randomBytes, scrypt, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { BailiwickError, callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { decrypt, encrypt, keyBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import { createFile } from './atomic-file.ts';

export interface RootKeyOptions {
  /** Where the sealed root key is stored; created at first use. */
  readonly file: string;
  /** Provided by a person or a secret store. One of the two, always the same. */
  readonly passphrase?: string;
  /** A file of 32 random bytes in base64, created at first use: keep it separate from `file`, in another backup. */
  readonly keyFile?: string;
}

/** scrypt's cost (RFC 7914): 128 * N * r bytes of memory and a good part of a second for each guess. */
const cost = { n: 2 ** 17, r: 8, p: 1 };
const maxCost = 2 ** 20;
const minPassphrase = 8;
const format = 'bailiwick-keyring/1';

const fileSchema = z.strictObject({
  format: z.literal(format),
  unlock: z.discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('passphrase'),
      kdf: z.literal('scrypt'),
      n: z.number().int().min(cost.n).max(maxCost),
      r: z.literal(cost.r),
      p: z.literal(cost.p),
      salt: z.base64(),
    }),
    z.strictObject({ by: z.literal('key-file') }),
  ]),
  sealed: z.base64(),
});

type KeyringFile = z.infer<typeof fileSchema>;
type Unlock = KeyringFile['unlock'];

/**
 * Opens the key from which an installation on one machine derives all others, and creates it at first use. At rest it
 * is sealed by scrypt over a passphrase, or by a key file.
 * @throws keyring.wrong-passphrase, keyring.wrong-key-file, keyring.no-key-file, keyring.no-unlock (neither or both
 * given), keyring.other-unlock (it was sealed the other way), keyring.weak-passphrase, keyring.damaged,
 * keyring.unavailable (the disk)
 */
export async function openRootKey(options: RootKeyOptions): Promise<KeyObject> {
  if ((options.passphrase === undefined) === (options.keyFile === undefined)) {
    throw callerFault('keyring.no-unlock', 'Give either a passphrase or a key file to open the keyring.');
  }
  const stored = await readIfThere(options.file);
  if (stored !== undefined) return unseal(stored, options);
  const created = await seal(options);
  if (await guarded(() => createFile(options.file, created.content))) return created.root;
  // Another process created it in the meantime: its key counts.
  return unseal((await readIfThere(options.file)) ?? created.content, options);
}

/**
 * A key for one purpose, from which neither the root nor another purpose's key can be derived (HKDF-SHA-256, RFC 5869).
 */
export function deriveKey(root: KeyObject, purpose: string): Buffer {
  return Buffer.from(
    hkdfSync('sha256', root, Buffer.alloc(0), encodeFields('bailiwick-derived-key/1', purpose), keyBytes),
  );
}

async function seal(options: RootKeyOptions): Promise<{ content: Buffer; root: KeyObject }> {
  const unlock: Unlock =
    options.passphrase === undefined
      ? { by: 'key-file' }
      : { by: 'passphrase', kdf: 'scrypt', ...cost, salt: randomBytes(16).toString('base64') };
  if (options.passphrase !== undefined && options.passphrase.length < minPassphrase) {
    throw callerFault(
      'keyring.weak-passphrase',
      `A passphrase must have at least ${minPassphrase} characters; four words are better.`,
    );
  }
  if (options.keyFile !== undefined) {
    const { keyFile } = options;
    await guarded(() => createFile(keyFile, Buffer.from(`${randomBytes(keyBytes).toString('base64')}\n`)));
  }
  const bytes = randomBytes(keyBytes);
  const sealed = encrypt(await unlockingKey(unlock, options), bytes, contextOf(unlock));
  const root = createSecretKey(bytes);
  bytes.fill(0);
  const file: KeyringFile = { format, unlock, sealed: sealed.toString('base64') };
  return { content: Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`), root };
}

async function unseal(content: Buffer, options: RootKeyOptions): Promise<KeyObject> {
  const { unlock, sealed } = parse(content);
  if ((unlock.by === 'passphrase') !== (options.passphrase !== undefined)) {
    const how = unlock.by === 'passphrase' ? 'a passphrase' : 'a key file';
    throw callerFault('keyring.other-unlock', `This keyring was sealed with ${how}. Use that to open it.`);
  }
  const root = decrypt(await unlockingKey(unlock, options), Buffer.from(sealed, 'base64'), contextOf(unlock));
  if (!root) {
    throw unlock.by === 'passphrase'
      ? callerFault('keyring.wrong-passphrase', 'This is not the passphrase that the keyring was created with.')
      : callerFault('keyring.wrong-key-file', 'This is not the key file that the keyring was created with.');
  }
  const key = createSecretKey(root);
  root.fill(0);
  return key;
}

function parse(content: Buffer): KeyringFile {
  try {
    return fileSchema.parse(JSON.parse(content.toString('utf8')));
  } catch (cause) {
    throw platformFault('keyring.damaged', 'The keyring file cannot be read. Restore it from a backup.', cause);
  }
}

/** What the seal is bound to: a file with a lower cost or another salt cannot be opened. */
const contextOf = (unlock: Unlock): Buffer =>
  unlock.by === 'passphrase'
    ? encodeFields(format, unlock.by, unlock.kdf, String(unlock.n), String(unlock.r), String(unlock.p), unlock.salt)
    : encodeFields(format, unlock.by);

async function unlockingKey(unlock: Unlock, { passphrase = '', keyFile = '' }: RootKeyOptions): Promise<KeyObject> {
  if (unlock.by === 'key-file') return readKeyFile(keyFile);
  const { n, r, p, salt } = unlock;
  const derived = await new Promise<Buffer>((resolve, reject) => {
    const limits = { N: n, r, p, maxmem: 256 * n * r };
    // The same passphrase typed on another keyboard may have different bytes: NFKC makes them equal.
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), keyBytes, limits, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
  const key = createSecretKey(derived);
  derived.fill(0);
  return key;
}

async function readKeyFile(keyFile: string): Promise<KeyObject> {
  const content = await readIfThere(keyFile);
  if (!content) {
    throw callerFault(
      'keyring.no-key-file',
      `The key file ${keyFile} is not there. It is needed to open this keyring.`,
    );
  }
  const bytes = Buffer.from(content.toString('utf8').trim(), 'base64');
  if (bytes.length !== keyBytes)
    throw callerFault(
      'keyring.wrong-key-file',
      `${keyFile} is not a key file, which holds ${keyBytes} bytes in base64.`,
    );
  return createSecretKey(bytes);
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  return guarded(async () => {
    try {
      return await readFile(file);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BailiwickError) throw error;
    throw platformFault(
      'keyring.unavailable',
      'The keyring file cannot be read or written. Check its folder and permissions.',
      error,
    );
  }
}
