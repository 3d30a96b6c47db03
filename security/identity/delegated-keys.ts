import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { retry } from './retry.ts';
import { signToken, type DelegatedSigner } from './signed-token.ts';
import { service, spiffeId, type ServiceName } from './spiffe.ts';
import type { TokenServiceClient } from './token-service-client.ts';
import { maxTransactionTokenLifetimeSec } from './transaction-token.ts';
import type { HeldKey, SharedKeyUse } from './verification-keys.ts';

interface Key {
  readonly kid: string;
  readonly secret: KeyObject;
  readonly notAfterMs: number;
}

interface Options {
  readonly tokenService: Pick<TokenServiceClient, 'shareKey'>;
  readonly installation: InstallationId;
  readonly holder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const shareWithinMs = 10_000;
const retryEveryMs = 5_000;
/** A key stops signing this long before it expires, so that what it signed last is accepted for its whole lifetime. */
const lastTokenMs = maxTransactionTokenLifetimeSec * 1000;

/**
 * The keys with which this process signs on behalf of the token service, one for each use and verifier. Each is replaced
 * at half its lifetime, and at once when its verifier is revoked.
 */
export class DelegatedKeys implements AsyncDisposable {
  readonly #options: Options;
  readonly #renewals = new Map<string, Renewal>();
  readonly #signers = new Map<string, Promise<DelegatedSigner>>();

  constructor(options: Options) {
    this.#options = options;
  }

  signer(use: SharedKeyUse, verifier: ServiceName): Promise<DelegatedSigner> {
    const name = `${use} ${verifier}`;
    let signer = this.#signers.get(name);
    if (!signer) {
      signer = this.#createSigner(use, verifier, name);
      this.#signers.set(name, signer);
      signer.catch(() => this.#signers.delete(name));
    }
    return signer;
  }

  /** Replaces the keys that were shared with this workload, whose revocation has withdrawn them. */
  revoked(subject: string): void {
    for (const renewal of this.#renewals.values()) if (renewal.verifierId === subject) renewal.now();
  }

  /** Replaces the keys whose life the token service has cut short: an operator rotates them. */
  heard(held: readonly HeldKey[]): void {
    const known = new Map(held.map(({ kid, notAfterMs }) => [kid, notAfterMs]));
    for (const renewal of this.#renewals.values()) renewal.heard(known);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const renewal of this.#renewals.values()) renewal.stop();
  }

  async #createSigner(use: SharedKeyUse, verifier: ServiceName, name: string): Promise<DelegatedSigner> {
    const { clock, holder, installation, logger } = this.#options;
    const create = () => this.#share(use, verifier);
    let key = await retry(create, { withinMs: shareWithinMs });
    const verifierId = spiffeId(installation, service(verifier));
    const renewal = new Renewal({
      verifierId,
      clock,
      logger,
      notAfterMs: () => key.notAfterMs,
      heard: (held) => {
        const notAfterMs = held.get(key.kid) ?? key.notAfterMs;
        const isCut = notAfterMs < key.notAfterMs;
        if (isCut) key = { ...key, notAfterMs };
        return isCut;
      },
      renew: async () => {
        key = await create();
      },
    });
    this.#renewals.set(name, renewal);
    return {
      get kid() {
        return key.kid;
      },
      holder,
      installation,
      sign(claims, typ) {
        if (clock.now() > key.notAfterMs - lastTokenMs)
          throw platformFault('identity.no-signing-key', 'The signing key has expired. Try again in a moment.');
        return signToken(claims, { typ, kid: key.kid }, key.secret);
      },
    };
  }

  async #share(use: SharedKeyUse, verifier: ServiceName): Promise<Key> {
    const bytes = randomBytes(32);
    const jwk = { kty: 'oct', k: bytes.toString('base64url') } as const;
    const { kid, notAfterMs } = await this.#options.tokenService.shareKey({ use, verifier, jwk });
    return { kid, secret: createSecretKey(bytes), notAfterMs };
  }
}

interface RenewalOptions {
  readonly verifierId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  notAfterMs(): number;
  /** Whether the current key ends earlier than was known. */
  heard(held: ReadonlyMap<string, number>): boolean;
  renew(): Promise<void>;
}

/** When one key is replaced. */
class Renewal {
  readonly verifierId: string;
  readonly #options: RenewalOptions;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: RenewalOptions) {
    this.verifierId = options.verifierId;
    this.#options = options;
    this.#atHalfLife();
  }

  now(): void {
    this.#cancel();
    this.#run();
  }

  heard(held: ReadonlyMap<string, number>): void {
    if (this.#options.heard(held)) this.now();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #run(): void {
    this.#options.renew().then(
      () => this.#atHalfLife(),
      (error: unknown) => {
        this.#options.logger.warn({ err: error, verifier: this.verifierId }, 'could not renew a shared key');
        this.#after(retryEveryMs);
      },
    );
  }

  #atHalfLife(): void {
    const { clock } = this.#options;
    this.#after(Math.max(retryEveryMs, (this.#options.notAfterMs() - clock.now()) / 2));
  }

  #after(delayMs: number): void {
    this.#cancel();
    if (!this.#stopped) this.#cancel = this.#options.clock.after(delayMs, () => this.#run());
  }
}
