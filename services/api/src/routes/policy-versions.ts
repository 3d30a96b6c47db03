import { z } from 'zod';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { guildPolicySchema } from '#policies/guild-policy.ts';
import type { GuildPolicyVersion, PolicyStore } from '#policies/policy-store.ts';
import { policyYaml } from '#policies/policy-yaml.ts';
import { etagOf } from '../if-match.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { prefersYaml } from '../policies/documents.ts';
import { personOrKey } from '../operation-access.ts';
import { inGuild, inTenant, guildParams, tenantParams, type ApiRoutes } from './api-routes.ts';

/** A version of a guild's policy in responses. */
export const versionSchema = z.object({
  version: z.number().int(),
  author: z.string(),
  createdAt: z.iso.datetime().nullable(),
  policy: guildPolicySchema,
});

export const showVersion = ({ version, author, createdAt, policy }: GuildPolicyVersion) => ({
  version,
  author,
  createdAt: createdAt?.toISOString() ?? null,
  policy,
});

const whichSchema = z
  .strictObject({
    at: z.iso.datetime({ offset: true }).optional(),
    version: z.coerce.number().int().min(0).max(999_999_999).optional(),
  })
  .refine(
    ({ at, version }) => at === undefined || version === undefined,
    'must have either `at` or `version`, not both',
  );

/** Reading policies: the guilds that have one, one version, every version. */
export const policyVersionRoutes: ApiRoutes = (app, ports) => {
  guildsWithPolicies(app, ports);
  oneVersion(app, ports);
  everyVersion(app, ports);
};

const guildsWithPolicies: ApiRoutes = (app, { policies, pages, config }) => {
  app.get(
    `${inTenant}/policies`,
    {
      config: { ...config, access: personOrKey('policy.read') },
      schema: {
        operationId: 'listPolicies',
        tags: ['Policies'],
        summary: 'Returns the guilds that have a policy of their own',
        params: tenantParams,
        querystring: pageQuery,
        response: {
          200: z.object({
            items: z.array(z.object({ guild: z.string(), version: z.number().int() })),
            nextCursor: nextCursorSchema,
          }),
        },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const page = pages.open({ operation: 'listPolicies', tenant }, request.query, z.string());
      const { rows, nextCursor } = page.of(
        await policies.guilds(tenant, { limit: page.take, after: page.after }),
        ({ guild }) => guild,
      );
      return { items: [...rows], nextCursor };
    },
  );
};

const oneVersion: ApiRoutes = (app, { policies, config }) => {
  app.get(
    `${inGuild}/policy`,
    {
      config: { ...config, access: personOrKey('policy.read') },
      schema: {
        operationId: 'readPolicy',
        tags: ['Policies'],
        summary:
          "Returns a guild's current policy, the policy `at` a given time, or a given `version`; version 0 is the default",
        params: guildParams,
        querystring: whichSchema,
        response: {
          200: {
            description: 'The version with its policy; as YAML, the policy only.',
            content: {
              'application/json': { schema: versionSchema },
              'application/yaml': { schema: z.string() },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { tenant, guild } = request.params;
      const version = await chosen(policies, tenant, guild, request.query);
      reply.header('etag', etagOf(version.version)).header('vary', 'accept');
      return prefersYaml(request)
        ? reply.type('application/yaml').send(policyYaml(version.policy))
        : reply.type('application/json; charset=utf-8').send(showVersion(version));
    },
  );
};

const everyVersion: ApiRoutes = (app, { policies, pages, config }) => {
  app.get(
    `${inGuild}/policy/history`,
    {
      config: { ...config, access: personOrKey('policy.read') },
      schema: {
        operationId: 'readPolicyHistory',
        tags: ['Policies'],
        summary: 'Returns every version, newest first',
        params: guildParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(versionSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant, guild } = request.params;
      const page = pages.open({ operation: 'readPolicyHistory', tenant, filter: guild }, request.query, z.int());
      const found = await policies.history(tenant, guild, { limit: page.take, before: page.after });
      const { rows, nextCursor } = page.of(found, ({ version }) => version);
      return { items: rows.map(showVersion), nextCursor };
    },
  );
};

function chosen(
  policies: PolicyStore,
  tenant: TenantId,
  guild: Snowflake,
  { at, version }: z.infer<typeof whichSchema>,
): Promise<GuildPolicyVersion> {
  if (version !== undefined) return policies.version(tenant, guild, version);
  return at === undefined ? policies.current(tenant, guild) : policies.asOf(tenant, guild, new Date(at));
}
