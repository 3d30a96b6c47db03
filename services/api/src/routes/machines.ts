import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import { leasedParts } from '#infra/leases/lease.ts';
import { machineSchema } from '#infra/leases/replica-settings.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import type { Machine } from '../machines/machines.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
/** Not `:tenant`: what operators do here is no matter of the tenant, nor of its grants. */
const ofTenant = '/v1/operator/tenants/:hosted';
const hosted = z.object({ hosted: tenantIdSchema });

const shownSchema = z.object({
  machine: z.string(),
  /** Its processes pass on what they do for tenants, and take nothing new. It is empty when none of its parts has a tenant. */
  draining: z.boolean(),
  drainedBy: z.string().nullable(),
  /** Those of which a process runs there. */
  parts: z.array(
    z.object({
      part: z.enum(leasedParts),
      processes: z.number().int(),
      /** For how many tenants it acts. */
      tenants: z.number().int(),
    }),
  ),
});

const placementSchema = z.object({
  parts: z.array(
    z.object({
      part: z.enum(leasedParts),
      /** Where it acts for the tenant; null while no process does. */
      machine: z.string().nullable(),
      /** The machine that an operator has chosen. */
      pinnedTo: z.string().nullable(),
    }),
  ),
  /** The machine to which the tenant is being moved. */
  movingTo: z.string().nullable(),
});

/** For operators: which machines there are, what runs on them, and moving tenants between them while music plays. */
export const machineRoutes: ApiRoutes = (app, ports) => {
  machines(app, ports);
  tenants(app, ports);
};

const machines: ApiRoutes = (app, { access, machines: known, config }) => {
  app.get(
    '/v1/operator/machines',
    {
      config: { ...config, access: personOnly('operator.read'), problems: [403] },
      schema: {
        operationId: 'listMachines',
        tags,
        summary:
          'Returns the machines of the platform, with the parts that run on each and for how many tenants they act',
        response: { 200: z.object({ items: z.array(shownSchema) }) },
      },
    },
    async () => ({ items: (await known.list()).map(shown) }),
  );

  app.put(
    '/v1/operator/machines/:machine/draining',
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 404, 409] },
      schema: {
        operationId: 'drainMachine',
        tags,
        summary:
          'Drains a machine, or ends that: its tenants move to other machines while their music plays, and it gets no new ones. It is empty when its parts have no tenants',
        params: z.object({ machine: machineSchema }),
        body: z.strictObject({ draining: z.boolean() }),
        response: { 200: shownSchema },
      },
    },
    async (request) => {
      const { machine } = request.params;
      const { draining } = request.body;
      const allowed = access.of(request);
      return shown(
        await known.setDraining(machine, draining, allowed.subject, () =>
          allowed.record({
            tenant: installationLog,
            kind: 'change',
            outcome: 'succeeded',
            target: `machine:${machine}`,
            detail: { draining },
          }),
        ),
      );
    },
  );
};

const tenants: ApiRoutes = (app, { access, machines: known, moves, config }) => {
  const audit = (
    request: FastifyRequest,
    tenant: string,
    event: Pick<AuditRecord, 'outcome'> & { readonly machine: string | null },
  ) => {
    const { outcome, machine } = event;
    const what = { tenant: installationLog, kind: 'change', target: `tenant:${tenant}`, detail: { machine } } as const;
    return () => access.of(request).record({ ...what, outcome });
  };

  app.get(
    `${ofTenant}/placement`,
    {
      config: { ...config, access: personOnly('operator.read'), problems: [403, 404] },
      schema: {
        operationId: 'readPlacement',
        tags,
        summary: "Returns the machines on which a tenant's bot, session and music run",
        params: hosted,
        response: { 200: placementSchema },
      },
    },
    async (request) => {
      const { hosted: tenant } = request.params;
      const [placement, movingTo] = await Promise.all([known.placement(tenant), moves.underway(tenant)]);
      if (!placement) throw callerFault('tenant.unknown', 'There is no such tenant.', 404);
      return { parts: leasedParts.map((part) => ({ part, ...placement[part] })), movingTo: movingTo ?? null };
    },
  );

  app.post(
    `${ofTenant}/move`,
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 404, 409] },
      schema: {
        operationId: 'moveTenant',
        tags,
        summary:
          'Moves a tenant to a machine while its music plays: its bot, its session, and then its players. If a part is not ready there, everything goes back. It stays on that machine until it is moved again or released. The workflow says how far it is',
        params: hosted,
        body: z.strictObject({ machine: machineSchema }),
        response: { 202: z.object({ workflow: z.string() }) },
      },
    },
    async (request, reply) => {
      const { hosted: tenant } = request.params;
      const { machine } = request.body;
      const workflow = await moves.begin(tenant, machine, audit(request, tenant, { outcome: 'allowed', machine }));
      return reply.code(202).send({ workflow });
    },
  );

  app.delete(
    `${ofTenant}/placement`,
    {
      config: { ...config, access: personOnly('operator.write'), problems: [403, 404, 409] },
      schema: {
        operationId: 'releasePlacement',
        tags,
        summary: 'Releases a tenant that was moved to a machine: it may run wherever there is room again',
        params: hosted,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { hosted: tenant } = request.params;
      await moves.unpin(tenant, audit(request, tenant, { outcome: 'succeeded', machine: null }));
      return reply.code(204).send(null);
    },
  );
};

const shown = ({ parts, ...machine }: Machine): z.infer<typeof shownSchema> => ({ ...machine, parts: [...parts] });
