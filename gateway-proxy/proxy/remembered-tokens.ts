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
import type { ConnectionMemory, NearToken } from './connection-memory.ts';

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
  readonly untilMs: number;
}

/**
 * Verifies tokens and caches each result for a second, so that a caller's many requests with the same token cost one
 * verification. A connection also keeps its last result, so that the token need not even be looked up. Any revocation
 * empties the cache at once; without fresh revocations nothing is accepted.
 */
export class RememberedTokens {
  readonly #verifier: Verifier;
  readonly #clock: Clock;
  readonly #calls = new BoundedMap<string, RememberedCall>(maxTokens);
  readonly #transactions = new BoundedMap<string, { transaction: Transaction; untilMs: number }>(maxTokens);
  /** Grows with every revocation; what connections remember of an earlier generation is no longer valid. */
  #generation = 0;

  constructor(verifier: Verifier, clock: Clock) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** See verifyCallToken: for this audience, on the connection with this certificate. */
  call(
    token: string,
    audience: Audience,
    thumbprint: string,
    memory?: ConnectionMemory,
  ): Verdict<CallerClaims, CallTokenFault> | Promise<Verdict<CallerClaims, CallTokenFault>> {
    const nowMs = this.#clock.now();
    if (!this.#verifier.revocations.fresh()) return this.#verifyCall(token, audience, thumbprint, nowMs);
    const near = memory?.call;
    if (near && this.#isCurrent(near, token, nowMs) && near.audience === audience && near.thumbprint === thumbprint)
      return accept(near.value);
    const known = this.#calls.get(token, nowMs);
    if (!known || known.audience !== audience || known.thumbprint !== thumbprint)
      return this.#verifyCall(token, audience, thumbprint, nowMs);
    const { claims, untilMs } = known;
    if (memory) memory.call = { token, audience, thumbprint, value: claims, untilMs, generation: this.#generation };
    return accept(claims);
  }

  /** See verifyTransactionToken. */
  transaction(
    token: string,
    memory?: ConnectionMemory,
  ): Verdict<Transaction, TransactionTokenFault> | Promise<Verdict<Transaction, TransactionTokenFault>> {
    const nowMs = this.#clock.now();
    if (!this.#verifier.revocations.fresh()) return this.#verifyTransaction(token, nowMs);
    const near = memory?.transaction;
    if (near && this.#isCurrent(near, token, nowMs)) return accept(near.value);
    const known = this.#transactions.get(token, nowMs);
    if (!known) return this.#verifyTransaction(token, nowMs);
    const { transaction, untilMs } = known;
    if (memory) memory.transaction = { token, value: transaction, untilMs, generation: this.#generation };
    return accept(transaction);
  }

  /** Must be called on every revocation. */
  forget(): void {
    this.#generation += 1;
    this.#calls.clear();
    this.#transactions.clear();
  }

  #isCurrent(near: NearToken<unknown>, token: string, nowMs: number): boolean {
    return near.generation === this.#generation && near.untilMs > nowMs && near.token === token;
  }

  async #verifyCall(token: string, audience: Audience, thumbprint: string, nowMs: number) {
    const verdict = await verifyCallToken(token, { ...this.#context(nowMs), audience, thumbprint });
    if (verdict.ok) {
      const untilMs = until(nowMs, verdict.value.expiresAtMs);
      this.#calls.set(token, { claims: verdict.value, audience, thumbprint, untilMs }, untilMs);
    }
    return verdict;
  }

  async #verifyTransaction(token: string, nowMs: number) {
    const verdict = await verifyTransactionToken(token, this.#context(nowMs));
    if (verdict.ok) {
      const untilMs = until(nowMs, verdict.value.expiresAtMs);
      this.#transactions.set(token, { transaction: verdict.value, untilMs }, untilMs);
    }
    return verdict;
  }

  #context(nowMs: number) {
    const { installation, keys, revocations } = this.#verifier;
    return { installation, keys, revocations, nowMs };
  }
}

const until = (nowMs: number, expiresAtMs: number): number => Math.min(nowMs + rememberedForMs, expiresAtMs);
