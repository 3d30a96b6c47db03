import { z } from 'zod';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';
import { eventSettingsSchema } from '#infra/streaming/settings.ts';
import { keysSettingsSchema } from '#security/keyring/open-custodian.ts';
import { webhookSettingsSchema } from '#services/contracts/webhook-settings.ts';

/** The settings of the worker. */
export const workerSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  keys: keysSettingsSchema,
  webhooks: webhookSettingsSchema.prefault({}),
  events: eventSettingsSchema.default({ carrier: 'postgres' }),
});
