import { z } from 'zod';

const maxSources = 32;

/**
 * What an allowed call is allowed under, and only whoever does it can keep to: it travels from the decision in the
 * proxy's grant. Closed: a service that does not know an obligation refuses the grant, and with it the call.
 */
export const obligationsSchema = z.strictObject({
  /** Names as in `info.sourceName` of a Lavalink track; of other sources nothing is played. */
  sources: z
    .array(z.string().regex(/^[a-z]{1,32}$/))
    .min(1)
    .max(maxSources)
    .readonly()
    .optional(),
  /** Longest track; a live stream is longer. */
  maxTrackLengthMs: z.number().int().min(1).optional(),
  /** Entries that the member may have waiting in the queue. */
  maxQueuedPerMember: z.number().int().min(1).optional(),
  /** It is no order but a vote: done once this share of the listeners has asked for it. */
  voteShare: z.number().gt(0).max(1).optional(),
});

export type Obligations = z.infer<typeof obligationsSchema>;
