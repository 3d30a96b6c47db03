import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { buildConnector, Pool, type Dispatcher } from 'undici';
import type { TlsMaterial } from '#infra/http/service.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { gather } from '#infra/kernel/gathered-writes.ts';

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

/** Connections to one workload, always with this process's current certificate. */
export interface WorkloadConnection extends AsyncDisposable {
  /** The dispatcher for the next request. Requests in progress stay on their connections. */
  dispatcher(): Dispatcher;
}

export interface WorkloadConnectionOptions {
  /** https origin. */
  readonly url: string;
  readonly expectedSpiffeId: string;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  readonly connections?: number;
  /**
   * How many requests may be in progress on one connection at a time, answered in order (RFC 9112, 9.3.2): for reads
   * with immediate responses. A response that takes longer than two seconds breaks its connection, and with it what
   * waits behind: users of these connections have to send again elsewhere.
   */
  readonly pipelining?: number;
}

const patient = { headersTimeout: 30_000, bodyTimeout: 60_000 };
const brisk = { headersTimeout: 2_000, bodyTimeout: 2_000 };

/**
 * Connections on which everything written within one turn of the event loop is sent together, in one record and one
 * system call.
 */
function gathering(options: buildConnector.BuildOptions): buildConnector.connector {
  const connector = buildConnector(options);
  return (target, connected) =>
    connector(target, (...result) => {
      const [, socket] = result;
      if (socket) gather(socket);
      connected(...result);
    });
}

/**
 * Opens connections as needed and reuses them. After a renewal, new requests use new connections; the old ones are
 * closed when their requests have ended, or at the latest when their certificate expires. TLS sessions are not resumed,
 * so that each connection verifies its peer.
 */
export function connectWorkload(options: WorkloadConnectionOptions): WorkloadConnection {
  const { url, expectedSpiffeId, tls, clock, connections = 128, pipelining = 1 } = options;
  const open = () => {
    const { certificatePem, privateKeyPem, trustBundlePem } = tls.current();
    const connect = {
      ...workloadTls(trustBundlePem, expectedSpiffeId),
      cert: certificatePem,
      key: privateKeyPem,
      timeout: 5_000,
      maxCachedSessions: 0,
    };
    const pool = new Pool(new URL(url).origin, {
      connections,
      pipelining,
      keepAliveTimeout: 30_000,
      ...(pipelining === 1 ? { ...patient, connect } : { ...brisk, connect: gathering(connect) }),
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
