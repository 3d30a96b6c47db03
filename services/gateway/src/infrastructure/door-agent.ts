import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { upstreamFault } from '#infra/kernel/errors.ts';
import type { Identity } from './identity.ts';
import type { SupervisorChannel } from './supervisor-channel.ts';

/** Two streams, and the concurrent requests of proxy-client.ts. Node counts a socket only once it is connected. */
const maxConnections = 12;
/** Kept for the next calls: every new one costs a request to the supervisor and a handshake. */
const maxIdleConnections = 4;

export interface DoorAgentOptions {
  readonly channel: SupervisorChannel;
  readonly identity: Identity;
  /** The SPIFFE id that the peer's certificate must have (URI SAN); its host name is ignored. */
  readonly proxySpiffeId: string;
}

/**
 * An agent that cannot connect anywhere: it requests a connected socket from the supervisor and speaks TLS on it as
 * this bot. The supervisor sees only ciphertext. One agent per identity, since call tokens are bound to the
 * certificate.
 */
export class DoorAgent extends https.Agent {
  readonly #options: DoorAgentOptions;

  constructor(options: DoorAgentOptions) {
    super({
      keepAlive: true,
      keepAliveMsecs: 15_000,
      maxSockets: maxConnections,
      maxFreeSockets: maxIdleConnections,
      scheduling: 'lifo',
    });
    this.#options = options;
  }

  override createConnection(_options: object, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    if (callback) void this.#hand(callback as Handed);
    return undefined;
  }

  async #hand(callback: Handed): Promise<void> {
    try {
      callback(null, await this.#open());
    } catch (error) {
      callback(error instanceof Error ? error : new Error('no door', { cause: error }));
    }
  }

  async #open(): Promise<tls.TLSSocket> {
    const { channel, identity, proxySpiffeId } = this.#options;
    const door = await channel.door();
    return new Promise((resolve, reject) => {
      const socket = tls.connect({
        socket: door,
        secureContext: identity.secureContext,
        rejectUnauthorized: true,
        checkServerIdentity: (_host, certificate) => checkSpiffeId(certificate.subjectaltname, proxySpiffeId),
      });
      socket.setNoDelay(true);
      socket.on('error', reject);
      socket.once('secureConnect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }
}

type Handed = (error: Error | null, stream?: Duplex) => void;

/** Exactly one URI, exactly this one (spiffe standards/X509-SVID.md, 2). */
function checkSpiffeId(subjectAltName: string | undefined, expected: string): Error | undefined {
  const uris = (subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  if (uris.length === 1 && uris[0] === `URI:${expected}`) return undefined;
  return upstreamFault('proxy.wrong-identity', 'The peer behind the door is not gateway-proxy.');
}
