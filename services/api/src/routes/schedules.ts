import { z } from 'zod';
import { scheduleSchema } from '#infra/jobs/schedules.ts';
import { addressOf } from '#policies/addresses.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const listSchema = z.object({ items: z.array(scheduleSchema) });

/** For operators: what the worker does at certain times. */
export const scheduleRoutes: ApiRoutes = (app, { access, caller, journal, config }) => {
  app.get(
    '/v1/operator/schedules',
    {
      config: { ...config, access: personOnly('schedule.read'), problems: [403] },
      schema: {
        operationId: 'listSchedules',
        tags,
        summary: 'Returns what is done at certain times: when next, what came of the latest run, and what was missed',
        response: { 200: listSchema },
      },
    },
    () => caller.json(addressOf('worker', 'GET /v1/schedules'), listSchema),
  );

  app.post(
    '/v1/operator/schedules/:schedule(^[a-z-]{1,50}$)/run',
    {
      config: { ...config, access: personOnly('schedule.run'), problems: [409] },
      schema: {
        operationId: 'runSchedule',
        tags,
        summary: 'Has a scheduled task run now, once. What comes of it is in the list. 409: it is running already',
        params: z.object({ schedule: z.string() }),
        response: { 202: z.object({ name: z.string() }) },
      },
    },
    async (request, reply) => {
      const { schedule } = request.params;
      const target = `schedule:${schedule}`;
      await journal.add(
        access.of(request).record({ tenant: installationLog, kind: 'change', outcome: 'allowed', target }),
      );
      await caller.json(addressOf('worker', 'POST /v1/schedules/:any/run', { any: schedule }), z.unknown());
      return reply.code(202).send({ name: schedule });
    },
  );
};
