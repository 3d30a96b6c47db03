import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import { keyBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import { createFile, replaceFile } from './atomic-file.ts';
import { keyringFaults, type Custodian } from './custodian.ts';
import { platformKeyPeriodMs } from './platform-key-age.ts';

const format = 'bailiwick-wrapped-root/1';
/** The launcher's only key. */
const keyName = 'platform';
const context = encodeFields(format);

const wrappedSchema = z.strictObject({
  /** Of the custodian's key. */
  version: z.number().int().min(1),
  wrapped: z.base64(),
  createdAtMs: z.number().int(),
});
const fileSchema = z.strictObject({
  format: z.literal(format),
  current: wrappedSchema,
  /** Until nothing derives from it any more. */
  earlier: wrappedSchema.optional(),
});
type Wrapped = z.infer<typeof wrappedSchema>;
type Content = z.infer<typeof fileSchema>;

export interface WrappedRootKeyOptions {
  /** Where the wrapped key is stored: without the custodian, worth nothing. */
  readonly file: string;
  /** The launcher's. */
  readonly custodian: Pick<Custodian, 'createKey' | 'wrap' | 'unwrap' | 'rotate' | 'retire'>;
  readonly clock: Clock;
}

export interface WrappedRootKeys {
  readonly current: KeyObject;
  /** The key that it has replaced, until `forgetEarlierRootKey`. */
  readonly earlier?: KeyObject;
}

/**
 * Opens the key from which an installation derives the passwords of its database, where the keys are at Vault: it is
 * stored wrapped by a key that never leaves Vault. Created at first use.
 * @throws keyring.unavailable, keyring.damaged, keyring.other-custodian (another Vault has wrapped it)
 */
export async function openWrappedRootKeys(options: WrappedRootKeyOptions): Promise<WrappedRootKeys> {
  const { file, custodian } = options;
  const stored = await read(file);
  if (stored) return unwrapBoth(stored, custodian);
  const { key, wrapped } = await newKey(options);
  if (await onDisk(() => createFile(file, contentOf({ format, current: wrapped })))) return { current: key };
  // Another process created it in the meantime: its key counts.
  const theirs = await read(file);
  if (!theirs) throw damaged();
  return unwrapBoth(theirs, custodian);
}

/**
 * Replaces it by a new one if it is ninety days old, and stores the one that is replaced beside it. The new one is
 * wrapped by a new version of the custodian's key; the older ones are destroyed once the earlier root key is forgotten,
 * so that no copy of the file opens any more. Does nothing while there is an earlier one. @throws as openWrappedRootKeys
 */
export async function replaceWrappedRootKey(options: WrappedRootKeyOptions): Promise<void> {
  const { file, custodian, clock } = options;
  const stored = await read(file);
  if (!stored || stored.earlier) return;
  if (stored.current.createdAtMs + platformKeyPeriodMs > clock.now()) {
    if (stored.current.version > 1) await custodian.retire(keyName, stored.current.version);
    return;
  }
  await custodian.rotate(keyName);
  const { wrapped } = await newKey(options);
  await store(file, { format, current: wrapped, earlier: stored.current });
}

/** Once nothing derives from the earlier key. */
export async function forgetEarlierRootKey(file: string): Promise<void> {
  const stored = await read(file);
  if (stored?.earlier) await store(file, { format, current: stored.current });
}

/**
 * Has the same keys wrapped by another custodian. Repeating it changes nothing.
 * @throws keyring.unavailable, keyring.damaged, keyring.other-custodian (neither opens them)
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
  const isThere = await unwrapBoth(stored, to).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'keyring.other-custodian')) return false;
      throw error;
    },
  );
  if (isThere) return;
  const rewrapped = async (each: Wrapped): Promise<Wrapped> => {
    const bytes = (await unwrap(each, from)).export();
    try {
      return await wrap(bytes, to, each.createdAtMs);
    } finally {
      bytes.fill(0);
    }
  };
  const { current, earlier } = stored;
  await store(file, {
    format,
    current: await rewrapped(current),
    ...(earlier ? { earlier: await rewrapped(earlier) } : {}),
  });
}

async function newKey({ custodian, clock }: WrappedRootKeyOptions): Promise<{ key: KeyObject; wrapped: Wrapped }> {
  const bytes = randomBytes(keyBytes);
  try {
    return { wrapped: await wrap(bytes, custodian, clock.now()), key: createSecretKey(bytes) };
  } finally {
    bytes.fill(0);
  }
}

async function wrap(
  bytes: Buffer,
  custodian: WrappedRootKeyOptions['custodian'],
  createdAtMs: number,
): Promise<Wrapped> {
  await custodian.createKey(keyName);
  const { version, wrapped } = await custodian.wrap(keyName, bytes, context);
  return { version, wrapped: Buffer.from(wrapped).toString('base64'), createdAtMs };
}

async function unwrapBoth(
  { current, earlier }: Content,
  custodian: WrappedRootKeyOptions['custodian'],
): Promise<WrappedRootKeys> {
  return {
    current: await unwrap(current, custodian),
    ...(earlier ? { earlier: await unwrap(earlier, custodian) } : {}),
  };
}

async function unwrap(
  { version, wrapped }: Wrapped,
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

async function read(file: string): Promise<Content | undefined> {
  const text = await onDisk(() =>
    readFile(file, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }),
  );
  if (text === undefined) return undefined;
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(cause);
  }
}

const store = (file: string, content: Content): Promise<void> => onDisk(() => replaceFile(file, contentOf(content)));

const contentOf = (content: Content): Buffer => Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`);

async function onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw keyringFaults.unavailable('the file of the root key cannot be read or written.', error);
  }
}

const damaged = (cause?: unknown) =>
  platformFault('keyring.damaged', 'The wrapped root key cannot be read. Restore it from a backup.', cause);
