import { WebSocket } from 'ws';
import { maxMessageBytes, type LavalinkTransport, type NodeRequest } from '../src/infrastructure/lavalink/transport.ts';

/** A status with which a request is answered instead of being made. */
export type Refuse = (request: NodeRequest) => number | undefined;

interface Hooks {
  readonly refuse: Refuse;
  /** Called for each attempt to open a socket. */
  readonly connecting?: () => void;
  /** Called with each message of a node, as audio reads it. */
  readonly told?: (message: string) => void;
}

/**
 * Connects directly to nodes with their password, as gateway-proxy would; for tests of everything above the transport.
 */
export function directTransport(
  nodes: ReadonlyMap<string, { port: number; password: string }>,
  { refuse, told, connecting }: Hooks,
): LavalinkTransport {
  const at = (node: string) => {
    const found = nodes.get(node);
    if (!found) throw new Error(`there is no node ${node}`);
    return found;
  };
  return {
    async request({ node }, request) {
      const refused = refuse(request);
      if (refused !== undefined) return { status: refused, contentType: '', body: '' };
      const { method, path, body, signal } = request;
      const { port, password } = at(node);
      const headers = {
        authorization: password,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, signal, body: body ?? null });
      const contentType = response.headers.get('content-type') ?? '';
      return { status: response.status, contentType, body: await response.text() };
    },
    async connect({ node }, headers) {
      connecting?.();
      const { port, password } = at(node);
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v4/websocket`, {
        headers: { ...headers, authorization: password },
        handshakeTimeout: 2_000,
        maxPayload: maxMessageBytes,
      });
      socket.on('message', (data: Buffer) => told?.(data.toString()));
      return socket;
    },
  };
}
