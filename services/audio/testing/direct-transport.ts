import { WebSocket } from 'ws';
import { callerFault } from '#infra/kernel/errors.ts';
import { problemMediaType, toProblem } from '#infra/kernel/problem.ts';
import {
  maxMessageBytes,
  type LavalinkTransport,
  type NodeAddress,
  type NodeRequest,
} from '../src/infrastructure/lavalink/transport.ts';

/** A status with which a request is answered instead of being made; it waits until that is known. */
export type Refuse = (request: NodeRequest, node: string) => number | undefined | Promise<number | undefined>;

export interface Hooks {
  readonly refuse?: Refuse | undefined;
  /** Called when a node has answered a request; the answer is passed on when it resolves. */
  readonly answered?: ((request: NodeRequest, node: string) => Promise<unknown>) | undefined;
  /** Shared by several audio services. */
  readonly fence?: Fence;
  /** Called for each attempt to open a socket. */
  readonly connecting?: () => void;
  /** Called with each message of a node, as audio reads it. */
  readonly told?: (message: string) => void;
}

const superseded = JSON.stringify(
  toProblem(callerFault('authenticate.superseded', 'Another process has taken the place of this one.', 401)),
);

/** What gateway-proxy does for several audio services: who has been replaced is cut off, and gives no more orders. */
export class Fence {
  readonly #seen = new Map<string, { token: number; sockets: Set<WebSocket> }>();

  admits({ tenant, fencingToken }: NodeAddress): boolean {
    const seen = this.#seen.get(tenant);
    if (seen && fencingToken < seen.token) return false;
    if (seen && fencingToken > seen.token) for (const socket of seen.sockets) socket.terminate();
    if (!seen || fencingToken > seen.token) this.#seen.set(tenant, { token: fencingToken, sockets: new Set() });
    return true;
  }

  opened({ tenant }: NodeAddress, socket: WebSocket): void {
    this.#seen.get(tenant)?.sockets.add(socket);
  }
}

/**
 * Connects directly to nodes with their password, as gateway-proxy would; for tests of everything above the transport.
 */
export function directTransport(
  nodes: ReadonlyMap<string, { port: number; password: string }>,
  { refuse, answered, told, connecting, fence }: Hooks,
): LavalinkTransport {
  const at = (node: string) => {
    const found = nodes.get(node);
    if (!found) throw new Error(`there is no node ${node}`);
    return found;
  };
  return {
    async request(address, request) {
      const { node } = address;
      if (fence?.admits(address) === false) return { status: 401, contentType: problemMediaType, body: superseded };
      const refused = await refuse?.(request, node);
      if (refused !== undefined) return { status: refused, contentType: '', body: '' };
      const { method, path, body, signal } = request;
      const { port, password } = at(node);
      const headers = {
        authorization: password,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, signal, body: body ?? null });
      const contentType = response.headers.get('content-type') ?? '';
      const answer = { status: response.status, contentType, body: await response.text() };
      await answered?.(request, node);
      return answer;
    },
    async connect(address, headers) {
      const { node } = address;
      connecting?.();
      if (fence?.admits(address) === false) throw new Error('refused: another one has the lease');
      const { port, password } = at(node);
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v4/websocket`, {
        headers: { ...headers, authorization: password },
        handshakeTimeout: 2_000,
        maxPayload: maxMessageBytes,
      });
      socket.on('message', (data: Buffer) => told?.(data.toString()));
      fence?.opened(address, socket);
      return socket;
    },
  };
}
