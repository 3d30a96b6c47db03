import { z } from 'zod';
import type { ApiRoutes } from './api-routes.ts';

/** Sign-in and sign-out. */
export const sessionRoutes: ApiRoutes = (app, { sessions, access, config }) => {
  app.post(
    '/v1/sessions',
    {
      config,
      schema: {
        operationId: 'signIn',
        tags: ['Sessions'],
        summary: 'Exchange the one-time sign-in for a session',
        security: [],
        body: z.strictObject({ oneTimeToken: z.string().min(16).max(128) }),
        response: { 201: z.object({ token: z.string(), subject: z.string(), expiresAt: z.iso.datetime() }) },
      },
    },
    async (request, reply) => {
      const { token, subject, expiresAt } = await sessions.signIn(request.body.oneTimeToken);
      return reply.code(201).send({ token, subject, expiresAt: expiresAt.toISOString() });
    },
  );

  app.delete(
    '/v1/sessions/current',
    {
      config,
      schema: {
        operationId: 'signOut',
        tags: ['Sessions'],
        summary: 'Sign out',
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await access.subjectOf(request);
      await sessions.end((request.headers.authorization ?? '').split(' ', 2)[1] ?? '');
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/me',
    {
      config,
      schema: {
        operationId: 'whoAmI',
        tags: ['Sessions'],
        summary: 'Who am I?',
        response: { 200: z.object({ subject: z.string() }) },
      },
    },
    async (request) => ({ subject: await access.subjectOf(request) }),
  );
};
