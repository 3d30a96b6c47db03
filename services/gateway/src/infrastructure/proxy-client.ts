import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Clock } from '#infra/kernel/clock.ts';
import { TokenBucket } from '#infra/kernel/rate-limiter.ts';
import { readNdjson } from '#infra/http/ndjson.ts';
import { BailiwickError, platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { problemOf, untilDone, type Outcome, type ProxyAnswer } from './attempts.ts';
import { DoorAgent } from './door-agent.ts';
import { createSemaphore, type Semaphore } from './semaphore.ts';
import type { Identity, IdentityHolder } from './identity.ts';
import { createPace } from './pace.ts';
import type { Audience, SupervisorChannel } from './supervisor-channel.ts';

const defaultTimeoutMs = 10_000;
/** The server sends an empty line every 5 s; a stream silent for longer than this is dead. */
const streamSilenceMs = 20_000;
const maxAnswerBytes = 4 * 1024 * 1024;
/** A large guild's GUILD_CREATE is the longest line. */
const maxStreamLineBytes = 8 * 1024 * 1024;
/** Including those that wait for their turn or for another attempt. */
const maxPending = 1_024;
/** Two of the door's connections are streams; slow music leaves some of the others for answers to members. */
const atOnce: Readonly<Record<Audience, number>> = { audio: 4, 'discord-edge': 6, api: 2 };
/** Slightly less than gateway-proxy grants a tenant's bot (gateway-proxy/proxy/limits/limits.ts): calls wait here instead. */
const callRate = { perSec: 45, burst: 100 };

export interface ProxyRequest {
  readonly to: Audience;
  readonly method: string;
  /** The path at the service, starting with `/v1/`; may include a query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent unchanged, with this content type; instead of `body`. */
  readonly rawBody?: { readonly type: string; readonly data: string | Uint8Array };
  readonly headers?: Readonly<Record<string, string>>;
  /** Transaction token of the interaction that this is done for. */
  readonly transaction?: string | undefined;
  /** For the whole call, including retries; default 10 s. */
  readonly timeoutMs?: number;
  /** For each attempt; defaults to the whole call's. */
  readonly attemptTimeoutMs?: number;
  /** Safe to repeat, so it is retried even if it may have been done. Reads always are. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export type { ProxyAnswer } from './attempts.ts';

/**
 * Calls to other parts through gateway-proxy. A transient refusal (infra/http/refusals.ts) is waited out within the
 * call's time: what was not done is retried, and so is what is safe to repeat. Throws `proxy.unreachable`,
 * `proxy.timeout`, `proxy.busy`, `proxy.answer-too-large`, and for a problem+json response the BailiwickError that it
 * describes; any other response is returned whatever its status.
 */
export interface ProxyClient {
  request(request: ProxyRequest): Promise<ProxyAnswer>;
  /** One value per line until the stream ends, breaks or is aborted. */
  stream(request: Pick<ProxyRequest, 'to' | 'path' | 'signal'>): AsyncGenerator<unknown>;
}

export interface ProxyClientOptions {
  readonly channel: SupervisorChannel;
  readonly identity: IdentityHolder;
  readonly proxySpiffeId: string;
  readonly clock: Clock;
}

/**
 * Audio does what a transaction requests once, however often it is sent (services/audio/src/domain/idempotency.ts); what
 * the api does for a member, it does not do again.
 */
const isRepeatable = ({ method, to, transaction, repeatable }: ProxyRequest): boolean =>
  method === 'GET' || repeatable === true || (to !== 'discord-edge' && transaction !== undefined);

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
    // Requests in progress finish on the old certificate; its idle connections are no longer useful.
    const old = route.agent;
    old.maxFreeSockets = 0;
    route = routeAs(renewed);
    Object.values(old.freeSockets)
      .flat()
      .forEach((socket) => socket?.destroy());
  });
  const pace = createPace(new TokenBucket(callRate), clock);
  let pending = 0;
  const semaphores: Readonly<Record<Audience, Semaphore>> = {
    audio: createSemaphore(atOnce.audio),
    'discord-edge': createSemaphore(atOnce['discord-edge']),
    api: createSemaphore(atOnce.api),
  };

  const attempt = async (request: ProxyRequest, whole: AbortSignal): Promise<Outcome> => {
    const { attemptTimeoutMs } = request;
    const signal =
      attemptTimeoutMs === undefined ? whole : AbortSignal.any([whole, AbortSignal.timeout(attemptTimeoutMs)]);
    await pace(signal);
    if (signal.aborted) return { fault: notSent(signal.reason) };
    try {
      return { answer: await exchange(route, request, signal) };
    } catch (error) {
      return { fault: toFault(error, request.signal) };
    }
  };

  return {
    async request(request) {
      if (pending >= maxPending)
        throw platformFault('proxy.busy', 'Too many calls are in progress. Try again in a moment.');
      pending += 1;
      const over = new AbortController();
      const cancel = clock.after(request.timeoutMs ?? defaultTimeoutMs, () => over.abort(timedOut()));
      try {
        const outcome = await untilDone({
          attempt: (signal) => attempt(request, signal),
          semaphore: semaphores[request.to],
          repeatable: isRepeatable(request),
          signal: AbortSignal.any([over.signal, ...(request.signal ? [request.signal] : [])]),
          clock,
        });
        if (!('answer' in outcome)) throw outcome.fault;
        throwProblem(outcome.answer);
        return outcome.answer;
      } finally {
        cancel();
        pending -= 1;
      }
    },
    async *stream({ to, path, signal }) {
      const response = await send(route, { to, path, method: 'GET' }, signal).catch((error: unknown) => {
        throw toFault(error, signal);
      });
      response.setTimeout(streamSilenceMs, () =>
        response.destroy(upstreamFault('proxy.timeout', 'The stream stopped sending.')),
      );
      if (response.statusCode !== 200) {
        throwProblem({ status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) });
        throw upstreamFault('proxy.unexpected-answer', `A stream was refused with status ${response.statusCode}.`);
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
  return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) };
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
  wholeBody(response, maxAnswerBytes, () =>
    upstreamFault('proxy.answer-too-large', 'A response is larger than 4 MiB.'),
  );

function throwProblem(answer: ProxyAnswer): void {
  const problem = problemOf(answer.headers, answer.body);
  if (problem) throw problem;
}

const timedOut = () => new DOMException('The call took too long.', 'TimeoutError');

function toFault(error: unknown, callersSignal: AbortSignal | undefined): unknown {
  if (error instanceof BailiwickError || callersSignal?.aborted) return error;
  const name = error instanceof Error ? error.name : '';
  const cause = error instanceof Error ? error.cause : undefined;
  if (name === 'TimeoutError' || (cause instanceof Error && cause.name === 'TimeoutError')) {
    return upstreamFault('proxy.timeout', 'The platform did not respond in time. Try again in a moment.', error, 504);
  }
  return upstreamFault('proxy.unreachable', 'The platform cannot be reached. Try again in a moment.', error);
}
