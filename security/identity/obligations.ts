import { z } from 'zod';

const maxSources = 32;
const maxCommands = 32;

/**
 * The conditions of an allowed call that only the service can enforce: they travel from the decision in the proxy's
 * grant. Closed: a service that does not know an obligation refuses the grant, and with it the call.
 */
export const obligationsSchema = z.strictObject({
  /** Names as in `info.sourceName` of a Lavalink track; other sources must not be played. */
  sources: z
    .array(z.string().regex(/^[a-z]{1,32}$/))
    .min(1)
    .max(maxSources)
    .readonly()
    .optional(),
  /** Maximum track length; a live stream counts as longer. */
  maxTrackLengthMs: z.number().int().min(1).optional(),
  /** Entries that the member may have in the queue. */
  maxQueuedPerMember: z.number().int().min(1).optional(),
  /** Not an order but a vote: carried out once this share of the listeners has requested it. */
  voteShare: z.number().gt(0).max(1).optional(),
  /** Only for tracks that the member has added. */
  onlyOwn: z.literal(true).optional(),
  /** Only these commands may be shown as usable: of those that a policy names, the ones that it allows here and now. */
  usable: z
    .array(z.string().regex(/^[a-z]{1,32}$/))
    .max(maxCommands)
    .readonly()
    .optional(),
  /** Why the others may not be: what denied each, and the rule of the guild's policy, if one did. */
  denied: z
    .array(
      z.strictObject({
        command: z.string().regex(/^[a-z]{1,32}$/),
        by: z.enum(['djs', 'managers', 'rules']),
        rule: z.string().max(64).optional(),
      }),
    )
    .max(maxCommands)
    .readonly()
    .optional(),
});

export type Obligations = z.infer<typeof obligationsSchema>;
