import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { clearCookies, cookieOf, setCookie } from '../sessions/cookies.ts';
import { signInTimeSec } from '../sessions/discord-sign-in.ts';
import { returnPath } from '../sessions/return-to.ts';
import { assertSameSite } from '../sessions/same-site.ts';
import { anybody, personOnly } from '../operation-access.ts';
import type { ApiPorts, ApiRoutes } from './api-routes.ts';

const tags = ['Sessions'];

/** Signing in and out with a browser. Its session is in cookies that scripts cannot read. */
export const signInRoutes: ApiRoutes = (app, ports) => {
  discordSignIn(app, ports);
  oneTimeSignIn(app, ports);
  refreshing(app, ports);
  signingOut(app, ports);
};

const discordSignIn: ApiRoutes = (app, ports) => {
  const { config, discord, people, publicUrl, signInAudit } = ports;

  app.get(
    '/v1/auth/discord',
    {
      config: { ...config, access: anybody },
      schema: {
        operationId: 'beginDiscordSignIn',
        tags,
        summary: 'Redirects to Discord to sign in, and afterwards back to `returnTo`, a path of this origin',
        security: [],
        querystring: z.strictObject({ returnTo: z.string().max(512).optional() }),
        response: { 302: z.null().describe('Redirects to Discord') },
      },
    },
    async (request, reply) => {
      const { redirectTo, remembered } = await discord.begin(returnPath(request.query.returnTo, publicUrl));
      setCookie(reply, 'signIn', remembered, signInTimeSec);
      return reply.header('cache-control', 'no-store').redirect(redirectTo, 302);
    },
  );

  app.get(
    '/v1/auth/discord/callback',
    {
      config: { ...config, access: anybody },
      schema: {
        operationId: 'finishDiscordSignIn',
        tags,
        summary: 'Receives the browser from Discord and redirects to `returnTo`, or to `/sign-in?problem=<code>`',
        security: [],
        querystring: z.looseObject({ code: z.string().max(512).optional(), state: z.string().max(512).optional() }),
        response: { 302: z.null().describe('Redirects to `returnTo`, or to the sign-in page with a problem') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
      clearCookies(reply, 'signIn');
      try {
        const query = new URLSearchParams(request.url.split('?')[1] ?? '');
        const { person, returnTo } = await discord.finish(query, cookieOf(request, 'signIn'));
        await people.remember(person);
        await startSession(ports, request, reply, { subject: person.subject, method: 'discord' });
        return reply.redirect(returnTo, 302);
      } catch (error) {
        if (!(error instanceof BailiwickError)) throw error;
        const failed = { action: 'session.sign-in', outcome: 'failed', method: 'discord', reason: error.code } as const;
        await signInAudit.record(request, failed);
        return reply.redirect(`/sign-in?problem=${encodeURIComponent(error.code)}`, 302);
      }
    },
  );
};

const oneTimeSignIn: ApiRoutes = (app, ports) => {
  const { config, publicUrl, redeem } = ports;

  app.post(
    '/v1/auth/one-time',
    {
      config: { ...config, access: anybody, problems: [403] },
      schema: {
        operationId: 'signInOnce',
        tags,
        summary: 'Exchanges a one-time operator sign-in for a browser session',
        security: [],
        body: z.strictObject({ oneTimeToken: z.string().min(16).max(128) }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      assertSameSite(request, publicUrl);
      const subject = await redeem(request, request.body.oneTimeToken);
      await startSession(ports, request, reply, { subject, method: 'one-time' });
      return reply.code(204).send(null);
    },
  );
};

const refreshing: ApiRoutes = (app, { config, browsers, signIns, signInAudit, publicUrl }) => {
  app.post(
    '/v1/auth/refresh',
    {
      config: { ...config, access: anybody, problems: [403] },
      schema: {
        operationId: 'refreshSession',
        tags,
        summary: 'Renews a browser session. Using a refresh token twice ends the session',
        security: [],
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const token = cookieOf(request, 'refresh');
      if (token === undefined) throw signInAgain();
      assertSameSite(request, publicUrl);
      const rotation = await signIns.rotate(token);
      if (rotation.is === 'rotated') return browsers.start(reply, rotation.signIn).code(204).send(null);
      if (rotation.is === 'reused') {
        const { subject } = rotation;
        const reason = 'session.refresh-reused';
        await signInAudit.record(request, { action: 'session.refresh', outcome: 'denied', subject, reason });
      }
      browsers.end(reply);
      throw signInAgain();
    },
  );
};

const signingOut: ApiRoutes = (app, { config, access, browsers, sessions, signIns, signInAudit }) => {
  app.delete(
    '/v1/auth/session',
    {
      config: { ...config, access: personOnly(), problems: [403] },
      schema: { operationId: 'endSession', tags, summary: 'Signs out in this browser', response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { subject, signIn } = await access.identityOf(request);
      if (signIn === undefined) await sessions.end((request.headers.authorization ?? '').split(' ', 2)[1] ?? '');
      else await signIns.end(signIn);
      await signInAudit.record(request, { action: 'session.sign-out', outcome: 'succeeded', subject });
      return browsers.end(reply).code(204).send(null);
    },
  );

  app.delete(
    '/v1/auth/sessions',
    {
      config: { ...config, access: personOnly(), problems: [403] },
      schema: {
        operationId: 'endAllSessions',
        tags,
        summary: 'Signs out in all browsers',
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { subject } = await access.identityOf(request);
      await signIns.endAll(subject);
      await signInAudit.record(request, { action: 'session.sign-out-everywhere', outcome: 'succeeded', subject });
      return browsers.end(reply).code(204).send(null);
    },
  );
};

/** A browser that has signed in gets its session, which the installation's log tells first. */
async function startSession(
  { browsers, signIns, signInAudit }: ApiPorts,
  request: FastifyRequest,
  reply: FastifyReply,
  { subject, method }: { readonly subject: string; readonly method: 'discord' | 'one-time' },
): Promise<void> {
  const signIn = await signIns.open(subject, method);
  await signInAudit.record(request, { action: 'session.sign-in', outcome: 'succeeded', subject, method });
  browsers.start(reply, signIn);
}

const signInAgain = () => callerFault('session.required', 'Your session has ended. Sign in again.', 401);
