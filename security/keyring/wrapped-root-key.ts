import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import { keyBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import { createFile, replaceFile } from './atomic-file.ts';
import { keyringFaults, type Custodian } from './custodian.ts';

const format = 'bailiwick-wrapped-root/1';
/** The launcher's only key. */
const keyName = 'platform';
const context = encodeFields(format);

const fileSchema = z.strictObject({
  format: z.literal(format),
  version: z.number().int().min(1),
  wrapped: z.base64(),
});

export interface WrappedRootKeyOptions {
  /** Where the wrapped key is stored: without the custodian, worth nothing. */
  readonly file: string;
  /** The launcher's. */
  readonly custodian: Pick<Custodian, 'createKey' | 'wrap' | 'unwrap'>;
}

/**
 * Opens the key from which an installation derives the passwords of its database, where the keys are at Vault: it is
 * stored wrapped by a key that never leaves Vault. Created at first use.
 * @throws keyring.unavailable, keyring.damaged, keyring.other-custodian (another Vault has wrapped it)
 */
export async function openWrappedRootKey({ file, custodian }: WrappedRootKeyOptions): Promise<KeyObject> {
  const stored = await read(file);
  if (stored) return unwrap(stored, custodian);
  const bytes = randomBytes(keyBytes);
  try {
    const content = await wrap(bytes, custodian);
    const isOurs = await createFile(file, content).catch((error: unknown) => {
      throw keyringFaults.unavailable('the root key cannot be written.', error);
    });
    if (isOurs) return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
  // Another process created it in the meantime: its key counts.
  const theirs = await read(file);
  if (!theirs) throw damaged();
  return unwrap(theirs, custodian);
}

/**
 * Has the same key wrapped by another custodian. Repeating it changes nothing.
 * @throws keyring.unavailable, keyring.damaged, keyring.other-custodian (neither opens it)
 */
export async function rewrapRootKey({
  file,
  from,
  to,
}: {
  readonly file: string;
  readonly from: WrappedRootKeyOptions['custodian'];
  readonly to: WrappedRootKeyOptions['custodian'];
}): Promise<void> {
  const stored = await read(file);
  if (!stored) return;
  const isThere = await unwrap(stored, to).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'keyring.other-custodian')) return false;
      throw error;
    },
  );
  if (isThere) return;
  const bytes = (await unwrap(stored, from)).export();
  try {
    await replaceFile(file, await wrap(bytes, to));
  } finally {
    bytes.fill(0);
  }
}

async function wrap(bytes: Buffer, custodian: WrappedRootKeyOptions['custodian']): Promise<Buffer> {
  await custodian.createKey(keyName);
  const { version, wrapped } = await custodian.wrap(keyName, bytes, context);
  const made = { format, version, wrapped: Buffer.from(wrapped).toString('base64') };
  return Buffer.from(`${JSON.stringify(made, undefined, 2)}\n`);
}

async function unwrap(
  { version, wrapped }: z.infer<typeof fileSchema>,
  custodian: WrappedRootKeyOptions['custodian'],
): Promise<KeyObject> {
  try {
    const bytes = await custodian.unwrap(keyName, { version, wrapped: Buffer.from(wrapped, 'base64') }, context);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  } catch (cause) {
    if (hasCode(cause, 'keyring.unavailable')) throw cause;
    throw platformFault(
      'keyring.other-custodian',
      'This Vault does not open the root key: another one has wrapped it, or its key was deleted there. Name that Vault in the settings, or restore its storage from a backup.',
      cause,
    );
  }
}

async function read(file: string): Promise<z.infer<typeof fileSchema> | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw keyringFaults.unavailable('the root key cannot be read.', error);
  });
  if (text === undefined) return undefined;
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(cause);
  }
}

const damaged = (cause?: unknown) =>
  platformFault('keyring.damaged', 'The wrapped root key cannot be read. Restore it from a backup.', cause);
