import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { Pool, type Dispatcher } from 'undici';
import type { TlsMaterial } from '#infra/http/service.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { connectorTo, type Addresses } from '#infra/http/addresses.ts';

/**
 * TLS options for a connection to a workload: it is identified by the SPIFFE id in its certificate, never by a host
 * name. `servername` only keeps Node from sending an address as SNI (RFC 6066, 3); nothing is compared with it.
 */
export function workloadTls(trustBundlePem: string, expectedSpiffeId: string): ConnectionOptions {
  return {
    ca: trustBundlePem,
    minVersion: 'TLSv1.3',
    servername: 'workload.bailiwick.internal',
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      certificate.subjectaltname === `URI:${expectedSpiffeId}` && !certificate.ca
        ? undefined
        : new Error('the peer is not the workload that was called'),
  };
}

/** Connections to one workload, any of its replicas, always with this process's current certificate. */
export interface WorkloadConnection extends AsyncDisposable {
  /** The dispatcher for the next request. Requests in progress stay on their connections. */
  dispatcher(): Dispatcher;
}

export interface WorkloadConnectionOptions extends Addresses {
  readonly expectedSpiffeId: string;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  readonly connections?: number;
}

/**
 * Opens connections as needed and reuses them. After a renewal, new requests use new connections; the old ones are
 * closed when their requests have ended, or at the latest when their certificate expires. TLS sessions are not resumed,
 * so that each connection verifies its peer.
 */
export function connectWorkload(options: WorkloadConnectionOptions): WorkloadConnection {
  const { url, alternatives, expectedSpiffeId, tls, clock, connections = 128 } = options;
  const open = () => {
    const { certificatePem, privateKeyPem, trustBundlePem } = tls.current();
    const connect = connectorTo(
      { url, alternatives },
      { ...workloadTls(trustBundlePem, expectedSpiffeId), cert: certificatePem, key: privateKeyPem },
    );
    const pool = new Pool(new URL(url).origin, {
      connections,
      pipelining: 1,
      headersTimeout: 30_000,
      bodyTimeout: 60_000,
      keepAliveTimeout: 30_000,
      connect,
    });
    return { pool, expiresAtMs: new X509Certificate(certificatePem).validToDate.getTime() };
  };
  let current = open();
  const retiring = new Map<Pool, () => void>();
  const retire = ({ pool, expiresAtMs }: ReturnType<typeof open>) => {
    const cancel = clock.after(Math.max(0, expiresAtMs - clock.now()), () => {
      void pool.destroy();
    });
    retiring.set(pool, cancel);
    const over = () => {
      cancel();
      retiring.delete(pool);
    };
    pool.close().then(over, over);
  };
  const stop = tls.onRenewed(() => {
    const old = current;
    current = open();
    retire(old);
  });
  return {
    dispatcher: () => current.pool,
    async [Symbol.asyncDispose]() {
      stop();
      for (const cancel of retiring.values()) cancel();
      await Promise.all([current.pool, ...retiring.keys()].map((pool) => pool.destroy()));
    },
  };
}
