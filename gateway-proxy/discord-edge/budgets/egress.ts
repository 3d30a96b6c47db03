import CircuitBreaker from 'opossum';
import { Agent, request as undiciRequest } from 'undici';
import { refusedHeader } from '#infra/http/refusals.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { FaultBudget } from '#infra/kernel/fault-budget.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { discordError, rateLimited } from '../discord/discord-answers.ts';
import type { InvalidRequests } from './invalid-requests.ts';
import type { OtherEdges } from './other-edges.ts';

/** One HTTP request to Discord, complete with its credential. */
export interface EgressRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Discord waits 3 s for these requests: they get connections that nothing else uses. */
  readonly urgent?: boolean | undefined;
}

export interface EgressOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly invalidRequests: InvalidRequests;
  readonly others: Pick<OtherEdges, 'blockedForMs'>;
  /** Certificate authorities to trust in addition to the usual ones. */
  readonly trustPem?: string | undefined;
  readonly timeoutMs?: number;
  /** How long the breaker stays open before it lets one trial request through. */
  readonly breakerResetMs?: number;
}

const maxAnswerBytes = 8 * 1024 * 1024;
/** More than one tenant may use (rest/discord-rest.ts), so that a tenant whose calls hang leaves room for others. */
const connections = 256;
const urgentConnections = 128;
/** Of what a call itself may have caused: at most seven within ten seconds, where ten open the breaker. */
const faultsPerTenant = { burst: 5, perSec: 1 / 4 };
const longestBlockMs = 60 * 60_000;

/**
 * The only way out to Discord's REST API, for all tenants: one breaker, which no tenant's calls alone can open, one count
 * of refused answers, and no calls while Discord has blocked this address, whichever edge it told. It always answers; an answer of its own carries `refusedHeader`.
 */
export class Egress implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #invalidRequests: InvalidRequests;
  readonly #others: Pick<OtherEdges, 'blockedForMs'>;
  readonly #agent: Agent;
  readonly #urgentAgent: Agent;
  readonly #breaker: CircuitBreaker<[EgressRequest, TenantId], Response>;
  #blockedUntilMs = 0;

  constructor(options: EgressOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#invalidRequests = options.invalidRequests;
    this.#others = options.others;
    const timeout = options.timeoutMs ?? 15_000;
    const agent = {
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connect: { timeout, ...(options.trustPem ? { ca: options.trustPem } : {}) },
    };
    this.#agent = new Agent({ ...agent, connections });
    this.#urgentAgent = new Agent({ ...agent, connections: urgentConnections });
    const budget = new FaultBudget(faultsPerTenant);
    this.#breaker = new CircuitBreaker((request: EgressRequest, _tenant: TenantId) => this.#exchange(request), {
      timeout: false,
      rollingCountTimeout: 10_000,
      errorThresholdPercentage: 50,
      volumeThreshold: 20,
      resetTimeout: options.breakerResetMs ?? 5_000,
      rollingPercentilesEnabled: false,
      // A caller that disconnects says nothing about Discord. Also called with the arguments of the fired call; its types
      // do not say so.
      errorFilter: (error: unknown, ...fired: unknown[]) =>
        isAbort(error) ||
        (!neverSent(error) && !budget.take(String(fired[1]), this.#breaker.halfOpen ? 'trial' : 'operation')),
    });
    this.#breaker.on('open', () => this.#logger.warn('Discord is not responding; calls are held back'));
    this.#breaker.on('close', () => this.#logger.info('Discord is responding again'));
  }

  /** True while Discord is considered unreachable or has blocked this address. */
  get closed(): boolean {
    return this.#breaker.opened || this.blockedForMs > 0 || this.#others.blockedForMs > 0;
  }

  /** How long Discord refuses this address, as it has told this edge itself, in milliseconds. */
  get blockedForMs(): number {
    return Math.max(0, this.#blockedUntilMs - this.#clock.now());
  }

  async send(tenant: TenantId, request: EgressRequest): Promise<Response> {
    const blockedMs = Math.max(this.blockedForMs, this.#others.blockedForMs);
    const waitMs = Math.max(blockedMs, this.#invalidRequests.waitMs(tenant));
    if (waitMs > 0) return rateLimited(waitMs, { global: true, refused: 'discord.invalid-requests' });
    try {
      const response = await this.#breaker.fire(request, tenant);
      this.#count(tenant, response);
      return response;
    } catch (error) {
      if (error instanceof Unavailable) return error.response;
      if (request.signal?.aborted) throw error;
      this.#logger.warn({ err: error, path: withoutTokens(request.url) }, 'no answer from Discord');
      const refused = neverSent(error) ? 'discord.not-sent' : 'discord.unreachable';
      return discordError(503, 0, 'Discord cannot be reached right now.', { [refusedHeader]: refused });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#breaker.shutdown();
    await Promise.all([this.#agent.destroy(), this.#urgentAgent.destroy()]);
  }

  async #exchange(request: EgressRequest): Promise<Response> {
    const answer = await undiciRequest(request.url, {
      dispatcher: request.urgent ? this.#urgentAgent : this.#agent,
      method: request.method as 'GET',
      headers: request.headers,
      body: request.body ?? null,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const body = await wholeBody(answer.body, maxAnswerBytes, tooLarge);
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
    }
    const empty = answer.statusCode === 204 || answer.statusCode === 205 || answer.statusCode === 304;
    const response = new Response(empty ? null : body, { status: answer.statusCode, headers });
    if (answer.statusCode >= 502 && answer.statusCode <= 504) throw new Unavailable(response);
    return response;
  }

  #count(tenant: TenantId, response: Response): void {
    const { status, headers } = response;
    if (status !== 401 && status !== 403 && status !== 429) return;
    if (headers.get('x-ratelimit-scope') === 'shared') return;
    this.#invalidRequests.count(tenant);
    // This comes from the shield in front of Discord: this address is blocked (Discord: Rate Limits, Invalid Request
    // Limit).
    if (status !== 429 || headers.get('content-type')?.includes('json') || headers.has('x-ratelimit-limit')) return;
    const seconds = Number(headers.get('retry-after'));
    const ms = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, longestBlockMs) : 60_000;
    this.#blockedUntilMs = this.#clock.now() + ms;
    this.#logger.error({ ms }, 'Discord has blocked this address; no calls until then');
  }
}

/** Discord answered with a server error: it counts against the breaker, and is passed on anyway. */
class Unavailable extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`Discord answered ${response.status}`);
    this.response = response;
  }
}

const beforeSending = new Set(['EOPENBREAKER', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether a failed request certainly had no effect at Discord. */
const neverSent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && beforeSending.has(String(error.code));

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

const tooLarge = () => new Error('A response from Discord is larger than 8 MiB.');

/** An interaction's token is valid for 15 minutes, so it must not be logged. */
const withoutTokens = (url: string): string =>
  new URL(url).pathname.replace(/(\/(?:interactions|webhooks)\/\d+\/)[^/]+/, '$1:token');
