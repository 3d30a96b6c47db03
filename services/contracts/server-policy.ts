import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { guildPolicySchema } from '#policies/guild-policy.ts';

/** GET …/bot/policy, and the response to every change: the policy that rules a server. Version 0 is the default. */
export const serverPolicySchema = z.object({ policy: guildPolicySchema, version: z.number().int().min(0) });
export type ServerPolicy = z.infer<typeof serverPolicySchema>;

/**
 * POST …/bot/policy/change: the options of a command as the member entered them; what is left out stays. `add` and
 * `remove` are DJ roles; `mode` says whether anything is reserved for DJs, and the categories what; `percent` of those
 * who hear the music have to vote for a skip, 0 for no votes.
 */
export const policyChangeSchema = z
  .strictObject({
    add: snowflakeSchema,
    remove: snowflakeSchema,
    mode: z.enum(['on', 'off']),
    adding: z.boolean(),
    playback: z.boolean(),
    sound: z.boolean(),
    order: z.boolean(),
    percent: z.number().int().min(0).max(100),
  })
  .partial();
export type PolicyChange = z.infer<typeof policyChangeSchema>;

/** Codes of refusals. */
export const serverPolicyErrorCodes = { tooManyRoles: 'policy.too-many-dj-roles' } as const;
