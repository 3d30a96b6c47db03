import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { plausibleLength } from '../domain/entry.ts';

/** An entry of a queue or list as it is stored. */
export const entrySchema = z.object({
  entryId: z.string(),
  encoded: z.string(),
  title: z.string(),
  author: z.string(),
  uri: z.string().nullable(),
  artworkUrl: z.string().nullable(),
  // Rows from before lengths could be unknown have 0 for a live stream, and the node's value for the rest.
  lengthMs: z.number().nullable().transform(plausibleLength),
  isStream: z.boolean(),
  source: z.string(),
  requestedBy: snowflakeSchema.nullable(),
  failures: z.number(),
  automatic: z.boolean().optional(),
  again: z.boolean().optional(),
});
