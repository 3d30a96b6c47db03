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
/** After this long keys, times and claims are looked at again (the signature's check is remembered by the identity package). */
const rememberedForMs = 1_000;

interface RememberedCall {
  readonly claims: CallerClaims;
  readonly audience: Audience;
  readonly thumbprint: string;
}

/**
 * Verifies tokens, and remembers for a second what it found, so that a caller's many requests with the same token cost
 * one verification. Whatever is revoked empties the memory at once; without fresh revocations nothing is accepted.
 */
export class RememberedTokens {
  readonly #verifier: Verifier;
  readonly #clock: Clock;
  readonly #calls = new BoundedMap<string, RememberedCall>(maxTokens);
  readonly #transactions = new BoundedMap<string, Transaction>(maxTokens);

  constructor(verifier: Verifier, clock: Clock) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** See verifyCallToken: for this audience, on the connection with this certificate. */
  call(token: string, audience: Audience, thumbprint: string): Verdict<CallerClaims> | Promise<Verdict<CallerClaims>> {
    const nowMs = this.#clock.now();
    const known = this.#verifier.revocations.fresh() ? this.#calls.get(token, nowMs) : undefined;
    if (known && known.audience === audience && known.thumbprint === thumbprint) return accept(known.claims);
    return this.#verifyCall(token, audience, thumbprint, nowMs);
  }

  /** See verifyTransactionToken. */
  transaction(token: string): Verdict<Transaction> | Promise<Verdict<Transaction>> {
    const nowMs = this.#clock.now();
    const known = this.#verifier.revocations.fresh() ? this.#transactions.get(token, nowMs) : undefined;
    return known ? accept(known) : this.#verifyTransaction(token, nowMs);
  }

  /** To be called on every revocation. */
  forget(): void {
    this.#calls.clear();
    this.#transactions.clear();
  }

  async #verifyCall(token: string, audience: Audience, thumbprint: string, nowMs: number) {
    const verdict = await verifyCallToken(token, { ...this.#context(nowMs), audience, thumbprint });
    if (verdict.ok) {
      const { expiresAtMs } = verdict.value;
      this.#calls.set(token, { claims: verdict.value, audience, thumbprint }, until(nowMs, expiresAtMs));
    }
    return verdict;
  }

  async #verifyTransaction(token: string, nowMs: number) {
    const verdict = await verifyTransactionToken(token, this.#context(nowMs));
    if (verdict.ok) this.#transactions.set(token, verdict.value, until(nowMs, verdict.value.expiresAtMs));
    return verdict;
  }

  #context(nowMs: number) {
    const { installation, keys, revocations } = this.#verifier;
    return { installation, keys, revocations, nowMs };
  }
}

const until = (nowMs: number, expiresAtMs: number): number => Math.min(nowMs + rememberedForMs, expiresAtMs);
