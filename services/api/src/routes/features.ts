import { z } from 'zod';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { featureNames, features, isOn, type FeatureChoice } from '#policies/features.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { guildParams, inGuild, inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const tags = ['Features'];
const nameSchema = z.enum(featureNames);
const featureSchema = z.object({
  feature: nameSchema,
  title: z.string(),
  text: z.string(),
  on: z.boolean(),
  /** Null: as the tenant has it, or by default. */
  chosen: z.boolean().nullable(),
});
const listSchema = z.object({ items: z.array(featureSchema) });
const choiceSchema = z.strictObject({ on: z.boolean().nullable() });

const shown = (choices: readonly FeatureChoice[], guild: Snowflake | null): z.infer<typeof listSchema> => ({
  items: featureNames.map((feature) => {
    const { title, text } = features[feature];
    const own = choices.find((choice) => choice.feature === feature && choice.guild === guild);
    return { feature, title, text, on: isOn(choices, feature, guild), chosen: own?.on ?? null };
  }),
});

/** What a tenant, or one of its guilds, has of what can be switched off (policies/features.ts). */
export const featureRoutes: ApiRoutes = (app, ports) => {
  ofTenant(app, ports);
  ofGuild(app, ports);
};

const ofTenant: ApiRoutes = (app, { access, featureStore, config }) => {
  app.get(
    `${inTenant}/features`,
    {
      config: { ...config, access: personOrKey('tenant.read') },
      schema: {
        operationId: 'listFeatures',
        tags,
        summary: 'Returns what can be switched off, and what guilds of the tenant have unless it is decided for them',
        params: tenantParams,
        response: { 200: listSchema },
      },
    },
    async ({ params: { tenant } }) => shown(await featureStore.choices(tenant), null),
  );
  app.put(
    `${inTenant}/features/:feature`,
    {
      config: { ...config, access: personOnly('feature.write'), problems: [422] },
      schema: {
        operationId: 'switchFeature',
        tags,
        summary:
          'Switches a feature on or off for the tenant, in force within a second; null returns it to the default',
        params: z.object({ ...tenantParams.shape, feature: nameSchema }),
        body: choiceSchema,
        response: { 200: listSchema },
      },
    },
    async (request) => {
      const { tenant, feature } = request.params;
      const { on } = request.body;
      const audit = access
        .of(request)
        .record({ kind: 'change', outcome: 'succeeded', target: `feature:${feature}`, detail: { on } });
      await featureStore.choose({ tenant, guild: null, feature, on, audit });
      return shown(await featureStore.choices(tenant), null);
    },
  );
};

const ofGuild: ApiRoutes = (app, { access, featureStore, config }) => {
  app.get(
    `${inGuild}/features`,
    {
      config: { ...config, access: personOrKey('tenant.read') },
      schema: {
        operationId: 'listGuildFeatures',
        tags,
        summary: 'Returns what a guild has of what can be switched off',
        params: guildParams,
        response: { 200: listSchema },
      },
    },
    async ({ params: { tenant, guild } }) => shown(await featureStore.choices(tenant, guild), guild),
  );
  app.put(
    `${inGuild}/features/:feature`,
    {
      config: { ...config, access: personOnly('feature.write'), problems: [422] },
      schema: {
        operationId: 'switchGuildFeature',
        tags,
        summary: 'Switches a feature on or off for a guild, in force within a second; null returns it to the tenant’s',
        params: z.object({ ...guildParams.shape, feature: nameSchema }),
        body: choiceSchema,
        response: { 200: listSchema },
      },
    },
    async (request) => {
      const { tenant, guild, feature } = request.params;
      const { on } = request.body;
      const audit = access
        .of(request)
        .record({ kind: 'change', outcome: 'succeeded', target: `feature:${feature}`, detail: { on } });
      await featureStore.choose({ tenant, guild, feature, on, audit });
      return shown(await featureStore.choices(tenant, guild), guild);
    },
  );
};
