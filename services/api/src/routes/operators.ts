import { z } from 'zod';
import type { ProcessHealth } from '#infra/observability/operations.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { readTenantStates } from '../tenant-states.ts';
import { instanceSchema } from '../upstream.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';
import { listedTenantSchema, showTenant, tenantSchema } from './tenants.ts';

const tags = ['Operators'];
const healthStatus = z.enum(['healthy', 'degraded', 'unhealthy']);
const nodeSchema = z.object({
  node: z.string(),
  breaker: z.string(),
  /** Tenants with an open session. */
  sessions: z.number(),
  players: z.number(),
  playingPlayers: z.number(),
  lavalinkLoad: z.number(),
  /** Of the last request that was answered; -1 before the first. */
  latencyMs: z.number(),
  /** What is wrong with it by its own answers: a password that it refuses, a page instead of an answer. */
  fault: z.string().nullable(),
});
const healthSchema = z.object({
  /** The worst of all processes. */
  status: healthStatus,
  processes: z.array(
    z.object({
      name: z.string(),
      status: z.enum([...healthStatus.options, 'unreachable']),
      causes: z.array(z.object({ name: z.string(), status: healthStatus, message: z.string().optional() })),
    }),
  ),
  /** Of gateway-proxy, one for each upstream; open: nothing is sent there at the moment. */
  breakers: z.array(z.object({ upstream: z.string(), status: healthStatus, message: z.string().optional() })),
  /** Lavalink nodes, as audio sees them. */
  nodes: z.array(nodeSchema),
});

const upstreamPrefix = 'upstream:';

/** For those who run the platform: every process with its causes, and every tenant. */
export const operatorRoutes: ApiRoutes = (app, ports) => {
  const { operations, pages, tenants, config } = ports;

  app.get(
    '/v1/operator/health',
    {
      config: { ...config, access: personOnly('health.read'), problems: [403] },
      schema: {
        operationId: 'readHealth',
        tags,
        summary: 'Every process and why it is not well, the breakers, the Lavalink nodes',
        response: { 200: healthSchema },
      },
    },
    async () => {
      const processes = await operations.health();
      const proxy = processes.find(({ name }) => name === 'gateway-proxy');
      const breakers = (proxy?.causes ?? []).flatMap(({ name, ...cause }) =>
        name.startsWith(upstreamPrefix) ? [{ upstream: name.slice(upstreamPrefix.length), ...cause }] : [],
      );
      return {
        status: worstOf(processes),
        processes: processes.map(({ name, status, causes }) => ({ name, status, causes: [...causes] })),
        breakers,
        nodes:
          z.array(nodeSchema).safeParse(processes.find(({ name }) => name === 'audio')?.facts['lavalink']).data ?? [],
      };
    },
  );

  app.get(
    '/v1/operator/tenants',
    {
      config: { ...config, access: personOnly('operator.read'), problems: [403] },
      schema: {
        operationId: 'listAllTenants',
        tags,
        summary: 'Every tenant, oldest first, with what state its bot is in',
        querystring: z.strictObject({
          ...pageQuery.shape,
          /** Part of a name. */
          search: z.string().min(1).max(80).optional(),
          status: tenantSchema.shape.status.optional(),
        }),
        response: {
          200: z.object({
            items: z.array(
              z.object({
                ...listedTenantSchema.shape,
                /** Its process; null where nobody knows. */
                instance: instanceSchema.omit({ layers: true }).nullable(),
              }),
            ),
            nextCursor: nextCursorSchema,
          }),
        },
      },
    },
    async (request) => {
      const { search, status } = request.query;
      const filter = { search, status };
      const page = pages.open({ operation: 'listAllTenants', filter }, request.query, z.string());
      const { rows, nextCursor } = page.of(await tenants.page({ ...page, ...filter }), ({ id }) => id);
      const read = await readTenantStates(ports.caller);
      return {
        items: rows.map((tenant) => {
          const { state, instance } = read(tenant);
          return { ...showTenant(tenant), state, instance };
        }),
        nextCursor,
      };
    },
  );
};

function worstOf(processes: readonly ProcessHealth[]): z.infer<typeof healthStatus> {
  if (processes.some(({ status }) => status === 'unhealthy' || status === 'unreachable')) return 'unhealthy';
  return processes.some(({ status }) => status === 'degraded') ? 'degraded' : 'healthy';
}
