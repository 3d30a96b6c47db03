import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { installApplication } from '../../world/applications.ts';
import { SandboxError, forbidden } from '../../world/errors.ts';
import type { World } from '../../world/world.ts';
import { mayInstall, readRequest } from './authorization-request.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { consentPage, messagePage } from './consent-page.ts';
import type { Grants } from './grants.ts';

/** Without `form-action`, which would also apply to the redirect to the application. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const decisionSchema = z.object({
  user: z.string(),
  guild: z.string().optional(),
  decision: z.enum(['allow', 'deny']),
});

/** The page on which a person lets an application identify them, or adds its bot to a guild. */
export async function mountAuthorize(app: FastifyInstance, world: World, grants: Grants): Promise<void> {
  await app.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(body.toString()))),
    );
    mount(scope, world, grants);
  });
}

function mount(app: FastifyInstance, world: World, grants: Grants): void {
  app.get('/oauth2/authorize', (request, reply) =>
    orExplain(reply, () => page(reply, 200, consentPage(world, readRequest(world, request.query)))),
  );
  app.post('/oauth2/authorize', (request, reply) =>
    orExplain(reply, () => decide(world, grants, readRequest(world, request.query), request.body, reply)),
  );
}

function decide(world: World, grants: Grants, asked: AuthorizationRequest, body: unknown, reply: FastifyReply) {
  const { user, guild, decision } = decisionSchema.parse(body);
  const { application, scopes, redirectUri, challenge } = asked;
  const target = new URL(redirectUri ?? 'about:blank');
  if (asked.state !== null) target.searchParams.set('state', asked.state);
  if (decision === 'deny') {
    if (redirectUri === null) return page(reply, 200, messagePage('Nothing was changed.'));
    target.searchParams.set('error', 'access_denied');
    target.searchParams.set('error_description', 'The resource owner or authorization server denied the request');
    return reply.redirect(target.href, 302);
  }
  const person = world.user(user);
  const guildId = scopes.includes('bot') ? install(world, asked, person.id, guild) : null;
  if (redirectUri === null)
    return page(
      reply,
      200,
      messagePage(`${application.name} was added to ${world.guild(guildId ?? '').name}. You can close this page.`),
    );
  const code = grants.issueCode({
    applicationId: application.id,
    userId: person.id,
    scopes,
    guildId,
    redirectUri,
    challenge,
  });
  target.searchParams.set('code', code);
  if (guildId !== null) {
    target.searchParams.set('guild_id', guildId);
    target.searchParams.set('permissions', (asked.permissions ?? 0n).toString());
  }
  return reply.redirect(target.href, 302);
}

function install(world: World, asked: AuthorizationRequest, userId: string, chosen: string | undefined): string {
  const guild = world.guild(asked.guildId ?? chosen ?? '');
  if (!mayInstall(guild, userId))
    throw forbidden('may-not-install', 'Only those who may manage the server can do this.');
  installApplication(world, guild.id, asked.application.id, asked.permissions);
  return guild.id;
}

function orExplain(reply: FastifyReply, act: () => FastifyReply): FastifyReply {
  try {
    return act();
  } catch (error) {
    if (error instanceof SandboxError) return page(reply, error.status, messagePage(error.message));
    if (error instanceof z.ZodError) return page(reply, 400, messagePage(z.prettifyError(error)));
    throw error;
  }
}

function page(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' })
    .send(html);
}
