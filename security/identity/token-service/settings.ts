import { z } from 'zod';
import { databaseSettingsSchema, processSettingsSchema } from '#infra/config/settings.ts';
import { installationIdSchema } from '#infra/kernel/ids.ts';
import { keysSettingsSchema } from '#security/keyring/open-custodian.ts';
import { maxCallTokenLifetimeSec } from '../call-token.ts';

/** Lifetimes of what the token service issues. */
export const lifetimesSchema = z.strictObject({
  certificateSec: z.number().int().min(2).max(86_400).default(3_600),
  callTokenSec: z.number().int().min(1).max(maxCallTokenLifetimeSec).default(maxCallTokenLifetimeSec),
  /** How long a delegated key is published. */
  delegationSec: z.number().int().min(600).max(86_400).default(3_600),
  /** How long one key signs call tokens before the next one takes over. */
  signingKeySec: z
    .number()
    .int()
    .min(120)
    .max(90 * 86_400)
    .default(86_400),
  /** How long one certificate authority issues before the next one takes over. */
  authorityDays: z.number().int().min(2).max(3_650).default(365),
});
export type Lifetimes = z.infer<typeof lifetimesSchema>;

/** Settings of the token service: like those of other processes, but it has its own keys and enrols nowhere. */
export const tokenServiceSettingsSchema = z.strictObject({
  ...processSettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  installation: installationIdSchema,
  keys: keysSettingsSchema,
  lifetimes: lifetimesSchema.prefault({}),
});
export type TokenServiceSettings = z.infer<typeof tokenServiceSettingsSchema>;
