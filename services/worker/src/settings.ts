import { z } from 'zod';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';
import { custodianSettingsSchema } from '#security/keyring/file-custodian.ts';

/** The settings of the worker. */
export const workerSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  custodian: custodianSettingsSchema,
});
