import type { Database } from '#infra/database/pool.ts';
import { keepPartitions } from '#infra/event-store/partitions.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Jobs } from '#infra/jobs/jobs.ts';
import { openSchedules, type ScheduledTask, type Schedules } from '#infra/jobs/schedules.ts';
import { pruneDeadLetters } from '#infra/streaming/dead-letters.ts';
import { pruneInbox } from '#infra/streaming/inbox.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { removeExpiredRows, removeOldStatistics } from './session-cleanup.ts';
import { keepUpDatabase } from './upkeep.ts';
import type { Deliveries } from './webhooks/deliveries.ts';
import { reportUsage } from './webhooks/usage.ts';

export interface SchedulesPorts {
  readonly jobs: Jobs;
  readonly database: Database;
  readonly deliveries: Pick<Deliveries, 'publish'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with how many rows were removed because they had expired. */
  readonly onRemoved: (rows: number) => void;
}

/** What the worker does at certain times, by any of its processes. */
export const openWorkerSchedules = (ports: SchedulesPorts): Promise<Schedules> => openSchedules(tasks(ports), ports);

const tasks = ({ database, deliveries, clock, onRemoved }: SchedulesPorts): readonly ScheduledTask[] => [
  {
    name: 'expired-rows',
    description:
      'Removes what has expired: sessions, sign-ins, invitations, stored responses, deliveries of webhooks after seven days, windows after two',
    cron: '* * * * *',
    atStart: true,
    withinSec: 300,
    async run(signal) {
      const removed = await removeExpiredRows({ database, clock }, signal);
      if (removed > 0) onRemoved(removed);
      return `Removed ${removed} rows.`;
    },
  },
  {
    name: 'event-partitions',
    description:
      'Makes the partitions in which events of the coming weeks are stored, and drops those of more than ninety days ago',
    cron: '11 * * * *',
    atStart: true,
    withinSec: 300,
    async run() {
      const { made, dropped } = await keepPartitions({ database, clock });
      return `Made ${made} and dropped ${dropped} partitions.`;
    },
  },
  {
    name: 'event-inbox',
    description: 'Forgets which events consumers had more than ten days ago, and dead letters after ninety days',
    cron: '41 * * * *',
    withinSec: 600,
    async run(signal) {
      const forgotten = await pruneInbox(database, clock.now(), signal);
      return `Forgot ${forgotten} events, and removed ${await pruneDeadLetters(database, clock.now())} dead letters.`;
    },
  },
  {
    name: 'usage-reports',
    description: 'Tells tenants with a webhook for it what was used on the day before (UTC)',
    cron: '7 0 * * *',
    withinSec: 3_600,
    run: (signal) => reportUsage({ database, deliveries }, clock.now(), signal),
  },
  {
    name: 'old-statistics',
    description: 'Removes statistics of what was played more than ninety days ago',
    cron: '41 4 * * *',
    withinSec: 3_600,
    async run(signal) {
      return `Removed ${await removeOldStatistics({ database, clock }, signal)} rows.`;
    },
  },
  {
    name: 'database-upkeep',
    description: 'Analyses tables whose statistics are stale, and names those that vacuum cannot keep up with',
    cron: '23 3 * * *',
    withinSec: 3_600,
    run: (signal) => keepUpDatabase(database, signal),
  },
];

/** For operators, through the api. */
export function scheduleRoutes(app: HttpApp, schedules: Schedules): void {
  app.get('/v1/schedules', { config: { action: 'schedule.read' }, exposeHeadRoute: false }, async () => ({
    items: await schedules.list(),
  }));
  app.post('/v1/schedules/:any/run', { config: { action: 'schedule.run' } }, async (request, reply) => {
    await schedules.run((request.params as { any: string }).any);
    return reply.code(204).send();
  });
}
