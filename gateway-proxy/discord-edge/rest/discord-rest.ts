import { DiscordAPIError, HTTPError, RateLimitError, REST } from '@discordjs/rest';
import { refusedHeader } from '#infra/http/refusals.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Egress } from '../budgets/egress.ts';
import { discordError, json, rateLimited } from '../discord/discord-answers.ts';
import type { DiscordCall } from '../discord/discord-call.ts';
import { withFiles } from './message-files.ts';

export interface DiscordRestOptions {
  readonly tenant: TenantId;
  /** Without the version, such as https://discord.com/api. */
  readonly apiUrl: string;
  readonly egress: Egress;
  /** Opens the tenant's token for one request. */
  readonly token: () => Promise<string>;
  /** Discord refused the token itself. */
  readonly onDeadToken: () => void;
  /** False once another edge may be the one that answers and calls for this tenant. */
  readonly mayAct: () => boolean;
}

const maxUnderWay = 100;
/** First answers to interactions, kept apart from the others: Discord waits 3 s for them, and does not limit them. */
const maxCallbacksUnderWay = 256;
/**
 * Discord's 50 per second for a bot, less a margin: the credential check's requests in the same second are not counted
 * here, and Discord's seconds do not start when ours do.
 */
const ownRequestsPerSec = 40;

/**
 * One bot's calls to Discord. @discordjs/rest keeps the buckets and the global rate limit (it refuses instead of
 * waiting, so that nothing piles up here); the token is added at the last moment and not kept.
 */
export class DiscordRest {
  readonly #options: DiscordRestOptions;
  /** For @discordjs/ws, which uses it to fetch the gateway's address. */
  readonly rest: REST;
  /**
   * For answers to interactions, which are "not bound to the bot's Global Rate Limit" (Discord: Receiving and
   * Responding, Endpoints): their buckets are respected, but they do not count against the bot's global limit.
   */
  readonly #interactionRest: REST;
  #dead = false;
  #underWay = 0;
  #callbacksUnderWay = 0;

  constructor(options: DiscordRestOptions) {
    this.#options = options;
    this.rest = this.#newRest(ownRequestsPerSec).setToken('put-on-by-the-edge');
    this.#interactionRest = this.#newRest(Infinity);
  }

  #newRest(globalRequestsPerSecond: number): REST {
    return new REST({
      api: this.#options.apiUrl,
      version: '10',
      retries: 0,
      globalRequestsPerSecond,
      timeout: 20_000,
      rejectOnRateLimit: () => true,
      hashSweepInterval: 60 * 60_000,
      hashLifetime: 60 * 60_000,
      handlerSweepInterval: 5 * 60_000,
      makeRequest: (url, init) => this.#send(url, init),
    });
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** After Discord has refused a token, nothing is sent with it until there is another one. */
  markDead(): void {
    this.#dead = true;
  }

  revive(): void {
    this.#dead = false;
  }

  /** Always returns a response in Discord's form, never a 401. */
  async call(call: DiscordCall): Promise<Response> {
    if (isCallback(call)) {
      if (this.#callbacksUnderWay >= maxCallbacksUnderWay) return tooManyAtOnce(100);
      this.#callbacksUnderWay += 1;
      return this.#request(call).finally(() => (this.#callbacksUnderWay -= 1));
    }
    if (this.#underWay >= maxUnderWay) return tooManyAtOnce(1_000);
    this.#underWay += 1;
    return this.#request(call).finally(() => (this.#underWay -= 1));
  }

  close(): void {
    for (const rest of [this.rest, this.#interactionRest]) {
      rest.clearHashSweeper();
      rest.clearHandlerSweeper();
    }
  }

  async #request(call: DiscordCall): Promise<Response> {
    try {
      const rest = call.authorized ? this.rest : this.#interactionRest;
      const parts = call.authorized ? { body: call.body, files: [] } : withFiles(call.body);
      if (!parts) return discordError(400, 50035, 'Invalid Form Body');
      const answer = await rest.queueRequest({
        method: call.method as never,
        fullRoute: call.path as `/${string}`,
        auth: call.authorized,
        ...(call.query ? { query: call.query } : {}),
        ...(parts.body === undefined ? {} : { body: parts.body }),
        ...(parts.files.length > 0 ? { files: parts.files } : {}),
        ...(call.signal ? { signal: call.signal } : {}),
      });
      return answer as Response;
    } catch (error) {
      return fromRestError(error);
    }
  }

  async #send(url: string, init: RequestLike): Promise<Response> {
    const { tenant, egress, token, onDeadToken, mayAct } = this.#options;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(init.headers ?? {})) headers[name.toLowerCase()] = String(value);
    const authorized = 'authorization' in headers;
    if (authorized) {
      if (this.#dead) return discordError(403, 40001, "Unauthorized: Discord no longer accepts this bot's token.");
      headers['authorization'] = `Bot ${await token()}`;
    }
    if (!mayAct()) {
      const refused = { [refusedHeader]: 'lease.uncertain' };
      throw new NoAnswer(discordError(503, 0, 'Another process may serve this bot by now.', refused), url, init.method);
    }
    const { type, bytes } = await encoded(init.body);
    if (type !== undefined) headers['content-type'] = type;
    const response = await egress.send(tenant, {
      url,
      method: init.method ?? 'GET',
      headers,
      body: bytes,
      signal: init.signal ?? undefined,
      urgent: new URL(url).pathname.includes('/interactions/'),
    });
    if (response.status >= 500 && response.headers.has(refusedHeader)) throw new NoAnswer(response, url, init.method);
    if (response.status !== 401) return response;
    if (authorized) {
      this.#dead = true;
      onDeadToken();
      return discordError(403, 40001, "Unauthorized: Discord no longer accepts this bot's token.");
    }
    return new Response(response.body, { status: 403, headers: response.headers });
  }
}

/** JSON as it is; a form, in which there are files, as the bytes of its parts. */
async function encoded(
  body: unknown,
): Promise<{ readonly type?: string | undefined; readonly bytes: string | Uint8Array | undefined }> {
  if (!(body instanceof FormData)) return { bytes: typeof body === 'string' ? body : undefined };
  const form = new Response(body);
  return { type: form.headers.get('content-type') ?? undefined, bytes: await form.bytes() };
}

const isCallback = ({ method, path }: DiscordCall): boolean => method === 'POST' && path.startsWith('/interactions/');

const tooManyAtOnce = (waitMs: number): Response =>
  rateLimited(waitMs, { global: true, refused: 'discord.too-many-at-once' });

/** What @discordjs/rest passes to makeRequest; undici's and the global's RequestInit differ in name only. */
interface RequestLike {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

/** A response that is not Discord's, bypassing the library, which would drop its headers. */
class NoAnswer extends HTTPError {
  readonly response: Response;

  constructor(response: Response, url: string, method = 'GET') {
    super(response.status, response.statusText, method, url, {});
    this.response = response;
  }
}

function fromRestError(error: unknown): Response {
  if (error instanceof NoAnswer) return error.response;
  if (error instanceof DiscordAPIError) return json(error.status === 401 ? 403 : error.status, error.rawError);
  if (error instanceof RateLimitError) {
    return rateLimited(error.retryAfter, {
      global: error.global,
      scope: error.scope,
      bucket: error.hash,
      ...(Number.isFinite(error.limit) ? { limit: error.limit } : {}),
    });
  }
  if (error instanceof HTTPError) return discordError(error.status, 0, `${error.status}: Discord failed to answer.`);
  if (error instanceof Error && error.name === 'AbortError') {
    return discordError(504, 0, 'Discord did not answer in time.', { [refusedHeader]: 'discord.unreachable' });
  }
  throw error;
}
