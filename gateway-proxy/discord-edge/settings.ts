import { z } from 'zod';
import { databaseSettingsSchema, enrolmentSettingsSchema, processSettingsSchema } from '#infra/config/settings.ts';
import { installationIdSchema } from '#infra/kernel/ids.ts';
import { custodianSettingsSchema } from '#security/keyring/file-custodian.ts';

/** Settings of the Discord edge. */
export const discordEdgeSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  installation: installationIdSchema,
  custodian: custodianSettingsSchema,
  discord: z.strictObject({
    /** REST base without version: https://discord.com/api, or the sandbox's. */
    apiUrl: z.url().transform((url) => url.replace(/\/$/, '')),
    /** Certificate authorities to trust for Discord beside the machine's own. */
    trustPem: z.string().includes('BEGIN CERTIFICATE').optional(),
    /** How often each tenant's application is checked again, give or take a fifth. */
    checkEveryMinutes: z
      .number()
      .positive()
      .max(24 * 60)
      .default(12),
  }),
});

export type DiscordEdgeSettings = z.infer<typeof discordEdgeSettingsSchema>;
