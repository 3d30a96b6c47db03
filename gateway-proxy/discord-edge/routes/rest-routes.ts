import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from '#infra/http/http-app.ts';
import { refusedHeader } from '#infra/http/refusals.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { tenantOf } from '#security/identity/guard.ts';
import { discordError } from '../discord/discord-answers.ts';
import type { Tenants } from '../tenants.ts';

const marker = '/rest/';

/** A bot's calls to Discord: `/v1/tenants/:tenant/rest/*`, where `*` is Discord's path after /api/v10. */
export async function restRoutes(app: HttpApp, { tenants }: { tenants: Tenants }): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => answerInDiscordsForm(error, request, reply));
    scope.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/v1/tenants/:tenant/rest/*',
      config: { action: 'discord.rest' },
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const edge = await tenants.edge(tenantOf(request));
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const url = request.raw.url ?? '';
        const answer = await edge.call({
          method: request.method,
          // As on the wire: the router's own copy is already decoded.
          target: url.slice(url.indexOf(marker) + marker.length),
          contentType: request.headers['content-type'],
          key: keyOf(request.headers['idempotency-key']),
          body: Buffer.isBuffer(request.body) ? request.body : undefined,
          signal: gone.signal,
        });
        return answerWith(reply, answer);
      },
    });
  });
}

const keyOf = (given: unknown): string | undefined =>
  typeof given === 'string' && given.length > 0 && given.length <= 64 ? given : undefined;

/** Discord's headers that a library reads. */
const passed = new RegExp(`^(?:content-type|retry-after|${refusedHeader}|x-ratelimit-[a-z-]+)$`);

async function answerWith(reply: FastifyReply, answer: Response): Promise<FastifyReply> {
  reply.code(answer.status);
  for (const [name, value] of answer.headers) if (passed.test(name)) reply.header(name, value);
  if (answer.status === 204) return reply.removeHeader('content-type').send();
  return reply.send(Buffer.from(await answer.arrayBuffer()));
}

/** Whatever goes wrong on the way, a library must get a response in Discord's form, and never a 401. */
async function answerInDiscordsForm(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (error instanceof BailiwickError) {
    await answerWith(reply, discordError(error.status, 0, error.message, { [refusedHeader]: error.code }));
    return;
  }
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
      ? error.statusCode
      : 500;
  if (status >= 500) request.log.error({ err: error }, "a bot's call failed");
  await answerWith(reply, discordError(status, 0, `${status}: The call failed.`));
}
