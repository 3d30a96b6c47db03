import { z } from 'zod';
import { trustPemSchema } from '#infra/config/trust.ts';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { nodeIdSchema, voiceRegionsSchema } from '#infra/nodes/lavalink-node.ts';
import { sharedStateSchema } from '#infra/shared-state/settings.ts';
import { keysSettingsSchema } from '#security/keyring/open-custodian.ts';
import { nodeKeySchema } from '#security/keyring/sealed-node.ts';
import { developerPortalSchema } from './onboarding/document.ts';

/** What holds the installation's keys and never exports them: sealed files, and what unlocks them, or Vault. */
export const custodianSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), sealedBy: z.enum(['key-file', 'passphrase']) }),
  z.strictObject({ kind: z.literal('vault') }),
]);

export const apiSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  /** Where people reach the API from outside; included in its description. */
  publicUrl: z.url({ protocol: /^https?$/ }),
  /** Discord's API, as used by discord-edge: the page where bots are added to servers is beside it. */
  discordApiUrl: z.url({ protocol: /^https?$/ }).default('https://discord.com/api'),
  /** The portal's built files (services/portal/build.ts); without them there is only the API. */
  portal: z.strictObject({ folder: z.string().min(1) }).optional(),
  /** What a new bot plays in the sound check: a search or URL of something short and harmless. */
  probeQuery: z.string().trim().min(1).max(500).default('short bell sound'),
  /** The one-time operator sign-in that was shown at the platform's start; only its hash is known here. */
  operatorSignIn: z
    .strictObject({ tokenSha256Base64: z.base64().length(44), expiresAtMs: z.number().int() })
    .optional(),
  /** A Unix socket where users who may read the data folder request another one. */
  operatorSocket: z.string().min(1).optional(),
  /** Discord ids of operators named in the settings file. */
  operators: z.array(snowflakeSchema).max(100).default([]),
  /** The nodes in the settings file, and what seals those that operators add, for gateway-proxy alone. */
  lavalink: z
    .strictObject({
      nodes: z.array(z.strictObject({ id: nodeIdSchema, regions: voiceRegionsSchema.default([]) })).max(1_000),
      /** Without it none can be added. */
      sealingKeyBase64: nodeKeySchema.optional(),
    })
    .default({ nodes: [] }),
  /** Where each process of the platform reports its health: its operations listener. */
  processes: z
    .array(z.strictObject({ name: z.string().min(1).max(64), url: z.url({ protocol: /^https?$/ }) }))
    .max(100)
    .default([]),
  /** How many apis there are. One that cannot hear the others allows a caller its part of the limits. */
  replicas: z.number().int().min(1).max(100).default(1),
  /** Where apis tell each other how many streams each caller has open, and how many operations it has requested. */
  sharedState: sharedStateSchema.default({ kind: 'memory' }),
  /** Operations per minute: of each person and API key, each operator, and each address of unknown callers. */
  limits: z
    .strictObject({
      signedIn: z.number().int().min(1).default(3_000),
      operator: z.number().int().min(1).default(60_000),
      anonymous: z.number().int().min(1).default(1_200),
    })
    .prefault({}),
  /** Where the keys are that protect browsers' sessions, people's names and notes. */
  keys: keysSettingsSchema,
  /** Shown to those who may see keys. */
  custodian: custodianSchema,
  /** Where people create the applications of their bots; `sandbox`: at the simulated Discord. */
  developerPortal: developerPortalSchema.default({
    url: 'https://discord.com/developers/applications',
    sandbox: false,
  }),
  /** The platform's own application at Discord, with which people sign in; without it only operators can. */
  discordSignIn: z
    .strictObject({
      authorizeUrl: z.url({ protocol: /^https?$/ }),
      tokenUrl: z.url({ protocol: /^https?$/ }),
      userUrl: z.url({ protocol: /^https?$/ }),
      clientId: snowflakeSchema,
      clientSecret: z.string().min(1).max(200),
      redirectUri: z.url({ protocol: /^https?$/ }),
      trustPem: trustPemSchema.optional(),
    })
    .optional(),
});

export type ApiSettings = z.infer<typeof apiSettingsSchema>;
