import { z } from 'zod';

/** Whether a bot's process should run: the values of the column instance.desired. */
export const desiredStates = ['running', 'stopped'] as const;
export type DesiredState = (typeof desiredStates)[number];

/** The states that a running bot reports about itself. */
export const reportedStates = ['starting', 'ready', 'degraded'] as const;
export type ReportedState = (typeof reportedStates)[number];

/**
 * The states of a bot's process: the values of the column instance.state. failed: it kept crashing and is not restarted
 * until it is started again.
 */
export const processStates = ['stopped', ...reportedStates, 'backing-off', 'failed'] as const;
export type ProcessState = (typeof processStates)[number];

/** The state of a bot, as returned by `GET /v1/tenants/:tenant/instance`. */
export const instanceStateSchema = z.object({
  desired: z.enum(desiredStates),
  state: z.enum(processStates),
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

/** `GET /v1/instances`: of every tenant whose bot the supervisor knows. */
export const instanceListSchema = z.object({
  instances: z.array(instanceStateSchema.extend({ tenant: z.string() })),
});
