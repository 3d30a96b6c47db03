import { z } from 'zod';
import { trustPemSchema } from '#infra/config/trust.ts';
import { databaseSettingsSchema, enrolmentSettingsSchema, processSettingsSchema } from '#infra/config/settings.ts';
import { installationIdSchema } from '#infra/kernel/ids.ts';
import { replicaSettingsSchema } from '#infra/leases/replica-settings.ts';
import { sharedStateSchema } from '#infra/shared-state/settings.ts';
import { externalKeysSettingsSchema } from '#security/keyring/external/settings.ts';
import { keysSettingsSchema } from '#security/keyring/open-custodian.ts';

/** Settings of the Discord edge. */
export const discordEdgeSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  installation: installationIdSchema,
  /** Which of how many edges this is; each serves its share of the tenants. */
  replica: replicaSettingsSchema,
  /** Where edges tell each other what they use of the budgets that they have together. */
  sharedState: sharedStateSchema.default({ kind: 'memory' }),
  keys: keysSettingsSchema,
  externalKeys: externalKeysSettingsSchema.prefault({}),
  discord: z.strictObject({
    /** REST base URL without the version: https://discord.com/api, or the sandbox's. */
    apiUrl: z.url().transform((url) => url.replace(/\/$/, '')),
    /** Certificate authorities to trust for Discord in addition to the machine's own. */
    trustPem: trustPemSchema.optional(),
    /** How often each tenant's application is checked, plus or minus a fifth. */
    checkEveryMinutes: z
      .number()
      .positive()
      .max(24 * 60)
      .default(12),
  }),
});

export type DiscordEdgeSettings = z.infer<typeof discordEdgeSettingsSchema>;
