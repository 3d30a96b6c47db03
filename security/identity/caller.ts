import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { ndjsonMediaType, readNdjson } from '#infra/http/ndjson.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, hasCode, platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem, problemMediaType } from '#infra/kernel/problem.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { traceHeaders } from '#infra/observability/tracing.ts';
import type { Addresses } from '#infra/http/addresses.ts';
import type { Agent } from './agent.ts';
import { retry } from './retry.ts';
import { service, spiffeId, type Audience } from './spiffe.ts';
import { transactionTokenHeader } from './transaction-token.ts';
import { connectWorkload } from './workload-connection.ts';

interface CallRequest {
  readonly to: Audience;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query at the target, starting with '/'; the caller has to encode each segment. */
  readonly path: string;
  /** Sent as JSON, unless it is a stream or bytes. */
  readonly body?: unknown;
  /** Transaction token of the member on whose behalf the call is made. */
  readonly txnToken?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Until the response headers arrive, default 10 s; a stream may then be silent for 15 s. */
  readonly timeoutMs?: number;
}

interface CallResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The recipient must read or destroy it. */
  readonly body: Readable;
}

/** How a service calls any other part: through gateway-proxy, with its certificate and a call token for the target. */
export interface Caller extends AsyncDisposable {
  /**
   * Resolves with any status. Throws `caller.unreachable` if the proxy cannot be reached, `caller.aborted` on the
   * signal.
   */
  request(request: CallRequest): Promise<CallResponse>;
  /** The response validated by a schema; a problem+json response is thrown as the BailiwickError that it describes. */
  json<Schema extends z.ZodType>(request: CallRequest, schema: Schema): Promise<z.infer<Schema>>;
  /** The values of an NDJSON stream until it ends or breaks; reconnecting is up to the reader. */
  stream(request: CallRequest): AsyncGenerator<unknown>;
}

export interface CallerOptions {
  readonly agent: Agent;
  /** gateway-proxy's mTLS listeners. */
  readonly proxy: Addresses;
  readonly clock?: Clock;
}

const defaultTimeoutMs = 10_000;
const bodySilenceMs = 15_000;
const maxJsonBytes = 4 * 1024 * 1024;
const maxProblemBytes = 64 * 1024;
const retryWithinMs = 8_000;

export function createCaller(options: CallerOptions): Caller {
  const { agent, proxy, clock = systemClock } = options;
  const expectedSpiffeId = spiffeId(agent.installation, service('gateway-proxy'));
  const connection = connectWorkload({ ...proxy, expectedSpiffeId, tls: agent.tls, clock, connections: 1_024 });

  const once = async (request: CallRequest): Promise<CallResponse> => {
    if (!request.path.startsWith('/'))
      throw platformFault('caller.bad-path', 'A path must start with a slash.', undefined, 500);
    const { dispatcher, token } = await credentials(request.to);
    const { content, contentType } = encodeBody(request.body);
    try {
      const response = await dispatcher.request({
        method: request.method,
        path: `/${request.to}${request.path}`,
        headers: {
          ...traceHeaders(),
          ...request.headers,
          ...(contentType ? { 'content-type': contentType } : {}),
          ...(request.txnToken === undefined ? {} : { [transactionTokenHeader]: request.txnToken }),
          authorization: `Bearer ${token}`,
        },
        ...(content === undefined ? {} : { body: content }),
        ...(request.signal ? { signal: request.signal } : {}),
        headersTimeout: request.timeoutMs ?? defaultTimeoutMs,
        bodyTimeout: bodySilenceMs,
      });
      // undici emits an error for a body that is abandoned unread; without a listener it would end the process.
      response.body.on('error', () => undefined);
      return { status: response.statusCode, headers: response.headers, body: response.body };
    } catch (cause) {
      if (request.signal?.aborted) throw upstreamFault('caller.aborted', 'The call was cancelled.', cause, 499);
      throw unreachable(cause);
    }
  };
  /** The token and the connection must belong to the same certificate, which may be renewed in the meantime. */
  const credentials = async (to: Audience) => {
    for (;;) {
      const thumbprint = agent.thumbprint();
      const token = await agent.callToken(to);
      if (agent.thumbprint() === thumbprint) return { token, dispatcher: connection.dispatcher() };
    }
  };
  /** If nothing was done (no connection, a verifier that is not fresh), the call is repeated for a few seconds. */
  const request = (call: CallRequest): Promise<CallResponse> =>
    retry(
      async () => {
        const response = await once(call);
        if (response.status !== 503 || isStreamed(call.body)) return response;
        const text = await readText(response.body, maxProblemBytes);
        const error = problemOf(response, text);
        if (isNotFresh(error)) throw error;
        return { ...response, body: Readable.from([Buffer.from(text)]) };
      },
      {
        withinMs: isStreamed(call.body) ? 0 : retryWithinMs,
        signal: call.signal,
        isTransient: (error) => mayRepeat(call, error),
      },
    );
  return {
    request,
    async json(call, schema) {
      const response = await request(call);
      const text = await readText(response.body, maxJsonBytes);
      if (response.status >= 400) throw problemOf(response, text);
      const parsed = schema.safeParse(text === '' ? undefined : parseJson(text));
      if (parsed.success) return parsed.data;
      throw upstreamFault('caller.bad-answer', 'A part of the platform gave an unexpected response.', parsed.error);
    },
    async *stream(call) {
      const response = await request({ ...call, headers: { accept: ndjsonMediaType, ...call.headers } });
      if (response.status >= 400) throw problemOf(response, await readText(response.body, maxProblemBytes));
      yield* readNdjson(response.body);
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/**
 * Whether a part could not be asked: the part, the proxy, or a dependency of either is unavailable or failing. A
 * response that combines parts omits this one. Refusals by a part (4xx) do not count.
 */
export const isAway = (error: unknown): boolean => error instanceof BailiwickError && error.status >= 500;

const isNotFresh = (error: unknown): boolean => error instanceof BailiwickError && error.code.endsWith('.not-fresh');

/** Errors of Node and undici when no connection was established: nothing can have been done. */
const neverConnected = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
/** Errors when a connection broke: only reads may be retried. */
const broken = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function mayRepeat(request: CallRequest, error: unknown): boolean {
  if (isNotFresh(error)) return true;
  if (!hasCode(error, 'caller.unreachable')) return false;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return neverConnected.has(code) || (broken.has(code) && request.method === 'GET');
}
const unreachable = (cause: unknown): BailiwickError =>
  upstreamFault('caller.unreachable', 'A part of the platform cannot be reached. Try again.', cause, 503);

const isStreamed = (body: unknown): boolean => body instanceof Readable;

function encodeBody(body: unknown): { content?: string | Uint8Array | Readable; contentType?: string } {
  if (body === undefined) return {};
  if (body instanceof Readable || body instanceof Uint8Array) return { content: body };
  return { content: JSON.stringify(body), contentType: 'application/json' };
}

const tooLarge = (): BailiwickError =>
  upstreamFault('caller.too-large', 'A part of the platform gave a response that is too large.');

async function readText(body: Readable, maxBytes: number): Promise<string> {
  try {
    return (await wholeBody(body, maxBytes, tooLarge)).toString('utf8');
  } catch (error) {
    throw error instanceof BailiwickError ? error : unreachable(error);
  }
}

function problemOf(response: CallResponse, text: string): BailiwickError {
  const isProblem = String(response.headers['content-type'] ?? '').startsWith(problemMediaType);
  const problem = isProblem ? parseProblem(parseJson(text)) : undefined;
  return (
    problem ?? upstreamFault('caller.failed', `A part of the platform answered ${response.status} without a reason.`)
  );
}
