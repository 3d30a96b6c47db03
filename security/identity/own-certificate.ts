import { X509Certificate } from 'node:crypto';
import { Backoff } from '#infra/kernel/backoff.ts';
import type { TlsMaterial } from '#infra/http/service.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { createCertificateRequest } from './certificate-request.ts';
import { thumbprintOf } from './peer.ts';
import type { IssuedCertificate } from './token-service-client.ts';

const renewalRetry = { minMs: 1_000, maxMs: 30_000 };

/** The certificate that this process presents, with its key; both are replaced at each renewal. */
export class OwnCertificate implements TlsMaterial {
  #material: ReturnType<TlsMaterial['current']>;
  #thumbprint: string;
  #expiresAtMs: number;
  readonly #listeners = new Set<() => void>();

  constructor(issued: IssuedCertificate, privateKeyPem: string) {
    this.#material = { ...issued, privateKeyPem };
    this.#thumbprint = thumbprintOf(new X509Certificate(issued.certificatePem));
    this.#expiresAtMs = issued.expiresAtMs;
  }

  get thumbprint(): string {
    return this.#thumbprint;
  }

  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  current(): ReturnType<TlsMaterial['current']> {
    return this.#material;
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  replace(issued: IssuedCertificate, privateKeyPem: string): void {
    this.#material = { ...issued, privateKeyPem };
    this.#thumbprint = thumbprintOf(new X509Certificate(issued.certificatePem));
    this.#expiresAtMs = issued.expiresAtMs;
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Renews at half of the remaining lifetime, with jitter so that a fleet does not renew at once. Retries with backoff
 * until it succeeds or the certificate has expired: then nothing is left to renew it with, and `lost` is called.
 */
export function keepRenewed(options: {
  readonly certificate: OwnCertificate;
  readonly issue: (csrPem: string) => Promise<IssuedCertificate>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lost?: (error: unknown) => void;
}): () => void {
  const { certificate, issue, clock, logger, lost } = options;
  let cancel: () => void = () => undefined;
  let stopped = false;
  const backoff = new Backoff(renewalRetry);
  const renew = async (): Promise<void> => {
    const request = createCertificateRequest();
    const issued = await issue(request.csrPem);
    if (!stopped) certificate.replace(issued, request.privateKeyPem);
  };
  const schedule = (delayMs: number): void => {
    if (stopped) return;
    cancel = clock.after(delayMs, () => {
      renew().then(
        () => {
          backoff.reset();
          schedule(halfLife());
        },
        (error: unknown) => {
          const { expiresAtMs } = certificate;
          logger.warn({ err: error, expiresAtMs }, 'could not renew the certificate');
          if (lost && !stopped && expiresAtMs <= clock.now()) {
            lost(error);
            return;
          }
          schedule(backoff.nextMs());
        },
      );
    });
  };
  const halfLife = (): number =>
    Math.max(renewalRetry.minMs, (certificate.expiresAtMs - clock.now()) * (0.45 + Math.random() * 0.1));
  schedule(halfLife());
  return () => {
    stopped = true;
    cancel();
  };
}
