import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { memberRoles, type MemberRole } from '#policies/roles.ts';
import type { Access } from '../access.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const tags = ['Members'];
/** The roles of a member. */
export const roleSchema = z.enum(Object.keys(memberRoles) as [MemberRole, ...MemberRole[]]);
const subjectSchema = z
  .string()
  .regex(/^(?:discord:\d{1,20}|operator:[a-z0-9-]{1,64})$/, 'must be a subject such as discord:80351110224678912');
const memberParams = z.object({ ...tenantParams.shape, subject: subjectSchema });
const memberSchema = z.object({
  subject: z.string(),
  name: z.string(),
  avatarUrl: z.string().nullable(),
  role: roleSchema,
  since: z.iso.datetime(),
});

/** A key acts for its creator, but only people decide who owns a tenant. */
export function assertPersonGives(access: Access, role: MemberRole): void {
  if (role === 'owner' && access.apiKey !== undefined)
    throw callerFault('apikey.not-for-this', 'Only a person can make a member an owner, not an API key.', 403);
}

/** Whether the caller cannot change owners. */
export const sparesOwners = ({ apiKey }: Access): boolean => apiKey !== undefined;

/** Who may act for a tenant, and its transfer. */
export const memberRoutes: ApiRoutes = (app, ports) => {
  listing(app, ports);
  roles(app, ports);
  removal(app, ports);
  transfer(app, ports);
};

const listing: ApiRoutes = (app, { members, people, pages, config }) => {
  app.get(
    `${inTenant}/members`,
    {
      config: { ...config, access: personOrKey('member.read') },
      schema: {
        operationId: 'listMembers',
        tags,
        summary: 'Returns the members of the tenant with their roles',
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(memberSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const page = pages.open({ operation: 'listMembers', tenant }, request.query, z.string());
      const { rows, nextCursor } = page.of(await members.list(tenant, page), ({ subject }) => subject);
      const shown = await people.show(rows.map(({ subject }) => subject));
      return {
        items: rows.map(({ subject, role, since }) => ({
          subject,
          name: shown.get(subject)?.name ?? subject,
          avatarUrl: shown.get(subject)?.avatarUrl ?? null,
          role,
          since: since.toISOString(),
        })),
        nextCursor,
      };
    },
  );
};

const roles: ApiRoutes = (app, { access, members, config }) => {
  app.put(
    `${inTenant}/members/:subject`,
    {
      config: { ...config, access: personOrKey('member.write'), problems: [409] },
      schema: {
        operationId: 'setMemberRole',
        tags,
        summary:
          "Changes a member's role. The last owner's role cannot be changed, and an API key cannot change any owner's",
        params: memberParams,
        body: z.strictObject({ role: roleSchema }),
        response: { 200: z.object({ subject: z.string(), role: roleSchema }) },
      },
    },
    async (request) => {
      const { tenant, subject } = request.params;
      const { role } = request.body;
      const allowed = access.of(request);
      assertPersonGives(allowed, role);
      const audit = () =>
        allowed.record({ kind: 'change', outcome: 'succeeded', target: `member:${subject}`, detail: { role } });
      await members.setRole(tenant, subject, role, audit, { sparesOwners: sparesOwners(allowed) });
      return { subject, role };
    },
  );
};

const removal: ApiRoutes = (app, { access, members, config }) => {
  app.delete(
    `${inTenant}/members/:subject`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'member.write'), problems: [409] },
      schema: {
        operationId: 'removeMember',
        tags,
        summary:
          'Removes a member and the API keys that they created, or lets you leave. An API key cannot remove an owner',
        params: memberParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant, subject } = request.params;
      const { subject: self, key } = await access.identityOf(request);
      const leaves = self === subject && key === undefined;
      const allowed = leaves ? access.of(request) : await access.require(request, 'member.write', { tenant });
      const audit = () =>
        allowed.record({
          action: 'member.write',
          kind: 'change',
          outcome: 'succeeded',
          target: `member:${subject}`,
          detail: { role: null },
        });
      await members.remove(tenant, subject, audit, { sparesOwners: sparesOwners(allowed) });
      return reply.code(204).send(null);
    },
  );
};

const transfer: ApiRoutes = (app, { access, members, config }) => {
  app.post(
    `${inTenant}/ownership`,
    {
      config: { ...config, access: personOnly('member.write'), problems: [409] },
      schema: {
        operationId: 'handOverTenant',
        tags,
        summary: 'Transfers ownership of the tenant to another member; you become an admin',
        params: tenantParams,
        body: z.strictObject({ subject: subjectSchema }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const { subject } = request.body;
      const allowed = access.of(request);
      await members.handOver(tenant, allowed.subject, subject, () =>
        allowed.record({
          kind: 'change',
          outcome: 'succeeded',
          target: `member:${subject}`,
          detail: { role: 'owner', from: allowed.subject },
        }),
      );
      return reply.code(204).send(null);
    },
  );
};
