import { LavalinkNode, type LavalinkManager } from 'lavalink-client';
import type { WebSocket } from 'ws';
import type { Backoff, BackoffRange } from '#infra/kernel/backoff.ts';
import { hasCode, type BailiwickError } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem, problemMediaType } from '#infra/kernel/problem.ts';
import { heldElsewhere } from '#infra/leases/lease.ts';
import {
  BrokenOff,
  NodeAtFault,
  nodeFailed,
  nodeRefused,
  nodeSilent,
  nodeUnavailable,
  RefusedOnTheWay,
  type NodeBreakers,
  type Purpose,
} from './breakers.ts';
import type { LavalinkTransport, NodeAnswer } from './transport.ts';

/** The internals of a node that are needed to use our own transport (lavalink-client 2.11.0). */
interface NodeInside {
  socket: WebSocket | null;
  open(): Promise<void>;
  close(code: number, reason: string): Promise<void>;
  message(data: unknown): Promise<void>;
  error(error: Error): void;
  reconnectionState: string;
  reconnectTimeout: NodeJS.Timeout | null;
  executeReconnect(): void;
}

type RawRequest = LavalinkNode['rawRequest'];
type RawOptions = Awaited<ReturnType<RawRequest>>['options'];

/** How long a node may take to respond; `load`: to what it gets from a music service, as tracks and lyrics. */
export interface AnswerWithinMs {
  readonly load: number;
  readonly other: number;
}

export interface NodeConnectionOptions {
  readonly tenant: TenantId;
  readonly node: string;
  readonly manager: LavalinkManager;
  readonly transport: LavalinkTransport;
  readonly breakers: NodeBreakers;
  readonly answerWithinMs: AnswerWithinMs;
  /** Of the tenant's lease. @throws lease.elsewhere */
  readonly fencingToken: () => number;
  /** The session to resume when the connection is made again. */
  readonly sessionId: () => string | undefined;
  readonly failed: (error: unknown) => void;
}

/** Between attempts to connect a node again. Every tenant has its own connection, and they break together. */
export const nodeRetries: BackoffRange = { minMs: 250, maxMs: 5_000 };
/** A ping that is unanswered at the next one ends a socket. */
const pingEveryMs = 10_000;
/**
 * Time-outs shrink along the way, so that the nearest component reports the fault: gateway-proxy waits for a node for
 * 2.5 s, or 4.5 s for what it gets from elsewhere (policies/routes.ts), and this service a little longer for both.
 */
export const defaultAnswerWithinMs: AnswerWithinMs = { load: 5_500, other: 3_500 };

/**
 * A lavalink-client node whose socket and requests use our own transport. The library opens sockets and requests by
 * itself, without a client certificate; both are plain methods, replaced here before the first use.
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
    heartBeatInterval: pingEveryMs,
    retryAmount: Number.POSITIVE_INFINITY,
    retryDelay: nodeRetries.minMs,
  });
  connection.rawRequest = rawRequest(options);
  connection.connect = () => void openSocket(connection, options);
  return connection;
}

/** The node is needed now: a scheduled attempt is made at once, and another soon after one in progress. */
export function hurry(connection: LavalinkNode, retries: Backoff): void {
  const inside = connection as unknown as NodeInside;
  retries.reset();
  connection.options.retryDelay = retries.nextMs();
  if (inside.reconnectionState !== 'PENDING' || !inside.reconnectTimeout) return;
  clearTimeout(inside.reconnectTimeout);
  inside.reconnectTimeout = null;
  inside.executeReconnect();
}

/** Ends the socket; it is opened again after a while. */
export function drop(connection: LavalinkNode): void {
  (connection as unknown as NodeInside).socket?.terminate();
}

function rawRequest(connection: NodeConnectionOptions): RawRequest {
  const { breakers, tenant, node } = connection;
  return async (endpoint, modify) => {
    const options: RawOptions = { path: `/v4/${endpoint.replace(/^\//, '')}`, method: 'GET', headers: {} };
    modify?.(options);
    const answer = await breakers.run(node, tenant, () => exchanged(connection, options), purposeOf(options));
    const body = answer.status === 204 ? null : answer.body;
    return { response: new Response(body, { status: answer.status }), options };
  };
}

/** Tracks and lyrics are what a node gets from elsewhere. */
const purposeOf = ({ path }: RawOptions): Purpose => (/^[^?]*\/(?:loadtracks|lyrics)\?/.test(path) ? 'load' : 'other');

/** Makes a request within this service's own time limit; throws for anything that is not a node's response. */
async function exchanged(connection: NodeConnectionOptions, options: RawOptions) {
  const { transport, tenant, node, fencingToken, answerWithinMs } = connection;
  const timeoutMs = answerWithinMs[purposeOf(options)];
  const signal = AbortSignal.timeout(timeoutMs);
  const request = {
    method: options.method ?? 'GET',
    path: options.path,
    signal,
    // The signal aborts first, and carries the reason.
    timeoutMs: timeoutMs + 1_000,
    ...(typeof options.body === 'string' ? { body: options.body } : {}),
  };
  try {
    const answer = await transport.request({ tenant, node, fencingToken: fencingToken() }, request);
    const fault = faultOf(answer);
    if (fault) throw fault;
    return answer;
  } catch (error) {
    if (signal.aborted) throw nodeSilent(error);
    // The path to the node is broken, not the node.
    if (hasCode(error, 'caller.unreachable'))
      throw nodeUnavailable(new RefusedOnTheWay('gateway-proxy cannot be reached'));
    throw error;
  }
}

/**
 * The meaning of a response. 404 is a response, and a successful one is JSON. A problem document comes from
 * gateway-proxy, whose refusals are transient; of the node's own faults, a 500 may be caused by what it was told to
 * play.
 */
function faultOf({ status, contentType, body }: NodeAnswer): BailiwickError | undefined {
  const why = `answered ${status} ${contentType}: ${body.slice(0, 300)}`;
  if (status === 204 || status === 404) return undefined;
  if (status < 300)
    return isJson(contentType, body) ? undefined : outOfOrder(`${why.slice(0, 200)}, which is not JSON`);
  if (status === 504) return nodeSilent(new Error(why));
  if (status === 401 && contentType.startsWith(problemMediaType) && isSuperseded(body)) return heldElsewhere();
  if (contentType.startsWith(problemMediaType) || status === 408 || status === 429)
    return nodeUnavailable(refusedByProxy(status, why));
  if (status === 401 || status === 403) return outOfOrder(refusesPassword(status));
  if (status === 500) return nodeFailed(status, body);
  return status >= 400 && status < 500 ? nodeRefused(status, body) : outOfOrder(why);
}

/** gateway-proxy knows of a later holder of the tenant's lease. */
const isSuperseded = (body: string): boolean => parseProblem(parseJson(body))?.code === 'authenticate.superseded';

/** 502: its connection to the node broke off; another 5xx: it has none. */
const refusedByProxy = (status: number, why: string): Error => {
  if (status < 500) return new RefusedOnTheWay(why);
  return status === 502 ? new BrokenOff(why) : new Error(why);
};

const isJson = (contentType: string, body: string): boolean =>
  /^application\/([\w.-]+\+)?json\b/i.test(contentType) && /^\s*[{[]/.test(body);

const outOfOrder = (why: string): BailiwickError => nodeUnavailable(new NodeAtFault(why));

const refusesPassword = (status: number): string => `refuses the password (${status})`;

async function openSocket(connection: LavalinkNode, options: NodeConnectionOptions): Promise<void> {
  const inside = connection as unknown as NodeInside;
  const { manager, transport, breakers, tenant, node, fencingToken, failed } = options;
  const guarded = (work: Promise<void>) => void work.catch(failed);
  try {
    const address = { tenant, node, fencingToken: fencingToken() };
    const socket = tame(await transport.connect(address, headersOf(manager, options.sessionId())));
    if (manager.nodeManager.nodes.get(node) !== connection || inside.socket) return socket.terminate();
    inside.socket = socket;
    socket.on('open', () => guarded(inside.open()));
    socket.on('close', (code, reason) => guarded(inside.close(code, reason.toString())));
    socket.on('message', (data) => guarded(inside.message(data)));
    socket.on('error', (error) => inside.error(error));
    socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
      // gateway-proxy's own refusals are problem documents; anything else comes from the node.
      const isNodes = !String(headers['content-type'] ?? '').startsWith(problemMediaType);
      if (isNodes)
        breakers.note(
          node,
          [401, 403].includes(statusCode) ? refusesPassword(statusCode) : `refuses connections (${statusCode})`,
        );
      socket.terminate();
    });
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
 * The library removes its listeners from sockets that it abandons, which would turn a late error into the end of this
 * process, and closes with codes that ws refuses: such a socket stays guarded, and is terminated instead.
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
