import { z } from 'zod';

/** The state of a bot, as returned by `GET /v1/tenants/:tenant/instance`. */
export const instanceStateSchema = z.object({
  desired: z.enum(['running', 'stopped']),
  /** failed: it kept crashing and is not restarted until it is started again. */
  state: z.enum(['stopped', 'starting', 'ready', 'degraded', 'backing-off', 'failed']),
  /** In words, for whoever has to act. */
  reason: z.string().optional(),
  /** Since it was last started on request. */
  restarts: z.number().int(),
  /**
   * The layers of confinement in force, empty without a process; tenants/supervisor/confinement.ts says what each takes
   * away.
   */
  layers: z.array(z.string()),
});
export type InstanceState = z.infer<typeof instanceStateSchema>;
/** The part of it that changes by itself. */
export type BotCondition = Pick<InstanceState, 'state' | 'reason' | 'restarts'>;
