import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import { guildPolicySchema, parseGuildPolicy } from '#policies/guild-policy.ts';
import { mergePatch } from '#policies/merge-patch.ts';
import type { GuildPolicyVersion, PolicyStore } from '#policies/policy-store.ts';
import { policyYaml } from '#policies/policy-yaml.ts';
import { etagOf } from '../if-match.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { mediaTypes, prefersYaml, takeDocuments } from '../policies/documents.ts';
import { knownGuild, notInServer, warned, warnedSchema } from '../policies/known-guild.ts';
import { expectedBy, preconditionHeaders, preconditionOf, unlessUnsaid } from '../policies/precondition.ts';
import { personOrKey } from '../operation-access.ts';
import { inGuild, inTenant, guildParams, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';
import { decisionRoutes } from './decisions.ts';
import { policyTrialRoutes } from './policy-trials.ts';

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

const savedSchema = z.object({ ...versionSchema.shape, ...warnedSchema.shape });

const whichSchema = z
  .strictObject({
    at: z.iso.datetime({ offset: true }).optional(),
    version: z.coerce.number().int().min(0).max(999_999_999).optional(),
  })
  .refine(
    ({ at, version }) => at === undefined || version === undefined,
    'must have either `at` or `version`, not both',
  );

/** Validated by the policy's own parser, which lists every fault with its location; the schema describes it. */
const bodyUnread = <Schema>(
  route: Parameters<FastifySchemaCompiler<Schema>>[0],
): ReturnType<FastifySchemaCompiler<Schema>> =>
  route.httpPart === 'body'
    ? (value: unknown) => ({ value })
    : validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);

/** Permissions, guild by guild. */
export const policyRoutes: ApiRoutes = (app, ports) => {
  app.register((scope, _options, done) => {
    const own = scope as unknown as HttpApp;
    takeDocuments(own);
    for (const group of [readingRoutes, writingRoutes, policyTrialRoutes, decisionRoutes])
      group(own.withTypeProvider<ZodTypeProvider>(), ports);
    done();
  });
};

const readingRoutes: ApiRoutes = (app, { policies, pages, config }) => {
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
        : reply.type('application/json; charset=utf-8').send(show(version));
    },
  );

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
      return { items: rows.map(show), nextCursor };
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

const writingRoutes: ApiRoutes = (app, ports) => {
  const { policies, config } = ports;

  app.put(
    `${inGuild}/policy`,
    {
      config: { ...config, access: personOrKey('policy.write'), problems: [412, 422, 428] },
      bodyLimit: maxDocumentBytes,
      validatorCompiler: bodyUnread,
      schema: {
        operationId: 'replacePolicy',
        tags: ['Policies'],
        summary:
          "Replaces a guild's policy. If-Match holds the ETag of the version that you read, and is required if the guild has a policy",
        consumes: [...mediaTypes.document],
        params: guildParams,
        headers: preconditionHeaders,
        body: guildPolicySchema,
        response: { 200: savedSchema },
      },
    },
    async (request, reply) => {
      const saved = await save(ports, request, request.params, () => Promise.resolve({ document: request.body }));
      return reply.header('etag', etagOf(saved.version)).send(saved);
    },
  );

  app.patch(
    `${inGuild}/policy`,
    {
      config: { ...config, access: personOrKey('policy.write'), problems: [412, 422, 428] },
      bodyLimit: maxDocumentBytes,
      validatorCompiler: bodyUnread,
      schema: {
        operationId: 'patchPolicy',
        tags: ['Policies'],
        summary:
          "Changes parts of a guild's policy (merge patch, RFC 7396: a list is replaced as a whole, null removes a field)",
        consumes: [...mediaTypes.patch],
        params: guildParams,
        headers: preconditionHeaders,
        body: z.record(z.string(), z.unknown()),
        response: { 200: savedSchema },
      },
    },
    async (request, reply) => {
      const saved = await save(ports, request, request.params, async ({ tenant, guild }) => {
        const { version, policy } = await policies.current(tenant, guild);
        return { document: mergePatch(policy, request.body), basedOn: version };
      });
      return reply.header('etag', etagOf(saved.version)).send(saved);
    },
  );

  app.post(
    `${inGuild}/policy/validate`,
    {
      config: { ...config, access: personOrKey('policy.read'), problems: [422] },
      bodyLimit: maxDocumentBytes,
      validatorCompiler: bodyUnread,
      schema: {
        operationId: 'validatePolicy',
        tags: ['Policies'],
        summary: 'Checks a policy without saving it',
        consumes: [...mediaTypes.document],
        params: guildParams,
        body: guildPolicySchema,
        response: { 200: z.object({ valid: z.literal(true), policy: guildPolicySchema, ...warnedSchema.shape }) },
      },
    },
    async (request) => {
      const policy = parseGuildPolicy(request.body);
      return { valid: true as const, policy, ...warned(policy, await knownGuild(ports.caller, request.params)) };
    },
  );

  app.post(
    `${inGuild}/policy/rollback`,
    {
      config: { ...config, access: personOrKey('policy.write'), problems: [412, 428] },
      schema: {
        operationId: 'rollBackPolicy',
        tags: ['Policies'],
        summary: 'Restores an earlier version as a new version',
        params: guildParams,
        headers: preconditionHeaders,
        body: z.strictObject({ version: z.number().int().min(0).max(999_999_999) }),
        response: { 200: savedSchema },
      },
    },
    async (request, reply) => {
      const { version } = request.body;
      const saved = await save(ports, request, request.params, async ({ tenant, guild }) => {
        const { policy } = await policies.version(tenant, guild, version);
        return { document: policy, detail: { rolledBackTo: version } };
      });
      return reply.header('etag', etagOf(saved.version)).send(saved);
    },
  );

  app.post(
    `${inGuild}/policy/copy`,
    {
      config: { ...config, access: personOrKey('policy.write'), problems: [412, 422, 428] },
      schema: {
        operationId: 'copyPolicy',
        tags: ['Policies'],
        summary:
          'Copies the policy from or to another guild of the tenant. If-Match applies to the guild that is changed',
        params: guildParams,
        headers: preconditionHeaders,
        body: z
          .strictObject({ from: snowflakeSchema.optional(), to: snowflakeSchema.optional() })
          .refine(({ from, to }) => (from === undefined) !== (to === undefined), 'must have either `from` or `to`'),
        response: { 200: z.object({ guild: z.string(), ...savedSchema.shape }) },
      },
    },
    async (request, reply) => {
      const { tenant, guild } = request.params;
      const { from = guild, to = guild } = request.body;
      const saved = await save(ports, request, { tenant, guild: to }, async () => {
        const { policy, version } = await policies.current(tenant, from);
        return { document: policy, detail: { copiedFrom: from, copiedVersion: version } };
      });
      return reply.header('etag', etagOf(saved.version)).send({ guild: to, ...saved });
    },
  );
};

interface Draft {
  readonly document: unknown;
  /** The version that the document is based on, which must still be current. */
  readonly basedOn?: number;
  readonly detail?: Record<string, string | number>;
}

/** The one way to change a policy: allowed, based on what its author saw, validated as a whole, and recorded. */
async function save(
  { access, policies, caller }: ApiPorts,
  request: FastifyRequest,
  guildKey: { readonly tenant: TenantId; readonly guild: Snowflake },
  draft: (guildKey: { readonly tenant: TenantId; readonly guild: Snowflake }) => Promise<Draft>,
): Promise<z.infer<typeof savedSchema>> {
  const allowed = access.of(request);
  const precondition = preconditionOf(request);
  const { document, basedOn, detail } = await draft(guildKey);
  const expected = expectedBy(precondition) ?? basedOn;
  // Without the edge, a policy is saved anyway: somebody who has to deny something now cannot wait for it.
  const known = await knownGuild(caller, guildKey);
  if (known.state === 'absent') throw notInServer();
  const saving = policies.replace({
    ...guildKey,
    document,
    author: allowed.subject,
    ...(expected === undefined ? {} : { expected }),
    audit: (version) =>
      allowed.record({
        kind: 'change',
        outcome: 'succeeded',
        guild: guildKey.guild,
        target: `guild:${guildKey.guild}`,
        detail: { version, ...detail },
      }),
  });
  const saved = await saving.catch((error: unknown) => {
    throw unlessUnsaid(precondition, error);
  });
  return { ...show(saved), ...warned(saved.policy, known) };
}
