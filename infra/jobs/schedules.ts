import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Jobs } from './jobs.ts';
import { jobsSchema } from './schema.ts';

/** Work that is done at certain times. */
export interface ScheduledTask {
  /** Never changes: its runs are in the database. */
  readonly name: string;
  /** What it does, for operators. */
  readonly description: string;
  /** Five fields, in UTC. */
  readonly cron: string;
  /** Also when a process starts: what it does is then not left to the next time. */
  readonly atStart?: true;
  /** A run that takes longer has failed, and one whose process has ended is given to another after this time. */
  readonly withinSec: number;
  /**
   * Run by one process at a time, and again if it throws or its process ends, so it must stand that.
   * @returns what it has done, in a sentence
   */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

const stateNames = ['waiting', 'running', 'done', 'failed'] as const;

export const scheduleSchema = z.object({
  name: z.string(),
  description: z.string(),
  /** Five fields (minute, hour, day of month, month, day of week), in UTC. */
  cron: z.string(),
  nextAt: z.iso.datetime(),
  /** The latest run; null if there was none in the last week. */
  lastRun: z
    .object({
      /** waiting: it begins soon, or again after a failure; failed: given up until the next time. */
      status: z.enum(stateNames),
      at: z.iso.datetime(),
      endedAt: z.iso.datetime().nullable(),
      /** From 1. */
      attempt: z.number().int(),
      /** What it has done, or why it failed. */
      sentence: z.string().nullable(),
      /** How many runs before it were due and did not happen, because no process was there. */
      missed: z.number().int(),
    })
    .nullable(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

export interface Schedules {
  list(): Promise<Schedule[]>;
  /** Has one run now. @throws schedule.unknown (404), schedule.running (409) */
  run(name: string): Promise<void>;
}

const outputSchema = z.object({ sentence: z.string(), missed: z.number().int() });
const failureSchema = z.object({ message: z.string() });
const retries = 3;
const keptForSec = 7 * 24 * 60 * 60;
/** Of what is due each minute, there are many. */
const keptIfFrequentSec = 60 * 60;
const mostMissed = 1_000;
const singleton = { policy: 'exclusive' } as const;

/**
 * Keeps tasks to their times. Any number of processes may have them: the library creates one run for each time, and one
 * process carries it out. What was due while no process was there is done once, and says how often it was missed.
 */
export async function openSchedules(
  tasks: readonly ScheduledTask[],
  ports: { readonly jobs: Jobs; readonly database: Pick<Database, 'queryAcrossTenants'>; readonly logger: Logger },
): Promise<Schedules> {
  const { jobs, database, logger } = ports;
  const { boss } = jobs;
  const nextAfter = (task: ScheduledTask, from?: Date, count = 1) =>
    boss.previewSchedule(task.cron, { tz: 'UTC', count, ...(from ? { from } : {}) });
  const missedBefore = async (task: ScheduledTask): Promise<number> => {
    const before = await latestRun(database, task.name, 'ended');
    if (!before) return 0;
    // One that is due is the present run; only where another is, the rest is worked out: each costs.
    const dueOf = (count: number) =>
      nextAfter(task, before.created_on, count).filter((at) => at.getTime() <= Date.now()).length;
    return dueOf(2) < 2 ? 0 : dueOf(mostMissed) - 1;
  };
  for (const task of tasks) {
    const isFrequent = task.cron.startsWith('* ');
    const kept = {
      expireInSeconds: task.withinSec,
      retryLimit: retries,
      retryDelay: 5,
      retryBackoff: true,
      retryDelayMax: 300,
      deleteAfterSeconds: isFrequent ? keptIfFrequentSec : keptForSec,
      notify: true,
    };
    await boss.createQueue(task.name, { ...kept, ...singleton });
    await boss.updateQueue(task.name, kept);
    await boss.schedule(task.name, task.cron, {}, { tz: 'UTC', missed: 'once' });
    await boss.work(task.name, { pollingIntervalSeconds: 5 }, async ([job]: { signal: AbortSignal }[]) => {
      if (!job) return undefined;
      const missed = await missedBefore(task);
      if (missed > 0) logger.warn({ task: task.name, missed }, 'runs of a scheduled task were missed');
      const sentence = await task.run(job.signal).catch((error: unknown) => {
        logger.error({ err: error, task: task.name }, 'a scheduled task failed');
        throw error;
      });
      return { sentence, missed } satisfies z.infer<typeof outputSchema>;
    });
    if (task.atStart) await boss.send(task.name, {});
  }
  const find = (name: string) => {
    const task = tasks.find((each) => each.name === name);
    if (task) return task;
    throw callerFault('schedule.unknown', 'There is no such scheduled task.', 404);
  };
  return {
    list: () =>
      Promise.all(
        tasks.map(async (task) => {
          const { name, description, cron } = task;
          const nextAt = nextAfter(task)[0]?.toISOString() ?? '';
          const run = await latestRun(database, name, 'any');
          return { name, description, cron, nextAt, lastRun: run ? shown(run) : null };
        }),
      ),
    async run(name) {
      if ((await boss.send(find(name).name, {})) === null)
        throw callerFault('schedule.running', 'It is running already, or is about to.', 409);
    },
  };
}

interface Run {
  readonly state: string;
  readonly created_on: Date;
  readonly started_on: Date | null;
  readonly completed_on: Date | null;
  readonly retry_count: number;
  readonly output: unknown;
}

async function latestRun(
  database: Pick<Database, 'queryAcrossTenants'>,
  name: string,
  which: 'any' | 'ended',
): Promise<Run | undefined> {
  const [run] = await database.queryAcrossTenants<Run>({
    name: `latest-run-${which}`,
    text: `select state::text, created_on, started_on, completed_on, retry_count, output from ${jobsSchema}.job
           where name = $1 and ($2 = 'any' or state in ('completed', 'failed')) order by created_on desc limit 1`,
    values: [name, which],
  });
  return run;
}

function shown({
  state,
  created_on: created,
  started_on: started,
  completed_on: ended,
  retry_count: retried,
  output,
}: Run) {
  const done = outputSchema.safeParse(output);
  const failure = failureSchema.safeParse(output);
  return {
    status: statusOf(state),
    at: (started ?? created).toISOString(),
    endedAt: ended?.toISOString() ?? null,
    attempt: retried + 1,
    sentence: done.success ? done.data.sentence : failure.success ? failure.data.message : null,
    missed: done.success ? done.data.missed : 0,
  };
}

function statusOf(state: string): (typeof stateNames)[number] {
  switch (state) {
    case 'active':
      return 'running';
    case 'completed':
      return 'done';
    case 'failed':
    case 'cancelled':
      return 'failed';
    default:
      return 'waiting';
  }
}
