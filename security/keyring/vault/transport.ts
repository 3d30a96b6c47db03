import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { wholeBody } from '#infra/http/whole-body.ts';
import { parseJson } from '#infra/kernel/json.ts';

/** What node-vault passes to its transport, of which this one uses what a client of Vault needs. */
interface VaultRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

interface VaultResponse {
  readonly statusCode: number;
  readonly body: unknown;
  readonly request: { readonly path: string };
}

const maxAnswerBytes = 1024 * 1024;

/**
 * Sends node-vault's requests. Its own transport follows the proxies and the switches of the environment, among them one
 * that turns certificate checks off, and accepts answers of any size.
 */
export class VaultTransport implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  /** `lookup` resolves the server's name, by default as the system does. */
  constructor({
    trustPem,
    timeoutMs,
    lookup,
  }: {
    trustPem?: string | undefined;
    timeoutMs: number;
    lookup?: LookupFunction | undefined;
  }) {
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connections: 16,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      keepAliveTimeout: 10_000,
      connect: {
        timeout: timeoutMs,
        ...(trustPem === undefined ? {} : { ca: trustPem }),
        ...(lookup === undefined ? {} : { lookup }),
      },
    });
  }

  /** In the form of the option `request-promise`. */
  defaults = () => (asked: VaultRequest) => this.#send(asked);

  async #send({ method, uri, headers = {}, json }: VaultRequest): Promise<VaultResponse> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const sent = request(uri, {
      method: method as 'GET',
      headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      body: json === undefined ? null : JSON.stringify(json),
      dispatcher: this.#agent,
      signal,
    });
    // A request that waits for a connection does not notice the signal.
    const answer = await Promise.race([sent, aborted(signal)]);
    const body = await wholeBody(answer.body, maxAnswerBytes, () => new Error('The answer is too large.'));
    return {
      statusCode: answer.statusCode,
      body: body.length === 0 ? {} : parseJson(body.toString('utf8')),
      request: { path: new URL(uri).pathname },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#agent.destroy();
  }
}

const aborted = async (signal: AbortSignal): Promise<never> => {
  await once(signal, 'abort');
  throw signal.reason;
};
