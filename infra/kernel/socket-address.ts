import { open } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

/**
 * The address of a Unix socket has at most 107 bytes (unix(7)), which a data folder may well exceed. On Linux it is
 * then reached through an open folder.
 */
export async function socketAddress(file: string): Promise<AsyncDisposable & { readonly path: string }> {
  if (process.platform !== 'linux') return { path: file, [Symbol.asyncDispose]: async () => undefined };
  const folder = await open(path.dirname(file), 'r');
  return {
    path: path.join('/proc/self/fd', String(folder.fd), path.basename(file)),
    [Symbol.asyncDispose]: () => folder.close(),
  };
}
