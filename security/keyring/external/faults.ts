import { BailiwickError } from '#infra/kernel/errors.ts';
import { VaultRefusal, VaultUnavailable } from '../vault/faults.ts';

/**
 * Why a tenant's own key cannot be used. The sentences are the platform's: what the customer's server says is shown to
 * nobody, since whoever chose the address could use it to read the answers of other servers.
 */
const sentences = {
  silent: 'its Vault does not answer',
  sealed: 'its Vault is sealed',
  'sign-in': 'its Vault refuses the sign-in with this role ID and secret ID',
  forbidden: 'its Vault no longer allows the platform to use the key',
  gone: 'the key no longer exists in its Vault',
  version: 'the version of the key that was used may no longer decrypt',
  other: 'the key in its Vault is another one than before',
  answer: 'its Vault gives answers that cannot be understood',
} as const;
export type ExternalFaultKind = keyof typeof sentences;

/** Vault has decided; the others may be over in a moment. */
const decided: readonly ExternalFaultKind[] = ['sign-in', 'forbidden', 'gone', 'version', 'other'];

/**
 * Code keyring.external-key, 424: neither the platform nor the caller is at fault, and no breaker between the parts of
 * the platform counts it.
 */
export class ExternalKeyFault extends BailiwickError {
  readonly kind: ExternalFaultKind;

  constructor(kind: ExternalFaultKind, cause?: unknown) {
    super({
      code: 'keyring.external-key',
      owner: 'upstream',
      status: 424,
      message: `This tenant's own key cannot be used: ${sentences[kind]}. Restore the key or the access to it there; everything continues by itself.`,
      cause,
    });
    this.name = 'ExternalKeyFault';
    this.kind = kind;
  }

  /** Whether the key was taken away, as far as Vault can tell. */
  get isDecided(): boolean {
    return decided.includes(this.kind);
  }
}

/** What a failed call at a customer's Vault means. */
export function externalFaultOf(error: unknown): ExternalKeyFault {
  if (error instanceof ExternalKeyFault) return error;
  if (error instanceof VaultRefusal) return new ExternalKeyFault(kindOfRefusal(error), error);
  if (error instanceof VaultUnavailable) {
    if (error.cause instanceof VaultRefusal) return new ExternalKeyFault('sign-in', error);
    return new ExternalKeyFault(error.state === 'sealed' ? 'sealed' : 'silent', error);
  }
  return new ExternalKeyFault('answer', error);
}

function kindOfRefusal({ status, message }: VaultRefusal): ExternalFaultKind {
  if (status === 404 || /key not found|no existing key/i.test(message)) return 'gone';
  if (status === 403) return 'forbidden';
  if (/too old|disallowed by policy/i.test(message)) return 'version';
  if (/too new|authentication failed|invalid ciphertext|invalid nonce/i.test(message)) return 'other';
  return 'answer';
}
