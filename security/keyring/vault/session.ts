import { readFile } from 'node:fs/promises';
import CircuitBreaker from 'opossum';
import createVault, { type client as Vault } from 'node-vault';
import { z } from 'zod';
import { Backoff } from '#infra/kernel/backoff.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { VaultSettings } from './settings.ts';
import { VaultTransport } from './transport.ts';

/** An answer of Vault that is not a success. */
export class VaultRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No answer, or one that says nothing about the request: away, sealed, overloaded, or not signed in. */
export class VaultUnavailable extends Error {}

const timeoutMs = 3_000;
const restMs = 2_000;
const signInAgain = { minMs: 250, maxMs: 10_000 };

const signInSchema = z.object({
  auth: z.object({
    client_token: z.string().min(1),
    /** Seconds. */
    lease_duration: z.number().nonnegative(),
    renewable: z.boolean(),
  }),
});
const refusalSchema = z.object({
  response: z.object({
    statusCode: z.number(),
    body: z.object({ errors: z.array(z.string()).optional() }).catch({}),
  }),
});

/**
 * A signed-in connection to Vault. Signs in at the first call, renews its token at half of its life, and signs in again
 * when it cannot be renewed or is refused: it may have been revoked.
 */
export class VaultSession implements AsyncDisposable {
  readonly #settings: VaultSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: VaultTransport;
  readonly #vault: Vault;
  readonly #breaker: CircuitBreaker<[() => Promise<unknown>], unknown>;
  readonly #backoff = new Backoff(signInAgain);
  #signIn: Promise<void> | undefined;
  #cancel: () => void = () => undefined;
  #disposed = false;

  constructor(settings: VaultSettings, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = new VaultTransport({ trustPem: settings.trustPem, timeoutMs });
    this.#vault = createVault({
      apiVersion: 'v1',
      endpoint: new URL(settings.url).origin,
      ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
      'request-promise': this.#transport,
      // Its own writes requests to stderr, with what they contain.
      debug: () => undefined,
    });
    this.#breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
      timeout: false,
      resetTimeout: restMs,
      volumeThreshold: 5,
      errorThresholdPercentage: 50,
      errorFilter: (error: unknown) => error instanceof VaultRefusal,
    });
  }

  /**
   * Calls Vault, signed in; after a refusal for lack of permission once more with a new token.
   * @throws VaultRefusal, VaultUnavailable
   */
  async call(run: (vault: Vault) => Promise<unknown>): Promise<unknown> {
    await (this.#signIn ??= this.#signInNow());
    const used = this.#vault.token;
    try {
      return await this.#attempt(() => run(this.#vault));
    } catch (error) {
      if (!(error instanceof VaultRefusal) || error.status !== 403) throw error;
      if (used === this.#vault.token) this.#signIn = this.#signInNow();
      await this.#signIn;
      return this.#attempt(() => run(this.#vault));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#cancel();
    this.#breaker.shutdown();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #attempt(run: () => Promise<unknown>): Promise<unknown> {
    try {
      return await this.#breaker.fire(() => run().catch(asFault));
    } catch (error) {
      if (error instanceof VaultRefusal || error instanceof VaultUnavailable) throw error;
      throw new VaultUnavailable('it failed several times, and is tried again in a moment', { cause: error });
    }
  }

  async #signInNow(): Promise<void> {
    this.#cancel();
    try {
      const { auth } = signInSchema.parse(await this.#attempt(() => this.#credentials()));
      this.#backoff.reset();
      this.#keepSignedIn(auth);
    } catch (error) {
      this.#signIn = undefined;
      if (error instanceof VaultRefusal) throw new VaultUnavailable(`the sign-in was refused: ${error.message}`);
      throw error instanceof VaultUnavailable ? error : new VaultUnavailable('its sign-in was not understood');
    }
  }

  async #credentials(): Promise<unknown> {
    const { auth } = this.#settings;
    if (auth.kind === 'approle')
      return this.#vault.approleLogin({ role_id: auth.roleId, secret_id: auth.secretId, mount_point: auth.mount });
    const jwt = (await readFile(auth.tokenFile, 'utf8')).trim();
    return this.#vault.kubernetesLogin({ role: auth.role, jwt, mount_point: auth.mount });
  }

  /** `lease_duration` 0 is a token without an end. */
  #keepSignedIn({ lease_duration: seconds, renewable }: z.infer<typeof signInSchema>['auth']): void {
    if (seconds === 0 || this.#disposed) return;
    this.#cancel = this.#clock.after((seconds * 1_000) / 2, () => void this.#renew(renewable));
  }

  async #renew(renewable: boolean): Promise<void> {
    try {
      if (renewable) {
        const { auth } = signInSchema.parse(await this.#attempt(() => this.#vault.tokenRenewSelf()));
        this.#backoff.reset();
        return this.#keepSignedIn(auth);
      }
      this.#signIn = this.#signInNow();
      await this.#signIn;
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not renew the sign-in at Vault');
      // A token at the end of its longest life cannot be renewed, only replaced.
      if (!this.#disposed) this.#cancel = this.#clock.after(this.#backoff.nextMs(), () => void this.#renew(false));
    }
  }
}

function asFault(error: unknown): never {
  const refused = refusalSchema.safeParse(error);
  if (!refused.success) throw new VaultUnavailable('it does not answer', { cause: error });
  const { statusCode, body } = refused.data.response;
  const message = (body.errors ?? []).join('; ').slice(0, 300);
  if (statusCode === 503) throw new VaultUnavailable('it is sealed or in maintenance');
  if (statusCode >= 500 || statusCode === 429) throw new VaultUnavailable(`it answered ${statusCode}: ${message}`);
  throw new VaultRefusal(statusCode, message);
}
