import type { FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { guildPolicySchema, parseGuildPolicy } from '#policies/guild-policy.ts';
import type { GuildPolicyVersion } from '#policies/policy-store.ts';
import { inGuild, inTenant, guildParams, tenantParams, type ApiRoutes } from './api-routes.ts';

const versionSchema = z.object({
  version: z.number().int(),
  author: z.string(),
  createdAt: z.iso.datetime().nullable(),
  policy: guildPolicySchema,
});

const show = ({ version, author, createdAt, policy }: GuildPolicyVersion) => ({
  version,
  author,
  createdAt: createdAt?.toISOString() ?? null,
  policy,
});

const etagOf = (version: number) => `"${version}"`;

/** The policy's own parser reads it, which names every fault with its place; the schema describes it. */
const bodyUnread = <Schema>(
  route: Parameters<FastifySchemaCompiler<Schema>>[0],
): ReturnType<FastifySchemaCompiler<Schema>> =>
  route.httpPart === 'body'
    ? (value: unknown) => ({ value })
    : validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);

/** Who may do what, guild by guild. */
export const policyRoutes: ApiRoutes = (app, { access, policies, config }) => {
  app.get(
    `${inTenant}/policies`,
    {
      config,
      schema: {
        operationId: 'listPolicies',
        tags: ['Policies'],
        summary: 'The guilds that have a policy of their own',
        params: tenantParams,
        response: { 200: z.object({ guilds: z.array(z.string()) }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      await access.require(request, 'policy.read', { tenant });
      return { guilds: [...(await policies.guilds(tenant))] };
    },
  );

  app.get(
    `${inGuild}/policy`,
    {
      config,
      schema: {
        operationId: 'readPolicy',
        tags: ['Policies'],
        summary: "A guild's policy as it stands; version 0 is the default",
        params: guildParams,
        response: { 200: versionSchema },
      },
    },
    async (request, reply) => {
      await access.require(request, 'policy.read', request.params);
      const current = await policies.current(request.params.tenant, request.params.guild);
      return reply.header('etag', etagOf(current.version)).send(show(current));
    },
  );

  app.put(
    `${inGuild}/policy`,
    {
      config: { ...config, problems: [412, 422] },
      validatorCompiler: bodyUnread,
      schema: {
        operationId: 'replacePolicy',
        tags: ['Policies'],
        summary: "Replace a guild's policy; If-Match names the version that you saw",
        params: guildParams,
        headers: z.object({ 'if-match': z.string().optional() }),
        body: guildPolicySchema,
        response: { 200: versionSchema },
      },
    },
    async (request, reply) => {
      const { tenant, guild } = request.params;
      const allowed = await access.require(request, 'policy.write', { tenant, guild });
      const expected = parseIfMatch(request.headers['if-match']);
      const saved = await policies.replace({
        tenant,
        guild,
        document: request.body,
        author: allowed.subject,
        ...(expected === undefined ? {} : { expected }),
        audit: (version) =>
          allowed.record({ kind: 'change', outcome: 'succeeded', target: `guild:${guild}`, detail: { version } }),
      });
      return reply.header('etag', etagOf(saved.version)).send(show(saved));
    },
  );

  app.post(
    `${inGuild}/policy/validate`,
    {
      config: { ...config, problems: [422] },
      validatorCompiler: bodyUnread,
      schema: {
        operationId: 'validatePolicy',
        tags: ['Policies'],
        summary: 'Check a policy without saving it',
        params: guildParams,
        body: guildPolicySchema,
        response: { 200: z.object({ valid: z.literal(true), policy: guildPolicySchema }) },
      },
    },
    async (request) => {
      await access.require(request, 'policy.read', request.params);
      return { valid: true as const, policy: parseGuildPolicy(request.body) };
    },
  );

  app.get(
    `${inGuild}/policy/history`,
    {
      config,
      schema: {
        operationId: 'readPolicyHistory',
        tags: ['Policies'],
        summary: 'Every version, newest first (at most 100)',
        params: guildParams,
        response: { 200: z.object({ versions: z.array(versionSchema) }) },
      },
    },
    async (request) => {
      await access.require(request, 'policy.read', request.params);
      const versions = await policies.history(request.params.tenant, request.params.guild, 100);
      return { versions: versions.map(show) };
    },
  );
};

/** RFC 9110, 13.1.1: one strong entity tag. */
function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const match = /^"(\d{1,9})"$/.exec(header);
  if (match) return Number(match[1]);
  throw callerFault('policy.if-match', 'If-Match takes the ETag of the version that you read, such as "3".', 400);
}
