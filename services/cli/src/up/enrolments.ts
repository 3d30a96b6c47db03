import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { platformFault } from '#infra/kernel/errors.ts';

const lifetimeMs = 120_000;
const answerTimeoutMs = 30_000;

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('identity'), trustBundlePem: z.string() }),
  z.object({ type: z.literal('enrolment-known'), tokenSha256Base64: z.string() }),
]);

/**
 * Creates one-time enrolment tokens and sends their hashes to the token services, its children, over the IPC channel;
 * one that has stored a hash has done so for all of them. One that restarts is sent the hashes again that none has
 * stored yet.
 */
export class Enrolments {
  readonly #installation: string;
  readonly #pending = new Map<string, { message: object; known: () => void; expiresAtMs: number }>();
  readonly #firstBundle = Promise.withResolvers<string>();
  #bundle: Promise<string> = this.#firstBundle.promise;
  readonly #tokenServices = new Set<ChildProcess>();

  constructor(installation: string) {
    this.#installation = installation;
  }

  /** PEM of the installation's authorities, once the token service has announced it; always the latest. */
  get trustBundlePem(): Promise<string> {
    return this.#bundle;
  }

  started(tokenService: ChildProcess): void {
    this.#tokenServices.add(tokenService);
    tokenService.once('disconnect', () => this.#tokenServices.delete(tokenService));
    for (const [hash, pending] of this.#pending) {
      if (pending.expiresAtMs < Date.now()) this.#pending.delete(hash);
      else tell(tokenService, pending.message);
    }
  }

  received(raw: unknown): void {
    const message = messageSchema.safeParse(raw);
    if (!message.success) return;
    if (message.data.type === 'identity') {
      this.#firstBundle.resolve(message.data.trustBundlePem);
      this.#bundle = Promise.resolve(message.data.trustBundlePem);
      return;
    }
    this.#pending.get(message.data.tokenSha256Base64)?.known();
  }

  /** A token that enrols the service of this name once, within two minutes. */
  async issue(service: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const hash = createHash('sha256').update(token).digest('base64');
    const expiresAtMs = Date.now() + lifetimeMs;
    const spiffeId = `spiffe://${this.#installation}/svc/${service}`;
    const message = { type: 'enrolment', tokenSha256Base64: hash, spiffeId, expiresAtMs };
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(hash);
        reject(platformFault('up.enrolment', `The token service did not take the enrolment of ${service}.`));
      }, answerTimeoutMs);
      const known = () => {
        clearTimeout(timer);
        this.#pending.delete(hash);
        resolve();
      };
      this.#pending.set(hash, { message, known, expiresAtMs });
      for (const tokenService of this.#tokenServices) tell(tokenService, message);
    });
    return token;
  }
}

function tell(tokenService: ChildProcess, message: object): void {
  if (tokenService.connected) tokenService.send(message, () => undefined);
}
