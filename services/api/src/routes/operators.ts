import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { healthStatuses, type HealthStatus } from '#infra/observability/health.ts';
import { processStatuses, type ProcessHealth } from '#infra/observability/operations.ts';
import { readReplicas } from '#infra/leases/followed-replicas.ts';
import { custodiansOf } from '#security/keyring/custodian-report.ts';
import { custodianStates } from '#security/keyring/custodian-state.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { operatorSubject, type Operator } from '../sessions/operators.ts';
import type { ShownPerson } from '../sessions/people.ts';
import { readTenantStates } from '../tenant-states.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';
import { listedTenantSchema, showTenant, tenantSchema } from './tenants.ts';

const tags = ['Operators'];
const healthStatus = z.enum(healthStatuses);
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
  /** What is wrong with it according to its responses: a refused password, a page instead of a response. */
  fault: z.string().nullable(),
  /** What it has, by its own account; null before a tenant has connected to it. */
  info: z
    .object({
      /** Of Lavalink. */
      version: z.string(),
      sources: z.array(z.string()),
      filters: z.array(z.string()),
      plugins: z.array(z.object({ name: z.string(), version: z.string() })),
    })
    .nullable()
    .default(null),
});
const healthSchema = z.object({
  /** The worst of all processes. */
  status: healthStatus,
  processes: z.array(
    z.object({
      name: z.string(),
      status: z.enum(processStatuses),
      causes: z.array(z.object({ name: z.string(), status: healthStatus, message: z.string().optional() })),
    }),
  ),
  /** Of each process that keeps keys: what it can do with them at their custodian, and since when. */
  custodians: z.array(
    z.object({
      process: z.string(),
      /** `no-answer`: or only with errors; `refuses`: the sign-in is not accepted, or lacks a right. */
      state: z.enum(custodianStates),
      since: z.iso.datetime(),
      message: z.string().optional(),
    }),
  ),
  /** Of gateway-proxy, one for each upstream; open: currently nothing is sent there. */
  breakers: z.array(z.object({ upstream: z.string(), status: healthStatus, message: z.string().optional() })),
  /** Lavalink nodes, as audio sees them. */
  nodes: z.array(nodeSchema),
});

const operatorSchema = z.object({
  /** Their Discord id. */
  id: z.string(),
  name: z.string(),
  avatarUrl: z.string().nullable(),
  addedAt: z.iso.datetime(),
  /** A subject, or `settings`. */
  addedBy: z.string(),
  /** Named in the settings file, and can only be removed there. */
  inSettings: z.boolean(),
});

const upstreamPrefix = 'upstream:';

/** For operators: every process with its causes, every tenant, and the other operators. */
export const operatorRoutes: ApiRoutes = (app, ports) => {
  listRoutes(app, ports);
  changeRoutes(app, ports);
  const { operations, pages, tenants, config } = ports;

  app.get(
    '/v1/operator/health',
    {
      config: { ...config, access: personOnly('health.read'), problems: [403] },
      schema: {
        operationId: 'readHealth',
        tags,
        summary:
          'Returns the health of every process, with causes, the custodians of keys, the circuit breakers and the Lavalink nodes',
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
        custodians: custodiansOf(processes),
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
        summary: 'Returns every tenant, oldest first, with the state of its bot',
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
                /** Its process; null if unknown. */
                instance: instanceStateSchema.omit({ layers: true }).nullable(),
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
      const read = await readTenantStates(ports.caller, await readReplicas(ports.database, 'discord-edge'));
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

const listRoutes: ApiRoutes = (app, { operators, people, pages, config }) => {
  app.get(
    '/v1/operators',
    {
      config: { ...config, access: personOnly('operator.read'), problems: [403] },
      schema: {
        operationId: 'listOperators',
        tags,
        summary: 'Returns the operators who sign in with Discord',
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(operatorSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const page = pages.open({ operation: 'listOperators' }, request.query, z.string());
      const { rows, nextCursor } = page.of(await operators.list(page), ({ userId }) => userId);
      const names = await people.show(rows.map(({ userId }) => operatorSubject(userId)));
      return { items: rows.map((row) => show(row, names)), nextCursor };
    },
  );
};

const changeRoutes: ApiRoutes = (app, { access, operators, people, config }) => {
  const audit = (request: FastifyRequest, userId: string, added: boolean) => () =>
    access.of(request).record({
      tenant: installationLog,
      kind: 'change',
      outcome: 'succeeded',
      target: operatorSubject(userId),
      detail: { added },
    });

  app.post(
    '/v1/operators',
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 409] },
      schema: {
        operationId: 'addOperator',
        tags,
        summary: 'Makes somebody an operator, effective from their next sign-in with Discord',
        body: z.strictObject({ id: snowflakeSchema }),
        response: { 201: operatorSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.body;
      const added = await operators.add(id, access.of(request).subject, audit(request, id, true));
      return reply.code(201).send(show(added, await people.show([operatorSubject(id)])));
    },
  );

  app.delete(
    '/v1/operators/:operator',
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 409] },
      schema: {
        operationId: 'removeOperator',
        tags,
        summary: 'Removes an operator and the API keys that they created as one. The last operator cannot be removed',
        params: z.object({ operator: snowflakeSchema }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { operator } = request.params;
      await operators.remove(operator, audit(request, operator, false));
      return reply.code(204).send(null);
    },
  );
};

const show = ({ userId, addedAt, addedBy, inSettings }: Operator, names: ReadonlyMap<string, ShownPerson>) => ({
  id: userId,
  name: names.get(operatorSubject(userId))?.name ?? userId,
  avatarUrl: names.get(operatorSubject(userId))?.avatarUrl ?? null,
  addedAt: addedAt.toISOString(),
  addedBy,
  inSettings,
});

function worstOf(processes: readonly ProcessHealth[]): HealthStatus {
  if (processes.some(({ status }) => status === 'unhealthy' || status === 'unreachable')) return 'unhealthy';
  return processes.some(({ status }) => status === 'degraded') ? 'degraded' : 'healthy';
}
