import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { trackFaults } from './why.ts';

/** What was played, as owners see it: counts that name nobody, and which tracks and members were behind most of them. */

/** Of these quarters of an hour longer times are made up, in any time zone. */
export const quarterMs = 15 * 60_000;
/** As long as events are kept. */
export const statisticsDays = 90;

/** Why a track failed; `other`: in the words of a music server. */
export const faultNames = [...(Object.keys(trackFaults) as (keyof typeof trackFaults)[]), 'other'] as const;
export type FaultName = (typeof faultNames)[number];

export const faultNameOf = (fault: string): FaultName =>
  faultNames.find((name) => name !== 'other' && trackFaults[name] === fault) ?? 'other';

/** Upper bounds of the times from an order to a music server until the music is heard, in ms; the last is unbounded. */
export const startBoundsMs = [100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000] as const;

/**
 * Kinds of counts in table play_statistics: `played`; how tracks ended, `finished`, `skipped`, `stopped` or `failed:<fault>`;
 * and `start:<bound>`, the plays that were heard within so many ms, or `start:over`.
 */
export const startKind = (afterMs: number): string =>
  `start:${startBoundsMs.find((boundMs) => afterMs <= boundMs) ?? 'over'}`;

/** A day of UTC. */
const daySchema = z.iso.date();

/** GET …/statistics/top?from=&to=&guild= : of the days from one to another, both included. */
export const topsSchema = z.object({
  /** From which day on plays are counted here: later than asked for, if there is too much for one answer. */
  since: daySchema,
  /** Most played first, at most 50. */
  tracks: z.array(
    z.object({ title: z.string(), author: z.string(), uri: z.string().nullable(), plays: z.number().int() }),
  ),
  /** Who asked for most of what was played, at most 50; without members who do not want their plays counted. */
  members: z.array(z.object({ guild: snowflakeSchema, user: snowflakeSchema, plays: z.number().int() })),
});
export type Tops = z.infer<typeof topsSchema>;
export const topsQuerySchema = z.strictObject({
  from: daySchema,
  to: daySchema,
  guild: snowflakeSchema.optional(),
  /** In ms since the epoch: tracks that have played since then only, by whole quarters of an hour, and no members. */
  since: z.coerce.number().int().nonnegative().optional(),
});
export type TopsQuery = z.infer<typeof topsQuerySchema>;
