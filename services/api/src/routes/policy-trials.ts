import type { FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { ruledCommands } from '#policies/commands.ts';
import { dryRun } from '#policies/dry-run.ts';
import { guildPolicySchema, parseGuildPolicy, type GuildPolicy } from '#policies/guild-policy.ts';
import { obligationsSchema } from '#security/identity/obligations.ts';
import { knownGuild, warned, warnedSchema, withinOf } from '../policies/known-guild.ts';
import { personOrKey } from '../operation-access.ts';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import { inGuild, guildParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';

const permissionsSchema = z
  .string()
  .regex(/^\d{1,20}$/, 'must be permission bits as a decimal number')
  .optional();
const memberSchema = z.strictObject({
  user: snowflakeSchema.optional(),
  roles: z.array(snowflakeSchema).max(250).optional(),
  permissions: permissionsSchema,
  channel: snowflakeSchema.optional(),
  /** Alone in a voice channel with the bot. */
  alone: z.boolean().optional(),
});
/** For rules with hours; defaults to now. */
const momentSchema = z.iso.datetime({ offset: true }).optional();
const trialSchema = z.strictObject({
  /** Defaults to the current policy. */
  policy: guildPolicySchema.optional(),
  member: memberSchema,
  at: momentSchema,
});
const cellSchema = z.object({
  command: z.enum(ruledCommands),
  allowed: z.boolean(),
  /** The rule that decides; omitted if none mentions it. */
  rule: z.string().optional(),
  message: z.string(),
  /** The obligations: a share of votes, a maximum track length, … */
  obligations: obligationsSchema.optional(),
});
/** `version` is that of the stored policy; null for one that was sent. Warnings are those that a save would give. */
const cellsSchema = z.object({
  version: z.number().int().nullable(),
  cells: z.array(cellSchema),
  ...warnedSchema.shape,
});

const rolesQuery = z
  .string()
  .max(250 * 21)
  .transform((text) => (text === '' ? [] : text.split(',')))
  .pipe(z.array(snowflakeSchema).max(250));

const yesQuery = z.enum(['true', 'false']).transform((text) => text === 'true');

/**
 * Everything except the proposed policy, which its own parser reads, so that its faults are reported as when it is
 * saved.
 */
const readSchema = trialSchema.extend({ policy: z.unknown().optional() });
const trialCompiler = <Schema>(route: Parameters<FastifySchemaCompiler<Schema>>[0]) =>
  validatorCompiler({ ...route, schema: route.httpPart === 'body' ? readSchema : (route.schema as z.ZodType) });

/** What a policy would allow somebody, decided by the real evaluator, without putting it into force. */
export const policyTrialRoutes: ApiRoutes = (app, ports) => {
  const { policies, config } = ports;
  app.post(
    `${inGuild}/policy/dry-run`,
    {
      config: { ...config, access: personOrKey('policy.read'), problems: [422] },
      bodyLimit: maxDocumentBytes,
      validatorCompiler: trialCompiler,
      schema: {
        operationId: 'tryPolicy',
        tags: ['Policies'],
        summary:
          'Tests what a proposed policy, or the current one, lets a member do, with one decision for each command',
        params: guildParams,
        body: trialSchema,
        response: { 200: cellsSchema },
      },
    },
    async (request) => {
      const { member, at, policy: proposed } = request.body;
      const { tenant, guild } = request.params;
      const { version, policy } =
        proposed === undefined
          ? await policies.current(tenant, guild)
          : { version: null, policy: parseGuildPolicy(proposed) };
      return { version, ...(await tried(ports, { tenant, guild, policy, member, at })) };
    },
  );

  app.get(
    `${inGuild}/policy/effective`,
    {
      config: { ...config, access: personOrKey('policy.read') },
      schema: {
        operationId: 'readEffectivePolicy',
        tags: ['Policies'],
        summary: 'Returns what a member may do under the current policy; `roles` are comma-separated ids',
        params: guildParams,
        querystring: z.strictObject({
          ...memberSchema.shape,
          roles: rolesQuery.optional(),
          alone: yesQuery.optional(),
          at: momentSchema,
        }),
        response: { 200: cellsSchema },
      },
    },
    async (request) => {
      const { tenant, guild } = request.params;
      const { version, policy } = await policies.current(tenant, guild);
      const { at, ...member } = request.query;
      return { version, ...(await tried(ports, { tenant, guild, policy, member, at })) };
    },
  );
};

interface Trial {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
  readonly policy: GuildPolicy;
  readonly member: z.output<typeof memberSchema>;
  readonly at: string | undefined;
}

async function tried({ caller }: ApiPorts, { tenant, guild, policy, member, at }: Trial) {
  const known = await knownGuild(caller, { tenant, guild });
  // A caller in a channel is also in its category.
  const supposed = { ...member, within: withinOf(known, member.channel) };
  const atMs = at === undefined ? Date.now() : Date.parse(at);
  return { cells: [...(await dryRun(policy, supposed, { tenant, guild, atMs }))], ...warned(policy, known) };
}
