import { hash } from 'node:crypto';
import type { ApiKeyFault } from '#infra/http/denial-codes.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import type { Agent } from '#security/identity/agent.ts';
import { tenantOfApiKey } from '#security/identity/api-key.ts';
import { audienceId } from '#security/identity/spiffe.ts';

const maxKeys = 5_000;
/** A refused key is not checked again for this long: guesses do not all reach the token service. */
const refusedForMs = 2_000;
/** A token that expires sooner would not reach the api in time. */
const marginMs = 5_000;

interface Known {
  readonly verdict: Promise<Verdict<string, ApiKeyFault>>;
}

/**
 * Accepts API keys at the public listener and replaces them by what the token service issues for them (RFC 8693): a
 * token for the api, valid for a minute and bound to this process's certificate. A key goes no further than here. The
 * token for a key is cached under the key's hash while it lasts; at every use, the api checks that the key still
 * exists.
 */
export class ApiKeyExchange {
  readonly #agent: Pick<Agent, 'installation' | 'thumbprint' | 'tokenService'>;
  readonly #clock: Clock;
  readonly #known = new BoundedMap<string, Known>(maxKeys);

  constructor(agent: Pick<Agent, 'installation' | 'thumbprint' | 'tokenService'>, clock: Clock) {
    this.#agent = agent;
    this.#clock = clock;
  }

  exchange(key: string): Promise<Verdict<string, ApiKeyFault>> {
    if (tenantOfApiKey(key) === undefined) return Promise.resolve(reject('api-key'));
    const cacheKey = `${this.#agent.thumbprint()} ${hash('sha256', key)}`;
    const known = this.#known.get(cacheKey, this.#clock.now());
    if (known) return known.verdict;
    const verdict = this.#ask(key, cacheKey);
    // Until there is an answer, concurrent requests for the same key wait for the same answer.
    this.#known.set(cacheKey, { verdict });
    return verdict;
  }

  async #ask(key: string, cacheKey: string): Promise<Verdict<string, ApiKeyFault>> {
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

  #remember(cacheKey: string, verdict: Verdict<string, ApiKeyFault>, forMs: number): Verdict<string, ApiKeyFault> {
    this.#known.set(cacheKey, { verdict: Promise.resolve(verdict) }, this.#clock.now() + forMs);
    return verdict;
  }
}
