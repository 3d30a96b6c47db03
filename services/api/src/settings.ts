import { z } from 'zod';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { developerPortalSchema } from './onboarding/document.ts';

export const apiSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  /** Where people reach the API from outside; stands in its description. */
  publicUrl: z.url({ protocol: /^https?$/ }),
  /** Discord's API, as discord-edge asks it: where bots are added to servers is beside it. */
  discordApiUrl: z.url({ protocol: /^https?$/ }).default('https://discord.com/api'),
  /** Where the portal's built files are (services/portal/build.ts); without it there is only the API. */
  portal: z.strictObject({ folder: z.string().min(1) }).optional(),
  /** What a new bot plays to show that it can be heard: a search or an address, of something short and harmless. */
  probeQuery: z.string().trim().min(1).max(500).default('short bell sound'),
  /** The one-time operator sign-in that whoever started the platform was shown; only its hash is known here. */
  operatorSignIn: z
    .strictObject({ tokenSha256Base64: z.base64().length(44), expiresAtMs: z.number().int() })
    .optional(),
  /** Where whoever may read the data folder asks for another (a Unix socket). */
  operatorSocket: z.string().min(1).optional(),
  /** Discord ids of operators whom the settings file names. */
  operators: z.array(snowflakeSchema).max(100).default([]),
  /** Where each process of the platform tells of its health: its operations listener. */
  processes: z
    .array(z.strictObject({ name: z.string().min(1).max(64), url: z.url({ protocol: /^https?$/ }) }))
    .max(100)
    .default([]),
  /**
   * Operations a minute: of each person and API key, each operator, and each address of which nobody knows who it is.
   */
  limits: z
    .strictObject({
      signedIn: z.number().int().min(1).default(3_000),
      operator: z.number().int().min(1).default(60_000),
      anonymous: z.number().int().min(1).default(1_200),
    })
    .prefault({}),
  /** What browsers' sessions, cursors and stored answers are signed and sealed with. */
  sessionKeyBase64: z.base64().length(44),
  /** Who keeps the installation's keys, and what opens them; shown to those who may see keys. */
  custodian: z.strictObject({ kind: z.literal('file'), sealedBy: z.enum(['key-file', 'passphrase']) }),
  /** Where people make the applications of their bots; `sandbox`: at a make-believe Discord. */
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
      trustPem: z.string().includes('BEGIN CERTIFICATE').optional(),
    })
    .optional(),
});

export type ApiSettings = z.infer<typeof apiSettingsSchema>;
