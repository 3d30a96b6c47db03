import { callerFault, platformFault } from '#infra/kernel/errors.ts';

/** A data key as it may lie in the open: what the custodian made of it, and with which version of its key. */
export interface WrappedKey {
  readonly version: number;
  readonly wrapped: Uint8Array;
}

/** One version of a key and when it was made. */
export interface KeyVersion {
  readonly version: number;
  readonly createdAt: Date;
}

/**
 * Who keeps the keys that wrap data keys. The keys themselves never leave it. Every method may throw
 * `keyring.key-name` (not a name) and `keyring.unavailable` (the custodian cannot be reached or is sealed); the
 * adapters pass custodian.contract.ts.
 */
export interface Custodian {
  /** Makes version 1 of a key; does nothing when there is one by that name. */
  createKey(name: string): Promise<void>;
  /** Wraps with the current version. `context` has to be given again to unwrap. @throws keyring.unknown-key */
  wrap(name: string, dataKey: Uint8Array, context: Uint8Array): Promise<WrappedKey>;
  /**
   * @throws keyring.unknown-key, keyring.unknown-version (never made), keyring.retired-version (was, and is gone),
   *   keyring.not-authentic (edited, or of another key or context)
   */
  unwrap(name: string, wrappedKey: WrappedKey, context: Uint8Array): Promise<Uint8Array>;
  /** Adds a version and wraps with it from now on; older ones still open. Answers the new version. */
  rotate(name: string): Promise<number>;
  /** Those that open, in ascending order; the last is current and alone wraps. @throws keyring.unknown-key */
  versions(name: string): Promise<readonly KeyVersion[]>;
  /** Destroys the versions below `beforeVersion`. @throws keyring.retires-current when that would be all of them */
  retire(name: string, beforeVersion: number): Promise<void>;
  /** Destroys every version; what was wrapped with them never opens again. Does nothing when there is no such key. */
  destroyKey(name: string): Promise<void>;
}

const namePattern = /^[a-z0-9](?:[a-z0-9_-]{0,126}[a-z0-9])?$/;

/** A key's name is a file's name and a part of a URL: nothing in it may mean anything there. */
export function checkKeyName(name: string): void {
  if (!namePattern.test(name)) {
    throw callerFault('keyring.key-name', 'A key name is 1 to 128 lower-case letters, digits, dashes and underscores.');
  }
}

/** The faults that every adapter tells in the same words. */
export const keyringFaults = {
  unknownKey: (name: string) =>
    platformFault('keyring.unknown-key', `There is no key ${name}: it was never created, or was destroyed.`),
  unknownVersion: (name: string, version: number) =>
    platformFault('keyring.unknown-version', `Version ${version} of key ${name} was never created here.`),
  retiredVersion: (name: string, version: number) =>
    platformFault(
      'keyring.retired-version',
      `Version ${version} of key ${name} was retired, so what it wrapped can no longer be decrypted.`,
    ),
  notAuthentic: (name: string) =>
    platformFault('keyring.not-authentic', `A wrapped key was modified, or does not belong to ${name}.`),
  retiresCurrent: (name: string) =>
    callerFault(
      'keyring.retires-current',
      `The current version of key ${name} cannot be retired. Rotate it first.`,
      409,
    ),
  unavailable: (what: string, cause: unknown) =>
    platformFault('keyring.unavailable', `The keys cannot be reached: ${what}`, cause),
};
