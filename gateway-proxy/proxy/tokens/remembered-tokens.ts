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
  readonly claims: CallerClaims;
  readonly audience: Audience;
  readonly thumbprint: string;
}

/**
 * Verifies tokens. A caller sends one call token for up to a minute, so its result is cached for a second; any
 * revocation empties the cache at once, and without fresh revocations nothing is accepted. A transaction token is
 * verified each time: it belongs to one interaction, and costs little (infra/decisions/0011).
 */
export class RememberedTokens {
  readonly #verifier: Verifier;
  readonly #clock: Clock;
  readonly #calls = new BoundedMap<string, RememberedCall>(maxTokens);

  constructor(verifier: Verifier, clock: Clock) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** See verifyCallToken: for this audience, on the connection with this certificate. */
  call(
    token: string,
    audience: Audience,
    thumbprint: string,
  ): Verdict<CallerClaims, CallTokenFault> | Promise<Verdict<CallerClaims, CallTokenFault>> {
    const nowMs = this.#clock.now();
    const known = this.#verifier.revocations.fresh() ? this.#calls.get(token, nowMs) : undefined;
    if (known?.audience === audience && known.thumbprint === thumbprint) return accept(known.claims);
    return this.#verifyCall(token, audience, thumbprint, nowMs);
  }

  /** See verifyTransactionToken. */
  transaction(
    token: string,
  ): Verdict<Transaction, TransactionTokenFault> | Promise<Verdict<Transaction, TransactionTokenFault>> {
    return verifyTransactionToken(token, this.#context(this.#clock.now()));
  }

  /** Must be called on every revocation. */
  forget(): void {
    this.#calls.clear();
  }

  async #verifyCall(token: string, audience: Audience, thumbprint: string, nowMs: number) {
    const verdict = await verifyCallToken(token, { ...this.#context(nowMs), audience, thumbprint });
    if (verdict.ok) {
      const untilMs = Math.min(nowMs + rememberedForMs, verdict.value.expiresAtMs);
      this.#calls.set(token, { claims: verdict.value, audience, thumbprint }, untilMs);
    }
    return verdict;
  }

  #context(nowMs: number) {
    const { installation, keys, revocations } = this.#verifier;
    return { installation, keys, revocations, nowMs };
  }
}
