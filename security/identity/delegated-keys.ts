import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { retry } from './retry.ts';
import { signToken, type DelegatedSigner } from './signed-token.ts';
import { delegatedJwkSchema, type DelegatedUse, type TokenServiceClient } from './token-service-client.ts';
import { maxTransactionTokenLifetimeSec } from './transaction-token.ts';

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly notAfterMs: number;
}

const publishWithinMs = 10_000;
const retryEveryMs = 5_000;
/** A key stops signing this long before it expires, so that what it signed last is accepted for its whole lifetime. */
const lastTokenMs = maxTransactionTokenLifetimeSec * 1000;

/** The keys with which this process signs on behalf of the token service, each replaced at half its lifetime. */
export class DelegatedKeys implements AsyncDisposable {
  readonly #options: {
    tokenService: Pick<TokenServiceClient, 'publishKey'>;
    installation: InstallationId;
    holder: string;
    clock: Clock;
    logger: Logger;
  };
  readonly #signers = new Map<DelegatedUse, Promise<DelegatedSigner>>();
  readonly #cancels = new Map<DelegatedUse, () => void>();
  #stopped = false;

  constructor(options: {
    tokenService: Pick<TokenServiceClient, 'publishKey'>;
    installation: InstallationId;
    holder: string;
    clock: Clock;
    logger: Logger;
  }) {
    this.#options = options;
  }

  signer(use: DelegatedUse): Promise<DelegatedSigner> {
    let signer = this.#signers.get(use);
    if (!signer) {
      signer = this.#createSigner(use);
      this.#signers.set(use, signer);
      signer.catch(() => this.#signers.delete(use));
    }
    return signer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  async #createSigner(use: DelegatedUse): Promise<DelegatedSigner> {
    const { clock, holder, installation } = this.#options;
    let key = await retry(() => this.#publish(use), { withinMs: publishWithinMs });
    this.#keepRenewed(
      use,
      () => key,
      (next) => {
        key = next;
      },
    );
    return {
      get kid() {
        return key.kid;
      },
      holder,
      installation,
      async sign(claims, typ) {
        if (clock.now() > key.notAfterMs - lastTokenMs)
          throw platformFault('identity.no-signing-key', 'The signing key has expired. Try again in a moment.');
        return signToken(claims, { typ, kid: key.kid }, key.privateKey);
      },
    };
  }

  async #publish(use: DelegatedUse): Promise<Key> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { kty, crv, x } = publicKey.export({ format: 'jwk' });
    const { kid, notAfterMs } = await this.#options.tokenService.publishKey(
      use,
      delegatedJwkSchema.parse({ kty, crv, x }),
    );
    return { kid, privateKey, notAfterMs };
  }

  #keepRenewed(use: DelegatedUse, current: () => Key, replace: (key: Key) => void): void {
    const { clock, logger } = this.#options;
    const schedule = (delayMs: number): void => {
      if (this.#stopped) return;
      const cancel = clock.after(delayMs, () => {
        this.#publish(use).then(
          (key) => {
            replace(key);
            schedule(halfLife());
          },
          (error: unknown) => {
            logger.warn({ err: error, use }, 'could not renew a delegated key');
            schedule(retryEveryMs);
          },
        );
      });
      this.#cancels.set(use, cancel);
    };
    const halfLife = (): number => Math.max(retryEveryMs, (current().notAfterMs - clock.now()) / 2);
    schedule(halfLife());
  }
}
