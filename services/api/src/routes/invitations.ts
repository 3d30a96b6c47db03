import { z } from 'zod';
import type { Invitation } from '#tenants/tenant/invitations.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { shownName } from './shown-name.ts';
import { inTenant, tenantParams, wordsSchema, type ApiRoutes } from './api-routes.ts';
import { assertPersonGives, roleSchema, sparesOwners } from './members.ts';

const tags = ['Members'];
const invitationSchema = z.object({
  id: z.string(),
  role: roleSchema,
  note: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
const show = ({ id, role, note, createdBy, createdAt, expiresAt }: Invitation) => ({
  id,
  role,
  note,
  createdBy,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});

const tokenBody = z.strictObject({ token: z.string().min(1).max(100) });

const previewSchema = z.object({
  tenant: z.object({ id: z.string(), name: z.string() }),
  /** The bot's name in Discord when its token was last stored; null before that. */
  bot: z.string().nullable(),
  role: roleSchema,
  /** The name of the person who created it; null for an operator of the platform. */
  invitedBy: z.string().nullable(),
  /** Your current role there. */
  currentRole: roleSchema.nullable(),
  expiresAt: z.iso.datetime(),
});

/** Inviting people to a tenant. */
export const invitationRoutes: ApiRoutes = (app, ports) => {
  listing(app, ports);
  inviting(app, ports);
  withdrawal(app, ports);
  preview(app, ports);
  acceptance(app, ports);
};

const listing: ApiRoutes = (app, { invitations, pages, config }) => {
  app.get(
    `${inTenant}/invitations`,
    {
      config: { ...config, access: personOrKey('member.read') },
      schema: {
        operationId: 'listInvitations',
        tags,
        summary: 'Returns open invitations, newest first',
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(invitationSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const page = pages.open({ operation: 'listInvitations', tenant }, request.query, z.string());
      const { rows, nextCursor } = page.of(await invitations.list(tenant, page), ({ id }) => id);
      return { items: rows.map(show), nextCursor };
    },
  );
};

const inviting: ApiRoutes = (app, { access, invitations, config, publicUrl }) => {
  app.post(
    `${inTenant}/invitations`,
    {
      config: { ...config, access: personOrKey('member.write'), problems: [409] },
      schema: {
        operationId: 'invite',
        tags,
        summary: 'Creates an invitation. Its link is shown only once and can be used once within seven days',
        params: tenantParams,
        body: z.strictObject({ role: roleSchema, note: wordsSchema(200).optional() }),
        response: { 201: z.object({ ...invitationSchema.shape, url: z.string() }) },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const { role, note } = request.body;
      const allowed = access.of(request);
      assertPersonGives(allowed, role);
      const { invitation, token } = await invitations.make(
        tenant,
        { role, by: allowed.subject, ...(note === undefined ? {} : { note }) },
        ({ id }) =>
          allowed.record({ kind: 'change', outcome: 'succeeded', target: `invitation:${id}`, detail: { role } }),
      );
      // After the #, so that it appears in no server's log and in no Referer.
      return reply.code(201).send({ ...show(invitation), url: `${publicUrl}/invitation#${token}` });
    },
  );
};

const withdrawal: ApiRoutes = (app, { access, invitations, config }) => {
  app.delete(
    `${inTenant}/invitations/:invitation`,
    {
      config: { ...config, access: personOrKey('member.write') },
      schema: {
        operationId: 'withdrawInvitation',
        tags,
        summary: "Withdraws an invitation. An API key cannot withdraw an owner's invitation",
        params: z.object({ ...tenantParams.shape, invitation: z.string().regex(/^inv_[0-9a-z]{26}$/) }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant, invitation } = request.params;
      const allowed = access.of(request);
      const target = `invitation:${invitation}`;
      const audit = () => allowed.record({ kind: 'change', outcome: 'succeeded', target, detail: { role: null } });
      await invitations.withdraw(tenant, invitation, audit, { sparesOwners: sparesOwners(allowed) });
      return reply.code(204).send(null);
    },
  );
};

const preview: ApiRoutes = (app, { access, invitations, people, config }) => {
  app.post(
    '/v1/invitations/preview',
    {
      config: { ...config, access: personOnly(), problems: [403, 404] },
      schema: {
        operationId: 'previewInvitation',
        tags,
        summary: 'Returns the tenant, its bot, the role and the inviter before you accept an invitation',
        body: tokenBody,
        response: { 200: previewSchema },
      },
    },
    async (request) => {
      const subject = await access.subjectOf(request);
      const { tenant, invitation, had } = await invitations.preview(request.body.token, subject);
      const { createdBy, role, expiresAt } = invitation;
      const isOperator = createdBy.startsWith('operator:');
      const inviter = isOperator ? undefined : (await people.show([createdBy])).get(createdBy);
      return {
        tenant: { id: tenant.id, name: shownName(tenant) },
        bot: tenant.botUsername,
        role,
        invitedBy: inviter?.name ?? null,
        currentRole: had ?? null,
        expiresAt: expiresAt.toISOString(),
      };
    },
  );
};

const acceptance: ApiRoutes = (app, { access, invitations, config }) => {
  app.post(
    '/v1/invitations/accept',
    {
      config: { ...config, access: personOnly(), problems: [403, 404] },
      schema: {
        operationId: 'acceptInvitation',
        tags,
        summary: 'Accepts an invitation and makes you a member',
        body: tokenBody,
        response: { 200: z.object({ tenant: z.object({ id: z.string(), name: z.string() }), role: roleSchema }) },
      },
    },
    async (request) => {
      const accepts = await access.person(request);
      const { tenant, role } = await invitations.accept(request.body.token, accepts.subject, (id, given) =>
        accepts.record({
          tenant: id,
          kind: 'change',
          action: 'member.join',
          outcome: 'succeeded',
          target: `member:${accepts.subject}`,
          detail: { role: given },
        }),
      );
      access.changed(tenant.id);
      return { tenant: { id: tenant.id, name: shownName(tenant) }, role };
    },
  );
};
