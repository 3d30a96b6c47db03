import { z } from 'zod';

/**
 * GET …/help: of the commands that a policy names, those that the member may use where they ask, and what denies the
 * others; `manage` stands for what only members who manage the server may use. `off`: the features (policies/features.ts)
 * that the server does not have, for nobody.
 */
export const helpSchema = z.object({
  usable: z.array(z.string()),
  denied: z
    .array(z.object({ command: z.string(), by: z.enum(['djs', 'managers', 'rules']), rule: z.string().optional() }))
    .default([]),
  off: z.array(z.string()).default([]),
});
export type Help = z.infer<typeof helpSchema>;
