import { z } from 'zod';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import type { SagaState } from '#infra/sagas/saga.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const statuses = ['running', 'done', 'failed'] as const;

const failureSchema = z.object({ code: z.string(), message: z.string() });

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
  /** Where it stands: the step that is under way, or failed. Null once it is done. */
  step: z
    .object({
      name: z.string(),
      since: z.iso.datetime(),
      /** Which attempt is under way or comes next, from 1; null if the process that runs it has not told. */
      attempt: z.number().int().nullable(),
      /** Why the last attempt failed. */
      failure: failureSchema.nullable(),
    })
    .nullable(),
  /** Why it failed. */
  failure: failureSchema.nullable(),
  /** Whether it has steps that could be taken back. */
  compensable: z.boolean(),
  /** Whether its steps are being taken back, or were; null if nobody asked for that. */
  compensation: z.object({ status: z.enum(statuses), failure: failureSchema.nullable() }).nullable(),
});

const params = z.object({ workflow: z.string().min(1).max(100) });
const acceptedSchema = z.object({ id: z.string() });

/** For operators: what the platform is carrying out step by step, where each stands, and what failed. */
export const workflowRoutes: ApiRoutes = (app, ports) => {
  listing(app, ports);
  changing(app, ports, {
    operationId: 'retryWorkflow',
    verb: 'retry',
    summary:
      'Repeats a failed workflow from the step that failed; of one that waits for its next attempt, makes that attempt now',
  });
  changing(app, ports, {
    operationId: 'compensateWorkflow',
    verb: 'compensate',
    summary:
      'Stops a workflow and takes back its steps, in reverse order; it has failed then. 409 with the reason if it is done, or cannot be taken back',
  });
};

const listing: ApiRoutes = (app, { sagas, config }) => {
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
};

function changing(
  app: Parameters<ApiRoutes>[0],
  { access, sagas, journal, config }: Parameters<ApiRoutes>[1],
  change: { readonly operationId: string; readonly verb: 'retry' | 'compensate'; readonly summary: string },
): void {
  const { operationId, verb, summary } = change;
  app.post(
    `/v1/operator/workflows/:workflow/${verb}`,
    {
      config: { ...config, access: personOnly(`workflow.${verb}`), problems: [403, 404, 409] },
      schema: { operationId, tags, summary, params, response: { 202: acceptedSchema } },
    },
    async (request, reply) => {
      const { workflow } = request.params;
      await sagas[verb](workflow);
      await journal.add(
        access
          .of(request)
          .record({ tenant: installationLog, kind: 'change', outcome: 'succeeded', target: `workflow:${workflow}` }),
      );
      return reply.code(202).send({ id: workflow });
    },
  );
}

function show(state: SagaState) {
  const { id, saga, status, input, startedAtMs, updatedAtMs, completed, step, failure, compensation } = state;
  return {
    id,
    workflow: saga,
    status,
    tenant: tenantIdSchema.safeParse(input['tenant']).data ?? null,
    startedAt: new Date(startedAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
    completed: [...completed],
    step: step
      ? {
          name: step.name,
          since: new Date(step.sinceMs).toISOString(),
          attempt: step.attempt ?? null,
          failure: step.failure ?? null,
        }
      : null,
    failure: failure ?? null,
    compensable: state.compensable,
    compensation: compensation ? { status: compensation.status, failure: compensation.failure ?? null } : null,
  };
}
