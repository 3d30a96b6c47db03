import { hash } from 'node:crypto';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import type { Agent } from '#security/identity/agent.ts';
import { tenantOfApiKey } from '#security/identity/api-key.ts';
import { audienceId } from '#security/identity/spiffe.ts';

const maxKeys = 5_000;
/** A refused key is not asked for again for so long: who guesses does not reach the token service with every guess. */
const refusedForMs = 2_000;
/** A token that ends sooner would not reach the api in time. */
const marginMs = 5_000;

interface Known {
  readonly verdict: Promise<Verdict<string>>;
}

/**
 * Takes API keys at the public door and puts what the token service gives for them (RFC 8693) in their place: a token
 * of a minute, bound to this process's certificate, for the api. A key goes no further than here. What a key was
 * exchanged for is remembered by the key's hash while it lasts; the api looks at every use whether the key is still
 * there.
 */
export class ApiKeyExchange {
  readonly #agent: Pick<Agent, 'installation' | 'thumbprint' | 'tokenService'>;
  readonly #clock: Clock;
  readonly #known = new BoundedMap<string, Known>(maxKeys);

  constructor(agent: Pick<Agent, 'installation' | 'thumbprint' | 'tokenService'>, clock: Clock) {
    this.#agent = agent;
    this.#clock = clock;
  }

  /** Faults: api-key (refused for good), key-exchange (the token service is away). */
  exchange(key: string): Promise<Verdict<string>> {
    if (tenantOfApiKey(key) === undefined) return Promise.resolve(reject('api-key'));
    const cacheKey = `${this.#agent.thumbprint()} ${hash('sha256', key)}`;
    const known = this.#known.get(cacheKey, this.#clock.now());
    if (known) return known.verdict;
    const verdict = this.#ask(key, cacheKey);
    // Until the answer is there, whoever asks for the same key waits for the same answer.
    this.#known.set(cacheKey, { verdict });
    return verdict;
  }

  async #ask(key: string, cacheKey: string): Promise<Verdict<string>> {
    const { tokenService, installation } = this.#agent;
    try {
      const { token, expiresInSec } = await tokenService.exchangeApiKey(key, audienceId(installation, 'api'));
      return this.#remember(cacheKey, accept(token), expiresInSec * 1000 - marginMs);
    } catch (error) {
      if (hasCode(error, 'identity.api-key')) return this.#remember(cacheKey, reject('api-key'), refusedForMs);
      this.#known.delete(cacheKey);
      return reject('key-exchange');
    }
  }

  #remember(cacheKey: string, verdict: Verdict<string>, forMs: number): Verdict<string> {
    this.#known.set(cacheKey, { verdict: Promise.resolve(verdict) }, this.#clock.now() + forMs);
    return verdict;
  }
}
