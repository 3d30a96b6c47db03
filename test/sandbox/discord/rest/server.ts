import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SandboxError } from '../../world/errors.ts';
import type { Application } from '../../world/types.ts';
import type { RequestLog } from '../../request-log.ts';
import { readBody } from './body.ts';
import { DiscordError, refuse } from './errors.ts';
import { RateLimits } from './rate-limits.ts';
import type { RestAnswer, RestParts, RestRequest, RestRoute } from './route.ts';
import type { Grant } from '../oauth2/grants.ts';

/** A response, for tests that check every one of them. `route` as in Discord's OpenAPI document. */
export interface GivenAnswer {
  method: string;
  route: string;
  status: number;
  body: unknown;
}

/** The REST API's dependencies. */
export interface RestServerParts extends RestParts {
  log: RequestLog;
  onAnswer: ((answer: GivenAnswer) => void) | undefined;
}

const snowflake = /^(0|[1-9][0-9]{0,19})$/;

/** Serves the routes under /api/v10 on a Fastify instance, each request through the same steps in the same order. */
export async function serveRest(
  app: FastifyInstance,
  parts: RestServerParts,
  routes: RestRoute[],
): Promise<RateLimits> {
  const limits = new RateLimits(parts.limits);
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        if (!parts.faults.away) return;
        reply.hijack();
        request.raw.socket.destroy();
      });
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      scope.all('/*', (request, reply) =>
        new Exchange(parts, limits, request, reply, request.method, '').answer(refusal(refuse('notFound'))),
      );
      for (const route of routes) {
        const [method = '', path = ''] = route.on.split(/\s+/);
        scope.route({
          method: method,
          url: path,
          handler: (request, reply) => new Exchange(parts, limits, request, reply, method, path).run(route),
        });
      }
    },
    { prefix: '/api/v10' },
  );
  return limits;
}

/** One request on its way through blocking, faults, authentication, limits, body and route. */
class Exchange {
  readonly #parts: RestServerParts;
  readonly #limits: RateLimits;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #method: string;
  readonly #route: string;
  #application: Application | undefined;
  #grant: Grant | undefined;
  #headers: Record<string, string> = {};

  constructor(
    parts: RestServerParts,
    limits: RateLimits,
    request: FastifyRequest,
    reply: FastifyReply,
    method: string,
    path: string,
  ) {
    this.#parts = parts;
    this.#limits = limits;
    this.#request = request;
    this.#reply = reply;
    this.#method = method;
    this.#route = path.replaceAll(/:(\w+)/g, '{$1}');
  }

  async run(route: RestRoute): Promise<FastifyReply> {
    const { faults, world } = this.#parts;
    if (faults.restDelayMs > 0) {
      await new Promise<void>((resolve) => void world.clock.after(faults.restDelayMs, resolve));
    }
    return this.answer(this.#obstacle(route) ?? (await this.#handle(route)));
  }

  /** What stops a request before its route: blocking, an injected fault, a wrong token, a limit. */
  #obstacle(route: RestRoute): RestAnswer | undefined {
    const { faults, world } = this.#parts;
    const now = world.clock.now();
    const shutOutMs = this.#limits.shutOutMs(this.#request.ip, now);
    if (shutOutMs > 0) {
      // This response comes from Cloudflare, not Discord: no JSON, no rate-limit headers (Discord: Invalid Request
      // Limit).
      this.#headers = { 'retry-after': String(Math.ceil(shutOutMs / 1_000)) };
      return { status: 429, body: 'error code: 1015' };
    }
    const broken = faults.take5xx(route.on);
    if (broken) return { status: broken.status, body: { message: '5xx: Server Error', code: 0 } };
    const [, kind, token = ''] = /^(Bot|Bearer) (.+)$/.exec(this.#request.headers.authorization ?? '') ?? [];
    if (kind === 'Bot') this.#application = world.applicationByToken(token);
    if (kind === 'Bearer') this.#grant = this.#parts.grants.byAccessToken(token);
    if (!this.#handler(route)) return refusal(refuse('unauthorized'));
    const limited = faults.take429(route.on);
    if (limited) return this.#limited(limited.retryAfterSec, limited.scope);
    return this.#rateLimit(route, now);
  }

  /** The route's handler for this kind of caller, if there is one. */
  #handler({
    asBot,
    asBearer,
    asAnyone,
  }: RestRoute): ((request: RestRequest) => RestAnswer | Promise<RestAnswer>) | undefined {
    const application = this.#application;
    const grant = this.#grant;
    const parts = this.#parts;
    if (asBot && application) return (request) => asBot({ ...request, application }, parts);
    if (asBearer && grant) return (request) => asBearer({ ...request, grant }, parts);
    return asAnyone && ((request) => asAnyone(request, parts));
  }

  #limited(retryAfterSec: number, scope: 'user' | 'global' | 'shared'): RestAnswer {
    const global = scope === 'global';
    this.#headers = {
      'retry-after': String(Math.ceil(retryAfterSec)),
      'x-ratelimit-scope': scope,
      ...(global
        ? { 'x-ratelimit-global': 'true' }
        : {
            'x-ratelimit-limit': '1',
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': (this.#parts.world.clock.now() / 1_000 + retryAfterSec).toFixed(3),
            'x-ratelimit-reset-after': retryAfterSec.toFixed(3),
            'x-ratelimit-bucket': 'fault',
          }),
    };
    return rateLimited(retryAfterSec, global);
  }

  #rateLimit(route: RestRoute, now: number): RestAnswer | undefined {
    const params = this.#request.params as Record<string, string>;
    const major = params['channel_id'] ?? params['guild_id'] ?? params['webhook_token'] ?? params['interaction_token'];
    const verdict = this.#limits.take({
      caller: this.#application?.id ?? this.#grant?.accessToken ?? this.#request.ip,
      route: route.on,
      major: major ?? '',
      rule: route.bucket,
      exempt: !route.asBot,
      now,
    });
    this.#headers = verdict.headers;
    if (verdict.allowed) return undefined;
    return rateLimited(verdict.retryAfterMs / 1_000, verdict.global);
  }

  async #handle(route: RestRoute): Promise<RestAnswer> {
    try {
      const params = this.#request.params as Record<string, string>;
      for (const [name, value] of Object.entries(params)) {
        if (name.endsWith('_id') && !snowflake.test(value)) throw refuse('notFound');
      }
      const raw = this.#request.body as Buffer | undefined;
      const request = {
        params,
        query: this.#request.query as Record<string, string | undefined>,
        ...(await readBody(raw, this.#request.headers['content-type'])),
        host: this.#request.headers.host ?? 'localhost',
        authorization: this.#request.headers.authorization,
      };
      const handler = this.#handler(route);
      if (!handler) throw refuse('unauthorized');
      return await handler(request);
    } catch (error) {
      if (error instanceof DiscordError) return refusal(error);
      if (error instanceof SandboxError) return refusal(new DiscordError(error.status, 0, error.message));
      // A bug of the sandbox itself: its developer must see it, its client gets what Discord would send.
      console.error(error);
      return { status: 500, body: { message: '500: Internal Server Error', code: 0 } };
    }
  }

  answer({ status, body }: RestAnswer): FastifyReply {
    const { log, onAnswer, world } = this.#parts;
    const applicationId = this.#application?.id ?? null;
    const path = this.#request.url.split('?')[0] ?? '';
    log.add({
      kind: 'rest',
      applicationId,
      method: this.#method,
      route: this.#route,
      path: withoutTokens(path),
      status,
    });
    const shared = this.#headers['x-ratelimit-scope'] === 'shared';
    if ((status === 401 || status === 403 || status === 429) && !shared) {
      this.#limits.countInvalid(this.#request.ip, world.clock.now());
    }
    onAnswer?.({ method: this.#method, route: this.#route, status, body });
    const reply = this.#reply.code(status).headers(this.#headers).header('via', '1.1 sandbox');
    if (body === undefined) return reply.send();
    if (typeof body === 'string') return reply.type('text/plain').send(body);
    // As bytes, because Fastify adds a charset to text, which Discord does not, and oceanic.js relies on that.
    return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
  }
}

function rateLimited(retryAfterSec: number, global: boolean): RestAnswer {
  const message = 'You are being rate limited.';
  return { status: 429, body: { message, retry_after: retryAfterSec, global, code: 0 } };
}

function refusal(error: DiscordError): RestAnswer {
  return { status: error.status, body: error.body };
}

/** Interaction tokens are valid for 15 minutes, so they do not belong in a log. */
function withoutTokens(path: string): string {
  return path.replace(/(\/(?:interactions|webhooks)\/\d+\/)[^/]+/, '$1:token');
}
