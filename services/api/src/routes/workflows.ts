import { z } from 'zod';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import type { SagaState } from '#infra/sagas/saga.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const statuses = ['running', 'done', 'failed'] as const;

const workflowSchema = z.object({
  id: z.string(),
  /** What it does, such as `offboarding`. */
  workflow: z.string(),
  /** running: under way, also between two attempts; failed: given up until it is retried. */
  status: z.enum(statuses),
  /** The tenant that it is about. */
  tenant: z.string().nullable(),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The steps that are complete, in order. */
  completed: z.array(z.string()),
  /** Why it failed. */
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
});

/** For operators: what the platform is carrying out step by step, and what failed. */
export const workflowRoutes: ApiRoutes = (app, { access, sagas, journal, config }) => {
  app.get(
    '/v1/operator/workflows',
    {
      config: { ...config, access: personOnly('health.read'), problems: [403] },
      schema: {
        operationId: 'listWorkflows',
        tags,
        summary: 'Returns the workflows of the platform, such as deletions of tenants, the latest first',
        querystring: z.strictObject({
          status: z.enum(statuses).optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(workflowSchema) }) },
      },
    },
    async ({ query: { status, limit } }) => {
      const found = await sagas.list({ limit, ...(status === undefined ? {} : { status }) });
      return { items: found.map(show) };
    },
  );

  app.post(
    '/v1/operator/workflows/:workflow/retry',
    {
      config: { ...config, access: personOnly('workflow.retry'), problems: [403, 404, 409] },
      schema: {
        operationId: 'retryWorkflow',
        tags,
        summary: 'Repeats a failed workflow from the step that failed',
        params: z.object({ workflow: z.string().min(1).max(100) }),
        response: { 202: z.object({ id: z.string() }) },
      },
    },
    async (request, reply) => {
      const { workflow } = request.params;
      await sagas.retry(workflow);
      await journal.add(
        access
          .of(request)
          .record({ tenant: installationLog, kind: 'change', outcome: 'succeeded', target: `workflow:${workflow}` }),
      );
      return reply.code(202).send({ id: workflow });
    },
  );
};

function show({ id, saga, status, input, startedAtMs, updatedAtMs, completed, failure }: SagaState) {
  return {
    id,
    workflow: saga,
    status,
    tenant: tenantIdSchema.safeParse(input['tenant']).data ?? null,
    startedAt: new Date(startedAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
    completed: [...completed],
    failure: failure ? { code: failure.code, message: failure.message } : null,
  };
}
