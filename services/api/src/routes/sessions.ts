import { z } from 'zod';
import { tenantStatuses } from '#infra/database/tenant-status.ts';
import { mayOwn } from '#tenants/tenant/tenant-store.ts';
import { anybody, personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';
import { roleSchema } from './members.ts';
import { shownName } from './shown-name.ts';

const meSchema = z.object({
  subject: z.string(),
  name: z.string(),
  avatarUrl: z.string().nullable(),
  operator: z.boolean(),
  tenants: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      role: roleSchema,
      status: z.enum(tenantStatuses),
    }),
  ),
  mayCreateTenants: z.boolean(),
});

/** Sessions of the command line and of programs, sent as `Authorization: Bearer`; and the signed-in person. */
export const sessionRoutes: ApiRoutes = (app, ports) => {
  const { sessions, access, config, signInAudit, tenants, people } = ports;
  app.post(
    '/v1/sessions',
    {
      config: { ...config, access: anybody },
      schema: {
        operationId: 'signIn',
        tags: ['Sessions'],
        summary: 'Exchanges a one-time operator sign-in for a session',
        security: [],
        body: z.strictObject({ oneTimeToken: z.string().min(16).max(128) }),
        response: { 201: z.object({ token: z.string(), subject: z.string(), expiresAt: z.iso.datetime() }) },
      },
    },
    async (request, reply) => {
      const signedIn = await ports.redeem(request, request.body.oneTimeToken);
      const { token, subject, expiresAt } = await sessions.open(signedIn);
      await signInAudit.record(request, {
        action: 'session.sign-in',
        outcome: 'succeeded',
        subject,
        method: 'one-time',
      });
      return reply.code(201).send({ token, subject, expiresAt: expiresAt.toISOString() });
    },
  );

  app.delete(
    '/v1/sessions/current',
    {
      config: { ...config, access: personOnly() },
      schema: {
        operationId: 'signOut',
        tags: ['Sessions'],
        summary: 'Ends this session',
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const subject = await access.subjectOf(request);
      await signInAudit.record(request, { action: 'session.sign-out', outcome: 'succeeded', subject });
      await sessions.end((request.headers.authorization ?? '').split(' ', 2)[1] ?? '');
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/me',
    {
      config: { ...config, access: personOnly() },
      schema: {
        operationId: 'whoAmI',
        tags: ['Sessions'],
        summary: 'Returns the signed-in person and their tenants',
        response: { 200: meSchema },
      },
    },
    async (request) => {
      const subject = await access.subjectOf(request);
      const { operator } = await access.identityOf(request);
      const [memberships, shown] = await Promise.all([tenants.membershipsOf(subject), people.show([subject])]);
      const owned = memberships.filter(({ role }) => role === 'owner').length;
      return {
        subject,
        name: shown.get(subject)?.name ?? subject,
        avatarUrl: shown.get(subject)?.avatarUrl ?? null,
        operator: operator !== undefined,
        tenants: memberships.map(({ tenant, role }) => ({
          id: tenant.id,
          name: shownName(tenant),
          role,
          status: tenant.status,
        })),
        mayCreateTenants: owned < mayOwn(subject),
      };
    },
  );
};
