import { z } from 'zod';
import { privateHostsSchema, trustPemSchema } from '#infra/config/trust.ts';

/** What an operator decides about where events may be sent. */
export const webhookSettingsSchema = z.strictObject({
  /** Of receivers. */
  privateHosts: privateHostsSchema,
  /** A further authority that may have signed the certificates of those hosts. */
  trustPem: trustPemSchema.optional(),
});
export type WebhookSettings = z.infer<typeof webhookSettingsSchema>;
