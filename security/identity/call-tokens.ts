import { decodeJwt } from 'jose';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { retry } from './retry.ts';
import type { Audience } from './spiffe.ts';
import type { IssuedToken } from './token-service-client.ts';

interface Held extends IssuedToken {
  readonly thumbprint: string;
  readonly fetchedAtMs: number;
}

const defaultWaitMs = 10_000;
/** A token in the last twelfth of its lifetime (5 s of 60) is not used: it might have expired when the call arrives. */
const sparePart = 1 / 12;
const attempts = 5;

/** This process's call tokens, one per audience, fetched ahead so that an outage of a few seconds goes unnoticed. */
export class CallTokens {
  readonly #fetch: (audience: Audience) => Promise<IssuedToken>;
  readonly #certificate: { readonly thumbprint: string };
  readonly #clock: Clock;
  readonly #waitWithinMs: number;
  readonly #held = new Map<Audience, Held>();
  readonly #underWay = new Map<string, Promise<Held>>();

  constructor(options: {
    fetch: (audience: Audience) => Promise<IssuedToken>;
    certificate: { readonly thumbprint: string };
    clock: Clock;
    /** How long to wait for a token while the token service is unavailable. */
    waitWithinMs?: number;
  }) {
    this.#fetch = options.fetch;
    this.#certificate = options.certificate;
    this.#clock = options.clock;
    this.#waitWithinMs = options.waitWithinMs ?? defaultWaitMs;
  }

  async get(audience: Audience): Promise<string> {
    const held = this.#held.get(audience);
    const nowMs = this.#clock.now();
    const lifeMs = held ? held.expiresAtMs - held.fetchedAtMs : 0;
    if (held?.thumbprint === this.#certificate.thumbprint && held.expiresAtMs - lifeMs * sparePart > nowMs) {
      // An early renewal that fails is not a fault yet: the current token is still valid, and the next call retries.
      if (nowMs > held.fetchedAtMs + lifeMs / 2) void this.#renew(audience).catch(() => undefined);
      return held.token;
    }
    return (await this.#renew(audience)).token;
  }

  #renew(audience: Audience): Promise<Held> {
    const key = `${audience} ${this.#certificate.thumbprint}`;
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const renewal = retry(() => this.#fetchBound(audience), { withinMs: this.#waitWithinMs }).finally(() =>
      this.#underWay.delete(key),
    );
    this.#underWay.set(key, renewal);
    return renewal;
  }

  /** The certificate may be renewed while a token is being fetched; then the token is bound to the old one. */
  async #fetchBound(audience: Audience): Promise<Held> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const fetchedAtMs = this.#clock.now();
      const issued = await this.#fetch(audience);
      const { thumbprint } = this.#certificate;
      if (boundTo(issued.token) !== thumbprint) continue;
      const held = { ...issued, thumbprint, fetchedAtMs };
      this.#held.set(audience, held);
      return held;
    }
    throw platformFault('identity.bad-answer', 'The token service bound the call token to another certificate.');
  }
}

function boundTo(token: string): string | undefined {
  const { cnf } = decodeJwt<{ cnf?: { 'x5t#S256'?: string } }>(token);
  return cnf?.['x5t#S256'];
}
