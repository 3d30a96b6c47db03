import { z } from 'zod';

/** What an operator decides about where events may be sent. */
export const webhookSettingsSchema = z.strictObject({
  /** Hosts of receivers that may be in a private network; any other has to be on the public internet. */
  privateHosts: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[a-z0-9][a-z0-9.:-]{0,252}$/, 'must be a host name or an address'),
    )
    .max(50)
    .default([]),
  /** PEM of a further authority that may have signed the certificates of those hosts. */
  trustPem: z
    .string()
    .max(50_000)
    .refine((pem) => pem.includes('BEGIN CERTIFICATE') && !pem.includes('PRIVATE KEY'), 'must be a PEM certificate')
    .optional(),
});
export type WebhookSettings = z.infer<typeof webhookSettingsSchema>;
