import { BailiwickError, callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import type { KeysAway } from './custodian-state.ts';

/** A data key in its storable form: wrapped by the custodian, with the version of the key that wrapped it. */
export interface WrappedKey {
  readonly version: number;
  readonly wrapped: Uint8Array;
}

/** One version of a key and when it was created. */
export interface KeyVersion {
  readonly version: number;
  readonly createdAt: Date;
}

/**
 * Holds the keys that wrap data keys, and never exports them. Every method but `health` may throw `keyring.key-name` (an invalid
 * name) and `keyring.unavailable` (the custodian cannot be reached or is sealed); the adapters pass
 * custodian.contract.ts.
 */
export interface Custodian extends AsyncDisposable {
  /** Creates version 1 of a key; does nothing if a key by that name exists. */
  createKey(name: string): Promise<void>;
  /** Wraps with the current version. Unwrapping needs the same `context`. @throws keyring.unknown-key */
  wrap(name: string, dataKey: Uint8Array, context: Uint8Array): Promise<WrappedKey>;
  /**
   * @throws keyring.unknown-key, keyring.unknown-version (never created), keyring.retired-version (existed and is
   * gone), keyring.not-authentic (modified, or of another key or context)
   */
  unwrap(name: string, wrappedKey: WrappedKey, context: Uint8Array): Promise<Uint8Array>;
  /** Adds a version and wraps with it from now on; older ones can still unwrap. Returns the new version. */
  rotate(name: string): Promise<number>;
  /** The usable versions in ascending order; only the last, current one wraps. @throws keyring.unknown-key */
  versions(name: string): Promise<readonly KeyVersion[]>;
  /** Destroys the versions below `beforeVersion`. @throws keyring.retires-current if that would be all of them */
  retire(name: string, beforeVersion: number): Promise<void>;
  /**
   * Destroys every version; what was wrapped with them can never be unwrapped again. Does nothing if there is no such
   * key.
   */
  destroyKey(name: string): Promise<void>;
  /**
   * Whether the keys can be used now, and why not: `state` is one of `KeysAway` then, and absent otherwise. Never throws,
   * and answers within 2 s.
   */
  health(): Promise<Omit<HealthCause, 'name'>>;
}

const namePattern = /^[a-z0-9](?:[a-z0-9_-]{0,126}[a-z0-9])?$/;

/** A key's name becomes a file name and a part of a URL: it must contain nothing with a meaning there. */
export function checkKeyName(name: string): void {
  if (!namePattern.test(name)) {
    throw callerFault('keyring.key-name', 'A key name is 1 to 128 lower-case letters, digits, dashes and underscores.');
  }
}

/** The code of every fault whose cause is that the custodian's keys cannot be used now. */
export const keysAwayCode = 'keyring.unavailable';

/** For whoever needed a key: what is wrong, and who has to do what. */
const awayMessages: Readonly<Record<KeysAway, string>> = {
  sealed: 'The keys that protect what is stored are locked. An operator of the platform has to unlock them first.',
  'no-answer':
    'The keys that protect what is stored cannot be reached. Try again in a moment; if this continues, tell the operator of the platform.',
  refuses:
    'The keys that protect what is stored cannot be used. An operator of the platform has to renew its access to them first.',
};

/** The faults that every adapter reports in the same words. */
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
  /** `what` is for the operator. */
  unavailable: (what: string, cause: unknown, state: KeysAway = 'no-answer') =>
    new BailiwickError({
      code: keysAwayCode,
      owner: 'platform',
      status: 503,
      retryAfterSec: state === 'no-answer' ? 5 : 30,
      message: awayMessages[state],
      operatorMessage: `The keys cannot be used: ${what}`,
      cause,
    }),
};
