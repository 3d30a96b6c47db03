import { LavalinkNode, type LavalinkManager } from 'lavalink-client';
import type { WebSocket } from 'ws';
import type { BailiwickError } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { nodeFailed, nodeRefused, nodeUnavailable, RefusedOnTheWay, type NodeBreakers } from './breakers.ts';
import type { LavalinkTransport } from './transport.ts';

/** What of a node's inside has to be reached to put a transport of ours under it (lavalink-client 2.11.0). */
interface NodeInside {
  socket: WebSocket | null;
  open(): Promise<void>;
  close(code: number, reason: string): Promise<void>;
  message(data: unknown): Promise<void>;
  error(error: Error): void;
}

type RawRequest = LavalinkNode['rawRequest'];
type RawOptions = Awaited<ReturnType<RawRequest>>['options'];

export interface NodeConnectionOptions {
  readonly tenant: TenantId;
  readonly node: string;
  readonly manager: LavalinkManager;
  readonly transport: LavalinkTransport;
  readonly breakers: NodeBreakers;
  /** The session to resume when the connection is made anew. */
  readonly sessionId: () => string | undefined;
  readonly failed: (error: unknown) => void;
}

const firstRetryMs = 250;
const longestRetryMs = 30_000;

/**
 * A node of lavalink-client's whose socket and requests go through a transport of ours. The library opens sockets and
 * requests by itself, without a client certificate; both are plain methods, replaced here before the first use.
 */
export function createNodeConnection(options: NodeConnectionOptions): LavalinkNode {
  const { manager, node } = options;
  const connection = manager.nodeManager.createNode({
    id: node,
    // Never resolved: what would use it is replaced below.
    host: 'lavalink.invalid',
    port: 443,
    secure: true,
    authorization: 'put on by gateway-proxy',
    autoChecks: { sourcesValidations: false, pluginValidations: false },
    retryAmount: Number.POSITIVE_INFINITY,
    retryDelay: firstRetryMs,
  });
  connection.rawRequest = rawRequest(options);
  connection.connect = () => void openSocket(connection, options);
  return connection;
}

/** Waits twice as long after each failure, up to half a minute; `back` begins anew. */
export function backOff(connection: LavalinkNode, back: boolean): void {
  const delayMs = back ? firstRetryMs : Math.min(longestRetryMs, (connection.options.retryDelay ?? firstRetryMs) * 2);
  connection.options.retryDelay = delayMs;
}

function rawRequest({ transport, breakers, tenant, node }: NodeConnectionOptions): RawRequest {
  return async (endpoint, modify) => {
    const options: RawOptions = {
      path: `/v4/${endpoint.replace(/^\//, '')}`,
      method: 'GET',
      headers: {},
      signal: AbortSignal.timeout(10_000),
    };
    modify?.(options);
    const answer = await breakers.run(node, tenant, async () => {
      const request = {
        method: options.method ?? 'GET',
        path: options.path,
        signal: options.signal ?? AbortSignal.timeout(10_000),
        ...(typeof options.body === 'string' ? { body: options.body } : {}),
      };
      const got = await transport.request({ tenant, node }, request);
      const fault = faultOf(got);
      if (fault) throw fault;
      return got;
    });
    const body = answer.status === 204 ? null : answer.body;
    return { response: new Response(body, { status: answer.status }), options };
  };
}

/**
 * What an answer means for us. 404 is an answer; 401, 403 and 429 are the proxy's, which will think otherwise in a
 * moment; of the node's own faults a 500 may lie in what it was told to play.
 */
function faultOf({ status, body }: { readonly status: number; readonly body: string }): BailiwickError | undefined {
  if (status < 400 || status === 404) return undefined;
  if (status === 500) return nodeFailed(status, body);
  const why = `answered ${status}: ${body.slice(0, 300)}`;
  if ([401, 403, 408, 429].includes(status)) return nodeUnavailable(new RefusedOnTheWay(why));
  return status < 500 ? nodeRefused(status, body) : nodeUnavailable(new Error(why));
}

async function openSocket(connection: LavalinkNode, options: NodeConnectionOptions): Promise<void> {
  const inside = connection as unknown as NodeInside;
  const { manager, transport, tenant, node, failed } = options;
  const guarded = (work: Promise<void>) => void work.catch(failed);
  try {
    const socket = tame(await transport.connect({ tenant, node }, headersOf(manager, options.sessionId())));
    if (manager.nodeManager.nodes.get(node) !== connection || inside.socket) return socket.terminate();
    inside.socket = socket;
    socket.on('open', () => guarded(inside.open()));
    socket.on('close', (code, reason) => guarded(inside.close(code, reason.toString())));
    socket.on('message', (data) => guarded(inside.message(data)));
    socket.on('error', (error) => inside.error(error));
  } catch (error) {
    failed(error);
    guarded(inside.close(1006, 'no connection'));
  }
}

function headersOf(manager: LavalinkManager, sessionId: string | undefined): Record<string, string> {
  return {
    'User-Id': manager.options.client?.id ?? '',
    'Client-Name': 'bailiwick-audio/1.0.0',
    ...(sessionId ? { 'Session-Id': sessionId } : {}),
  };
}

/**
 * The library drops its listeners from sockets that it gives up, which would turn a late error into the end of this
 * process, and closes with codes that ws refuses: such a socket stays guarded, and is ended instead.
 */
function tame(socket: WebSocket): WebSocket {
  const guard = (error: Error) => void error;
  socket.on('error', guard);
  const removeAll = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (event?: string | symbol) => {
    removeAll(event as string);
    socket.on('error', guard);
    if (socket.readyState === socket.OPEN) socket.terminate();
    return socket;
  };
  const close = socket.close.bind(socket);
  socket.close = (code?: number, reason?: string | Buffer) =>
    code === undefined || code === 1000 || code >= 3000 ? close(code, reason) : socket.terminate();
  return socket;
}
