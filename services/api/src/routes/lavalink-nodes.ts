import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { httpsOrLocalUrlSchema } from '#infra/config/urls.ts';
import { nodeIdSchema, voiceRegionsSchema } from '#infra/nodes/lavalink-node.ts';
import type { ProcessHealth } from '#infra/observability/operations.ts';
import { nodeDefinitionSchema } from '#security/keyring/sealed-node.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../if-match.ts';
import type { LavalinkNode } from '../lavalink-nodes.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const path = '/v1/operator/nodes/:node';
const params = z.object({ node: nodeIdSchema });

const nodeSchema = z.object({
  id: z.string(),
  /** Null for a node in the settings file. */
  url: z.string().nullable(),
  /** Discord's voice regions that it is near to; none: it serves all alike. */
  regions: z.array(z.string()),
  /** It gets no new players, and those that it has move to other nodes. */
  draining: z.boolean(),
  /** It can only be removed in the settings file. */
  inSettings: z.boolean(),
  /** For If-Match. */
  version: z.number().int(),
  addedBy: z.string().nullable(),
  addedAt: z.iso.datetime().nullable(),
  /** Players with music there; null while an audio service does not answer, or has not heard of the node yet. */
  players: z.number().int().nullable(),
});

/** For operators: Lavalink nodes are added, drained and removed while music plays. */
export const lavalinkNodeRoutes: ApiRoutes = (app, ports) => {
  const { lavalinkNodes, operations, access, config } = ports;

  const audit = (request: FastifyRequest, node: string, detail: Readonly<Record<string, boolean | string>>) => () =>
    access.of(request).record({
      tenant: installationLog,
      kind: 'change',
      outcome: 'succeeded',
      target: `lavalink-node:${node}`,
      detail,
    });
  const show = async (node: LavalinkNode) => shown(node, playersIn(await operations.health()));
  const send = async (reply: FastifyReply, node: LavalinkNode) => {
    void reply.header('etag', etagOf(node.version));
    return show(node);
  };

  app.get(
    '/v1/operator/nodes',
    {
      config: { ...config, access: personOnly('operator.read'), problems: [403] },
      schema: {
        operationId: 'listLavalinkNodes',
        tags,
        summary: 'Returns the Lavalink nodes, with how many players each has',
        response: { 200: z.object({ items: z.array(nodeSchema) }) },
      },
    },
    async () => {
      const [nodes, processes] = await Promise.all([lavalinkNodes.list(), operations.health()]);
      const players = playersIn(processes);
      return { items: nodes.map((node) => shown(node, players)) };
    },
  );

  app.post(
    '/v1/operator/nodes',
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 409] },
      schema: {
        operationId: 'addLavalinkNode',
        tags,
        summary: 'Adds a Lavalink node, which gets players from now on. Its password is sealed for gateway-proxy alone',
        body: z.strictObject({
          id: nodeIdSchema,
          url: httpsOrLocalUrlSchema,
          password: nodeDefinitionSchema.shape.password,
          trustPem: nodeDefinitionSchema.shape.trustPem,
          regions: voiceRegionsSchema.default([]),
        }),
        response: { 201: nodeSchema },
      },
    },
    async (request, reply) => {
      const { regions, ...definition } = request.body;
      const { id, url } = definition;
      const told = audit(request, id, { added: true, url });
      const added = await lavalinkNodes.add(definition, regions, access.of(request).subject, told);
      void reply.code(201);
      return send(reply, added);
    },
  );

  app.put(
    `${path}/draining`,
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 404, 412, 428] },
      schema: {
        operationId: 'drainLavalinkNode',
        tags,
        summary:
          'Drains a Lavalink node, or ends that: its music moves to other nodes without losing its place, and it gets no new players. It is empty when it has no players',
        params,
        headers: ifMatchHeaders,
        body: z.strictObject({ draining: z.boolean() }),
        response: { 200: nodeSchema },
      },
    },
    async (request, reply) => {
      const { node } = request.params;
      const { draining } = request.body;
      const { subject } = access.of(request);
      const told = audit(request, node, { draining });
      return send(reply, await lavalinkNodes.setDraining(node, draining, expectedVersion(request), subject, told));
    },
  );

  app.delete(
    path,
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 404, 409, 412, 428] },
      schema: {
        operationId: 'removeLavalinkNode',
        tags,
        summary:
          'Removes a Lavalink node that is being drained. Music that it still has goes on at another after some seconds',
        params,
        headers: ifMatchHeaders,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { node } = request.params;
      await lavalinkNodes.remove(node, expectedVersion(request), audit(request, node, { added: false }));
      return reply.code(204).send(null);
    },
  );
};

const factSchema = z.array(z.object({ node: z.string(), kept: z.number().int() }));

/** By node, the players of all audio services; undefined while one of them does not answer. */
function playersIn(processes: readonly ProcessHealth[]): ReadonlyMap<string, number> | undefined {
  const players = new Map<string, number>();
  for (const { facts } of processes.filter(({ name }) => /^audio(-\d+)?$/.test(name))) {
    const nodes = factSchema.safeParse(facts['lavalink']);
    if (!nodes.success) return undefined;
    for (const { node, kept } of nodes.data) players.set(node, (players.get(node) ?? 0) + kept);
  }
  return players;
}

const shown = (
  { addedAt, regions, ...node }: LavalinkNode,
  players: ReadonlyMap<string, number> | undefined,
): z.infer<typeof nodeSchema> => ({
  ...node,
  regions: [...regions],
  addedAt: addedAt?.toISOString() ?? null,
  players: players?.get(node.id) ?? null,
});
