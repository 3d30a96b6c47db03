import { createSecretKey, hkdfSync, randomBytes, scrypt, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { decrypt, encrypt, keyBytes } from './aes-gcm.ts';
import { createFile } from './atomic-file.ts';

/** scrypt at 128 MiB: what a guess at a passphrase costs (RFC 7914; OWASP asks for at least N = 2^17, r = 8). */
const scryptCost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const saltBytes = 16;
const associatedData = Buffer.from('bailiwick/root-key/1');

const fileSchema = z.strictObject({
  format: z.literal('bailiwick-root-key/1'),
  by: z.enum(['passphrase', 'key-file']),
  salt: z.base64(),
  sealed: z.base64(),
});

/** How the root key is sealed at rest: by what a person knows, or by a file that lies elsewhere or is mounted. */
export type RootKeySource = { readonly passphrase: string } | { readonly keyFile: string };

/**
 * Opens the installation's root key, from which every other key of the embedded default is derived or sealed; makes it
 * at the first use. A key file is made too when there is none and there is no root key yet.
 * @throws keyring.wrong-passphrase, keyring.wrong-key-file, keyring.no-key-file, keyring.damaged
 */
export async function openRootKey(options: { readonly file: string } & RootKeySource): Promise<KeyObject> {
  const existing = await readOptional(options.file);
  if (existing === undefined) return createRootKey(options);
  const content = parseFile(existing);
  const by = 'passphrase' in options ? 'passphrase' : 'key-file';
  if (content.by !== by) {
    const message = `The keyring is sealed by a ${content.by === 'passphrase' ? 'passphrase' : 'key file'}: start with that.`;
    throw callerFault(`keyring.wrong-${by}`, message);
  }
  const sealingKey = await sealingKeyOf(options, Buffer.from(content.salt, 'base64'));
  const opened = decrypt(sealingKey, Buffer.from(content.sealed, 'base64'), associatedData);
  if (opened) return createSecretKey(opened);
  throw by === 'passphrase'
    ? callerFault('keyring.wrong-passphrase', 'This is not the passphrase that the keyring was sealed with.')
    : callerFault('keyring.wrong-key-file', 'This is not the key file that the keyring was sealed with.');
}

/** A key for one purpose (HKDF-SHA-256, RFC 5869): who holds it learns nothing of the root or of another purpose's. */
export function deriveKey(root: KeyObject, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `bailiwick/${purpose}`, keyBytes));
}

async function createRootKey(options: { readonly file: string } & RootKeySource): Promise<KeyObject> {
  if ('keyFile' in options) await createFile(options.keyFile, randomBytes(keyBytes));
  const root = randomBytes(keyBytes);
  const salt = randomBytes(saltBytes);
  const content = {
    format: 'bailiwick-root-key/1',
    by: 'passphrase' in options ? 'passphrase' : 'key-file',
    salt: salt.toString('base64'),
    sealed: encrypt(await sealingKeyOf(options, salt), root, associatedData).toString('base64'),
  };
  // Somebody else who starts at the same time may be first: then theirs is the key.
  const made = await createFile(options.file, Buffer.from(`${JSON.stringify(content)}\n`));
  return made ? createSecretKey(root) : openRootKey(options);
}

async function sealingKeyOf(source: RootKeySource, salt: Buffer): Promise<KeyObject> {
  if ('passphrase' in source) return createSecretKey(await stretch(source.passphrase, salt));
  const bytes = await readOptional(source.keyFile);
  if (!bytes) {
    throw callerFault(
      'keyring.no-key-file',
      `The key file ${source.keyFile} is gone: without it nothing can be opened. Put it back.`,
    );
  }
  return createSecretKey(Buffer.from(hkdfSync('sha256', bytes, salt, 'bailiwick/key-file', keyBytes)));
}

/** NFKC, so that the same passphrase typed on another keyboard is the same bytes. */
function stretch(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, keyBytes, scryptCost, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function parseFile(bytes: Buffer): z.infer<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw platformFault('keyring.damaged', 'The keyring file is damaged: restore it from a backup.', cause);
  }
}

async function readOptional(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
