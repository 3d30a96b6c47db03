import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import { guildPolicySchema, parseGuildPolicy } from '#policies/guild-policy.ts';
import { mergePatch } from '#policies/merge-patch.ts';
import { etagOf } from '../if-match.ts';
import { mediaTypes } from '../policies/documents.ts';
import { knownGuild, notInServer, warned, warnedSchema } from '../policies/known-guild.ts';
import { expectedBy, preconditionHeaders, preconditionOf, unlessUnsaid } from '../policies/precondition.ts';
import { personOrKey } from '../operation-access.ts';
import { inGuild, guildParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';
import { showVersion, versionSchema } from './policy-versions.ts';

const savedSchema = z.object({ ...versionSchema.shape, ...warnedSchema.shape });

/** Validated by the policy's own parser, which lists every fault with its location; the schema describes it. */
const bodyUnread = <Schema>(
  route: Parameters<FastifySchemaCompiler<Schema>>[0],
): ReturnType<FastifySchemaCompiler<Schema>> =>
  route.httpPart === 'body'
    ? (value: unknown) => ({ value })
    : validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);

/** Changing a guild's policy, and checking one before. */
export const policyChangeRoutes: ApiRoutes = (app, ports) => {
  replacing(app, ports);
  patching(app, ports);
  validating(app, ports);
  rollingBack(app, ports);
  copying(app, ports);
};

const replacing: ApiRoutes = (app, ports) => {
  const { config } = ports;

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
};

const patching: ApiRoutes = (app, ports) => {
  const { policies, config } = ports;

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
};

const validating: ApiRoutes = (app, ports) => {
  const { config } = ports;

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
};

const rollingBack: ApiRoutes = (app, ports) => {
  const { policies, config } = ports;

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
};

const copying: ApiRoutes = (app, ports) => {
  const { policies, config } = ports;

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
  return { ...showVersion(saved), ...warned(saved.policy, known) };
}
