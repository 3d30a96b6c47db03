import { createHash } from 'node:crypto';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { Workload } from '../spiffe.ts';

const maxOutstanding = 1_000;
const maxLifetimeMs = 15 * 60_000;

/** The SHA-256 of an enrolment token in base64: this process never stores the token itself. */
export const enrolmentHash = (token: string): string => createHash('sha256').update(token).digest('base64');

/**
 * One-time enrolments: the first to present the token gets the identity, and nobody after. Kept in memory only; a
 * restarted token service must be told again about outstanding enrolments.
 */
export class Enrolments {
  readonly #clock: Clock;
  readonly #outstanding = new Map<string, { workload: Workload; expiresAtMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `identity.too-many-enrolments` if there is no room. Lifetimes are limited to 15 minutes. */
  expect(tokenSha256Base64: string, workload: Workload, expiresAtMs: number): void {
    const nowMs = this.#clock.now();
    for (const [hash, entry] of this.#outstanding) if (entry.expiresAtMs <= nowMs) this.#outstanding.delete(hash);
    if (this.#outstanding.size >= maxOutstanding)
      throw platformFault('identity.too-many-enrolments', 'Too many processes are enrolling at once.');
    this.#outstanding.set(tokenSha256Base64, { workload, expiresAtMs: Math.min(expiresAtMs, nowMs + maxLifetimeMs) });
  }

  /** A check that does not use the token up, so that unknown tokens cost no cryptography. */
  isOutstanding(token: string): boolean {
    const entry = this.#outstanding.get(enrolmentHash(token));
    return entry !== undefined && entry.expiresAtMs > this.#clock.now();
  }

  /**
   * Uses a token up and returns its workload. Nothing asynchronous happens between lookup and removal, so of several
   * concurrent uses one wins. Throws `identity.enrolment-refused` without a reason.
   */
  redeem(token: string): Workload {
    const hash = enrolmentHash(token);
    const entry = this.#outstanding.get(hash);
    this.#outstanding.delete(hash);
    if (entry && entry.expiresAtMs > this.#clock.now()) return entry.workload;
    throw enrolmentRefused();
  }
}

/** The same response to every invalid token, so that it reveals no reason. */
export const enrolmentRefused = (): BailiwickError =>
  callerFault('identity.enrolment-refused', 'The enrolment token is unknown, used or expired.', 403);
