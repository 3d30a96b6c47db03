import { z } from 'zod';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';

export const apiSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  /** Where people reach the API from outside; stands in its description. */
  publicUrl: z.url({ protocol: /^https?$/ }),
  /** The one-time sign-in that whoever started the platform was shown; only its hash is known here. */
  ownerSignIn: z
    .object({
      tokenSha256Base64: z.base64().length(44),
      expiresAtMs: z.number().int(),
      subject: z.string().startsWith('operator:'),
    })
    .optional(),
});

export type ApiSettings = z.infer<typeof apiSettingsSchema>;
