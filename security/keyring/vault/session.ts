import { readFile } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import CircuitBreaker from 'opossum';
import createVault, { type client as Vault } from 'node-vault';
import { z } from 'zod';
import { Backoff } from '#infra/kernel/backoff.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { refusalOrUnavailable, VaultRefusal, VaultUnavailable } from './faults.ts';
import type { VaultSettings } from './settings.ts';
import { VaultTransport } from './transport.ts';

const timeoutMs = 3_000;
const restMs = 2_000;
const signInAgain = { minMs: 250, maxMs: 10_000 };
/** Vault locks a role out, for a quarter of an hour by default, after five refused sign-ins within as much. */
const afterRefusal = { minMs: 20_000, maxMs: 300_000 };

const signInSchema = z.object({
  auth: z.object({
    /** Seconds; 0 is a token without an end. */
    lease_duration: z.number().nonnegative(),
    renewable: z.boolean(),
  }),
});
type Lease = z.infer<typeof signInSchema>['auth'];

/**
 * A signed-in connection to Vault. Signs in at the first call, renews its token at half of its life, and signs in again
 * when it is near the end of its longest life, cannot be renewed, or is refused because it was revoked.
 */
export class VaultSession implements AsyncDisposable {
  readonly #settings: VaultSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: VaultTransport;
  readonly #vault: Vault;
  readonly #breaker: CircuitBreaker<[() => Promise<unknown>], unknown>;
  readonly #backoff = new Backoff(signInAgain);
  readonly #refusals = new Backoff(afterRefusal);
  #signedIn: Promise<void> | undefined;
  /** How often it has signed in, so the token's number. */
  #signIns = 0;
  #lastFault = new VaultUnavailable('it does not answer', 'no-answer');
  /** A refused sign-in is not repeated at each call. */
  #refused: { readonly fault: VaultUnavailable; readonly untilMs: number } | undefined;
  #renewalFault: string | undefined;
  #cancel: () => void = () => undefined;
  #disposed = false;

  constructor(
    settings: VaultSettings,
    { clock, logger, lookup }: { clock: Clock; logger: Logger; lookup?: LookupFunction },
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = new VaultTransport({ trustPem: settings.trustPem, timeoutMs, lookup });
    this.#vault = createVault({
      apiVersion: 'v1',
      endpoint: new URL(settings.url).origin,
      'request-promise': this.#transport,
      // Its own writes requests to stderr, with what they contain.
      debug: () => undefined,
    });
    // What it may have taken from the environment.
    Object.assign(this.#vault, { token: '', namespace: settings.namespace ?? '', pathPrefix: '' });
    this.#breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
      timeout: false,
      resetTimeout: restMs,
      volumeThreshold: 5,
      errorThresholdPercentage: 50,
      errorFilter: (error: unknown) => error instanceof VaultRefusal,
    });
  }

  /** Why the sign-in cannot be extended, if so: the keys can be used until it ends. */
  get renewalFault(): string | undefined {
    return this.#renewalFault;
  }

  /**
   * Calls Vault, signed in; once more with a new sign-in if the token turns out to be no longer valid.
   * @throws VaultRefusal, VaultUnavailable
   */
  async call(run: (vault: Vault) => Promise<unknown>): Promise<unknown> {
    const signedIn = this.#signedIn ?? this.#signInAnew();
    await signedIn;
    const signIns = this.#signIns;
    try {
      return await this.#attempt(() => run(this.#vault));
    } catch (error) {
      if (!isDenied(error)) throw error;
      // Vault refuses an invalid token and a valid one without the right in the same words. What it says of the token
      // counts only if that is still the one that was refused: another call may have signed in anew meanwhile.
      const isValid = signIns === this.#signIns && (await this.#isTokenValid());
      if (signIns === this.#signIns) {
        if (isValid) throw error;
        await (this.#signedIn === signedIn ? this.#signInAnew() : this.#signedIn);
      }
      return this.#attempt(() => run(this.#vault));
    }
  }

  /** Whether Vault answers and accepts the sign-in. @throws VaultUnavailable */
  async check(): Promise<void> {
    await this.call((vault) => vault.tokenLookupSelf());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#cancel();
    this.#breaker.shutdown();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #attempt(run: () => Promise<unknown>): Promise<unknown> {
    try {
      return await this.#breaker.fire(() => run().catch(refusalOrUnavailable));
    } catch (error) {
      if (error instanceof VaultRefusal) throw error;
      if (error instanceof VaultUnavailable) this.#lastFault = error;
      // The breaker is open, for the same reason.
      throw this.#lastFault;
    }
  }

  async #isTokenValid(): Promise<boolean> {
    try {
      await this.#attempt(() => this.#vault.tokenLookupSelf());
      return true;
    } catch (error) {
      if (isDenied(error)) return false;
      throw error;
    }
  }

  #signInAnew(): Promise<void> {
    const signingIn = this.#signIn();
    this.#signedIn = signingIn;
    signingIn.catch(() => {
      if (this.#signedIn === signingIn) this.#signedIn = undefined;
    });
    return signingIn;
  }

  async #signIn(): Promise<void> {
    if (this.#refused && this.#clock.now() < this.#refused.untilMs) throw this.#refused.fault;
    try {
      const ask = await this.#askToSignIn();
      const lease = await this.#lease(ask);
      this.#signIns += 1;
      this.#refused = undefined;
      this.#renewalFault = undefined;
      this.#backoff.reset();
      this.#refusals.reset();
      this.#extendInTime(lease, lease.lease_duration);
    } catch (error) {
      if (!(error instanceof VaultRefusal)) throw error;
      const fault = new VaultUnavailable(`the sign-in was refused: ${error.message}`, 'refuses', error);
      this.#refused = { fault, untilMs: this.#clock.now() + this.#refusals.nextMs() };
      throw fault;
    }
  }

  /** The client takes the token from the answer. @throws VaultUnavailable without a service account's token */
  async #askToSignIn(): Promise<() => Promise<unknown>> {
    const { authMount, roleId, secretId, kubernetes } = this.#settings;
    if (!kubernetes)
      return () => this.#vault.approleLogin({ role_id: roleId, secret_id: secretId, mount_point: authMount });
    const { mount, role, tokenFile } = kubernetes;
    const jwt = await readToken(tokenFile);
    return () => this.#vault.kubernetesLogin({ role, jwt, mount_point: mount });
  }

  async #lease(ask: () => Promise<unknown>): Promise<Lease> {
    const answer = signInSchema.safeParse(await this.#attempt(ask));
    if (answer.success) return answer.data.auth;
    throw new VaultUnavailable('its answer to the sign-in was not understood', 'no-answer', answer.error);
  }

  #extendInTime({ lease_duration: seconds, renewable }: Lease, fullSec: number): void {
    this.#cancel();
    if (seconds === 0 || this.#disposed) return;
    this.#cancel = this.#clock.after((seconds * 1_000) / 2, () => void this.#extend(renewable, fullSec));
  }

  async #extend(renewable: boolean, fullSec: number): Promise<void> {
    try {
      const renewed = renewable ? await this.#lease(() => this.#vault.tokenRenewSelf()) : undefined;
      // A shorter lease than asked for: the token is near the end of its longest life, and has to be replaced.
      if (renewed && renewed.lease_duration * 2 > fullSec) this.#extendInTime(renewed, fullSec);
      else await this.#signIn();
    } catch (error) {
      if (this.#disposed) return;
      this.#renewalFault = error instanceof Error ? error.message : 'unknown';
      this.#logger.warn({ err: error }, 'could not extend the sign-in at Vault');
      const heldOffMs = (this.#refused?.untilMs ?? 0) - this.#clock.now();
      this.#cancel = this.#clock.after(
        Math.max(this.#backoff.nextMs(), heldOffMs),
        () => void this.#extend(false, fullSec),
      );
    }
  }
}

const maxTokenBytes = 64 * 1024;

async function readToken(file: string): Promise<string> {
  const cannot = (why: string, cause?: unknown) =>
    new VaultUnavailable(`the service account's token in ${file} ${why}`, 'refuses', cause);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw cannot('cannot be read', error);
  });
  const token = text.trim();
  if (token.length === 0 || token.length > maxTokenBytes) throw cannot('is not a token');
  return token;
}

const isDenied = (error: unknown): boolean => error instanceof VaultRefusal && error.status === 403;
