import { createHash } from 'node:crypto';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { Workload } from '../spiffe.ts';

const maxOutstanding = 1_000;
const maxLifetimeMs = 15 * 60_000;

/** The SHA-256 of an enrolment token in base64: the only form in which this process knows it. */
export const enrolmentHash = (token: string): string => createHash('sha256').update(token).digest('base64');

/**
 * One-time enrolments: whoever comes first with the token gets the identity, and nobody after. Kept in memory only; a
 * token service that restarts has to be told again of enrolments that are still outstanding.
 */
export class Enrolments {
  readonly #clock: Clock;
  readonly #outstanding = new Map<string, { workload: Workload; expiresAtMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `identity.too-many-enrolments` when there is no room. Lifetimes are cut to 15 minutes. */
  expect(tokenSha256Base64: string, workload: Workload, expiresAtMs: number): void {
    const nowMs = this.#clock.now();
    for (const [hash, entry] of this.#outstanding) if (entry.expiresAtMs <= nowMs) this.#outstanding.delete(hash);
    if (this.#outstanding.size >= maxOutstanding)
      throw platformFault('identity.too-many-enrolments', 'Too many processes are enrolling at once.');
    this.#outstanding.set(tokenSha256Base64, { workload, expiresAtMs: Math.min(expiresAtMs, nowMs + maxLifetimeMs) });
  }

  /** A look that uses nothing up, so that unknown tokens cost no cryptography. */
  isOutstanding(token: string): boolean {
    const entry = this.#outstanding.get(enrolmentHash(token));
    return entry !== undefined && entry.expiresAtMs > this.#clock.now();
  }

  /**
   * Uses a token up and answers whose it was. There is nothing asynchronous between looking and removing, so of several
   * uses at the same time one wins. Throws `identity.enrolment-refused` without saying why.
   */
  redeem(token: string): Workload {
    const hash = enrolmentHash(token);
    const entry = this.#outstanding.get(hash);
    this.#outstanding.delete(hash);
    if (entry && entry.expiresAtMs > this.#clock.now()) return entry.workload;
    throw enrolmentRefused();
  }
}

/** The one answer to every token that is not good, so that it tells nothing about why. */
export const enrolmentRefused = (): BailiwickError =>
  callerFault('identity.enrolment-refused', 'The enrolment token is unknown, used or expired.', 403);
