import type { CallTokenFault, TransactionTokenFault } from '#infra/http/denial-codes.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { accept, type Verdict } from '#infra/kernel/verdict.ts';
import { verifyCallToken, type CallerClaims } from '#security/identity/call-token.ts';
import type { Revocations } from '#security/identity/revocations.ts';
import type { Audience } from '#security/identity/spiffe.ts';
import { verifyTransactionToken, type Transaction } from '#security/identity/transaction-token.ts';
import type { VerificationKeys } from '#security/identity/verification-keys.ts';

/** What tokens are verified against; an agent is one. */
export interface Verifier {
  readonly installation: InstallationId;
  readonly keys: VerificationKeys;
  readonly revocations: Revocations;
}

const maxTokens = 10_000;
/** After this long, keys, times and claims are checked again (the identity package caches the signature check). */
const rememberedForMs = 1_000;

interface RememberedCall {
  readonly token: string;
  readonly claims: CallerClaims;
}

type CallVerdict = Verdict<CallerClaims, CallTokenFault>;

/**
 * Verifies tokens. A caller sends one call token for up to a minute, so its result is cached for a second; any
 * revocation empties the cache at once, and without fresh revocations nothing is accepted. A transaction token is
 * verified each time: it belongs to one interaction, and costs little (infra/decisions/0011).
 */
export class RememberedTokens {
  readonly #verifier: Verifier;
  readonly #clock: Clock;
  /** For each audience the last token of each certificate: comparing it costs less than hashing it. */
  readonly #calls = new Map<Audience, BoundedMap<string, RememberedCall>>();

  constructor(verifier: Verifier, clock: Clock) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** See verifyCallToken: for this audience, on the connection with this certificate. */
  call(token: string, audience: Audience, thumbprint: string): CallVerdict | Promise<CallVerdict> {
    const nowMs = this.#clock.now();
    const { installation, keys, revocations } = this.#verifier;
    const known = revocations.fresh() ? this.#calls.get(audience)?.get(thumbprint, nowMs) : undefined;
    if (known?.token === token) return accept(known.claims);
    const verified = verifyCallToken(token, { installation, keys, revocations, nowMs, audience, thumbprint });
    const remember = (verdict: CallVerdict): CallVerdict => {
      if (verdict.ok) {
        const untilMs = Math.min(nowMs + rememberedForMs, verdict.value.expiresAtMs);
        this.#callsTo(audience).set(thumbprint, { token, claims: verdict.value }, untilMs);
      }
      return verdict;
    };
    return verified instanceof Promise ? verified.then(remember) : remember(verified);
  }

  /** See verifyTransactionToken. */
  transaction(
    token: string,
  ): Verdict<Transaction, TransactionTokenFault> | Promise<Verdict<Transaction, TransactionTokenFault>> {
    const { installation, keys, revocations } = this.#verifier;
    return verifyTransactionToken(token, { installation, keys, revocations, nowMs: this.#clock.now() });
  }

  /** Must be called on every revocation. */
  forget(): void {
    this.#calls.clear();
  }

  #callsTo(audience: Audience): BoundedMap<string, RememberedCall> {
    let calls = this.#calls.get(audience);
    if (!calls) {
      calls = new BoundedMap(maxTokens);
      this.#calls.set(audience, calls);
    }
    return calls;
  }
}
