import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Clock } from '#infra/kernel/clock.ts';
import { readNdjson } from '#infra/http/ndjson.ts';
import { BailiwickError, platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem, problemMediaType } from '#infra/kernel/problem.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { backoffDelayMs } from '#tenants/supervisor/backoff.ts';
import { DoorAgent } from './door-agent.ts';
import { pause } from './follow-stream.ts';
import type { Identity, IdentityHolder } from './identity.ts';
import { createPace } from './pace.ts';
import { createSlots } from './slots.ts';
import type { Audience, SupervisorChannel } from './supervisor-channel.ts';

const defaultTimeoutMs = 10_000;
/** The server sends an empty line every 5 s; a stream silent for longer than this is dead. */
const streamSilenceMs = 20_000;
const maxAnswerBytes = 4 * 1024 * 1024;
/** A large guild's GUILD_CREATE is the largest line there is. */
const maxStreamLineBytes = 8 * 1024 * 1024;
const maxPending = 128;
/** To each service, so that slow calls to one do not hold up those to the other. */
const callsAtOnce = 5;
/** A little less than gateway-proxy grants a tenant's bot (gateway-proxy/proxy/limits.ts): calls wait here instead. */
const callRate = { perSec: 45, burst: 100 };

export interface ProxyRequest {
  readonly to: Audience;
  readonly method: string;
  /** As the service knows it, starting with `/v1/`; may carry a query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with this content type; instead of `body`. */
  readonly rawBody?: { readonly type: string; readonly data: string | Uint8Array };
  readonly headers?: Readonly<Record<string, string>>;
  /** Transaction token of the interaction that this is done for. */
  readonly transaction?: string | undefined;
  /** For the whole exchange; 10 s unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Calls to other parts through gateway-proxy. A part that is away for a moment is waited for within the call's time:
 * what was not done is asked again, and so is what was only read or is done only once. Throws `proxy.unreachable`,
 * `proxy.timeout`, `proxy.busy`, `proxy.answer-too-large`, and for an answer in problem+json the BailiwickError that it
 * tells of; any other answer is returned whatever its status.
 */
export interface ProxyClient {
  request(request: ProxyRequest): Promise<ProxyAnswer>;
  /** One value a line until the stream ends, breaks or is aborted. */
  stream(request: Pick<ProxyRequest, 'to' | 'path' | 'signal'>): AsyncGenerator<unknown>;
}

export interface ProxyClientOptions {
  readonly channel: SupervisorChannel;
  readonly identity: IdentityHolder;
  readonly proxySpiffeId: string;
  readonly clock: Clock;
}

/** Refusals after which nothing was done, and which pass by themselves (gateway-proxy/proxy/denials.ts). */
const notDone = new Set([
  'proxy.not-sent',
  'forward.not-sent',
  'forward.no-grant',
  'forward.breaker-open',
  'authenticate.not-fresh',
  'on-behalf-of.not-fresh',
  'authorize.stale',
  'authorize.failed',
  'limit.overloaded',
]);
/** After these something may have been done. */
const interrupted = new Set(['proxy.unreachable', 'forward.unreachable']);
const againBackoff = { minMs: 200, maxMs: 1_000 };

/** Audio does what a transaction asks for once, however often it is asked (services/audio/src/domain/deeds.ts). */
const isRepeatable = ({ method, to, transaction }: ProxyRequest): boolean =>
  method === 'GET' || (to === 'audio' && transaction !== undefined);

const mayAskAgain = (error: unknown, request: ProxyRequest): boolean =>
  error instanceof BailiwickError &&
  (notDone.has(error.code) || (isRepeatable(request) && interrupted.has(error.code)));

interface Route {
  readonly identity: Identity;
  readonly agent: DoorAgent;
}

export function createProxyClient(options: ProxyClientOptions): ProxyClient {
  const { channel, identity, proxySpiffeId, clock } = options;
  const routeAs = (as: Identity): Route => ({
    identity: as,
    agent: new DoorAgent({ channel, identity: as, proxySpiffeId }),
  });
  let route = routeAs(identity.current());
  identity.onRenewed((renewed) => {
    // Requests under way end on the old certificate; idle connections of it are of no more use.
    const old = route.agent;
    old.maxFreeSockets = 0;
    route = routeAs(renewed);
    Object.values(old.freeSockets)
      .flat()
      .forEach((socket) => socket?.destroy());
  });
  const pace = createPace(callRate, clock);
  const slots = { audio: createSlots(callsAtOnce), 'discord-edge': createSlots(callsAtOnce) };
  const paced = async (request: ProxyRequest, signal: AbortSignal): Promise<ProxyAnswer> => {
    await pace(signal);
    signal.throwIfAborted();
    return exchange(route, request, signal);
  };
  let pending = 0;
  return {
    async request(request) {
      if (pending >= maxPending)
        throw platformFault('proxy.busy', 'Too many calls are under way. Try again in a moment.');
      pending += 1;
      try {
        const signals = [AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs), request.signal];
        const signal = AbortSignal.any(signals.filter((each) => each !== undefined));
        for (let attempt = 0; ; attempt += 1) {
          try {
            return await slots[request.to].run(() => paced(request, signal), signal);
          } catch (error) {
            const fault = toFault(error, request.signal);
            if (signal.aborted || !mayAskAgain(fault, request)) throw fault;
            await pause(backoffDelayMs(attempt, againBackoff), clock, signal);
            if (signal.aborted) throw fault;
          }
        }
      } finally {
        pending -= 1;
      }
    },
    async *stream({ to, path, signal }) {
      const response = await send(route, { to, path, method: 'GET' }, signal).catch((error: unknown) => {
        throw toFault(error, signal);
      });
      response.setTimeout(streamSilenceMs, () =>
        response.destroy(upstreamFault('proxy.timeout', 'The stream fell silent.')),
      );
      if (response.statusCode !== 200) {
        throwProblem({ status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) });
        throw upstreamFault('proxy.unexpected-answer', `A stream was answered with status ${response.statusCode}.`);
      }
      try {
        yield* readNdjson(response, maxStreamLineBytes);
      } catch (error) {
        throw toFault(error, signal);
      } finally {
        response.destroy();
      }
    },
  };
}

async function exchange(route: Route, request: ProxyRequest, signal: AbortSignal): Promise<ProxyAnswer> {
  const response = await send(route, request, signal);
  const answer = { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) };
  throwProblem(answer);
  return answer;
}

async function send(route: Route, request: ProxyRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const callToken = await route.identity.callToken(request.to);
  const payload = request.rawBody?.data ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const type = request.rawBody?.type ?? 'application/json';
  return new Promise((resolve, reject) => {
    const outgoing = https.request({
      agent: route.agent,
      host: 'gateway-proxy',
      method: request.method,
      path: `/${request.to}${request.path}`,
      ...(signal ? { signal } : {}),
      headers: {
        ...request.headers,
        authorization: `Bearer ${callToken}`,
        ...(request.transaction === undefined ? {} : { 'txn-token': request.transaction }),
        ...(payload === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
      },
    });
    let connected = false;
    outgoing.once('socket', () => {
      connected = true;
    });
    outgoing.once('error', (error) => reject(connected || signal?.aborted ? error : notSent(error)));
    outgoing.once('response', resolve);
    outgoing.end(payload);
  });
}

const notSent = (cause: unknown): BailiwickError =>
  upstreamFault('proxy.not-sent', 'The platform cannot be reached. Try again in a moment.', cause);

const readBody = (response: IncomingMessage): Promise<Buffer> =>
  wholeBody(response, maxAnswerBytes, () => upstreamFault('proxy.answer-too-large', 'An answer is larger than 4 MiB.'));

function throwProblem(answer: ProxyAnswer): void {
  if (!(answer.headers['content-type'] ?? '').startsWith(problemMediaType)) return;
  throw (
    parseProblem(parseJson(answer.body.toString('utf8'))) ??
    upstreamFault('proxy.unexpected-answer', `A problem that cannot be read came with status ${answer.status}.`)
  );
}

function toFault(error: unknown, callersSignal: AbortSignal | undefined): unknown {
  if (error instanceof BailiwickError || callersSignal?.aborted) return error;
  const name = error instanceof Error ? error.name : '';
  const cause = error instanceof Error ? error.cause : undefined;
  if (name === 'TimeoutError' || (cause instanceof Error && cause.name === 'TimeoutError')) {
    return upstreamFault('proxy.timeout', 'The platform did not answer in time. Try again in a moment.', error, 504);
  }
  return upstreamFault('proxy.unreachable', 'The platform cannot be reached. Try again in a moment.', error);
}
