import { BailiwickError, callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { noSuchTenant } from './commands/arguments.ts';

/** Turns whatever was thrown into an error of one line that says what to do. */
export function plainError(error: unknown): BailiwickError {
  if (hasCode(error, 'tenant.unknown')) return noSuchTenant();
  if (error instanceof BailiwickError) return error;
  const file = fileFault(error);
  if (file) return file;
  const [why = 'unknown'] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return platformFault('cli.fault', `This is a bug in bailiwick; please report it: ${why}`, error, 500);
}

/** https://nodejs.org/api/errors.html#common-system-errors */
const fileFaults: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission: run as one who has, or name another',
  EPERM: 'this user has no permission: run as one who has, or name another',
  ENOENT: 'there is no such file or folder: check the name',
  ENOTDIR: 'a part of its path is not a folder: check the name',
  EISDIR: 'it is a folder: name a file',
  EROFS: 'its file system is read-only: choose another folder',
  EEXIST: 'it already exists: name another',
  ENOSPC: 'the disk is full: free some space and run the command again',
  EDQUOT: 'the disk is full: free some space and run the command again',
};

/** A fault of a file that the user named; undefined for any other error. */
export function fileFault(error: unknown): BailiwickError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const why = fileFaults[String(error.code)];
  if (why === undefined) return undefined;
  const file = 'path' in error && typeof error.path === 'string' ? error.path : 'A file';
  return callerFault('cli.file', `${file} cannot be used, since ${why}.`);
}
