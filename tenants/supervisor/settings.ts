import { tmpdir } from 'node:os';
import { z } from 'zod';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';
import { replicaSettingsSchema } from '#infra/leases/replica-settings.ts';

/** All settings of the supervisor; the README of tenants/ says what an operator may want to change. */
export const supervisorSettingsSchema = z.strictObject({
  /** Which of how many supervisors this is; each runs its share of the bots. */
  replica: replicaSettingsSchema,
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  bots: z.strictObject({
    /** The one file of a bot, made by services/gateway/build.ts. */
    bundleFile: z.string().min(1),
    /**
     * Where copies of Node and the bundle go if bots cannot read the originals; all users must be able to traverse it.
     */
    copiesIn: z.string().min(1).default(tmpdir()),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    maxInstances: z.number().int().min(1).max(5_000).default(200),
    /** User ids for bots, one each, used if the supervisor runs as root. No other program may use them. */
    users: z
      .strictObject({ first: z.number().int().min(1_000), count: z.number().int().min(1) })
      .default({ first: 42_000, count: 10_000 }),
    /** V8's old space, MiB. */
    heapMiB: z.number().int().min(32).max(4_096).default(96),
    /** RLIMIT_DATA, MiB: must leave room for more than the heap. */
    memoryMiB: z.number().int().min(96).max(8_192).default(256),
  }),
});
export type SupervisorSettings = z.infer<typeof supervisorSettingsSchema>;
