import { z } from 'zod';
import { tenantStatuses } from '#infra/database/tenant-status.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflakeSchema, type TenantId } from '#infra/kernel/ids.ts';
import { readReplicas } from '#infra/leases/followed-replicas.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { sessionStateSchema } from '#tenants/instance-protocol/session-state.ts';
import { inviteUrl } from '#tenants/application-check/invite-url.ts';
import type { Tenant } from '#tenants/tenant/tenant.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../if-match.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { botStateSchema, readTenantState, readTenantStates } from '../tenant-states.ts';
import { credentialSchema } from '../upstream.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, wordsSchema, type ApiPorts, type ApiRoutes } from './api-routes.ts';
import { shownName } from './shown-name.ts';

/** A tenant in responses. */
export const tenantSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(tenantStatuses),
  reason: z.string().nullable(),
  /** Who suspended it; only operators can resume what an operator suspended. */
  suspendedBy: z.string().nullable(),
  applicationId: z.string().nullable(),
  botUserId: z.string().nullable(),
  /** The bot's name in Discord when its token was last stored. */
  botUsername: z.string().nullable(),
  version: z.number().int(),
  createdAt: z.iso.datetime(),
});

/** In lists, with the state of its bot. */
export const listedTenantSchema = tenantSchema.extend({ state: botStateSchema });

const statusSchema = z.object({
  tenant: tenantSchema,
  /** The state of its bot. */
  state: botStateSchema,
  /** Its connection to Discord. */
  session: sessionStateSchema.nullable(),
  /** Its confined process. */
  instance: instanceStateSchema.nullable(),
  /** True once a member's command has been answered. */
  ready: z.boolean(),
  /** Where the bot is added to a server, at Discord; null before there is a bot. */
  inviteUrl: z.string().nullable(),
});

export const showTenant = (tenant: Tenant) => ({
  ...tenant,
  name: shownName(tenant),
  createdAt: tenant.createdAt.toISOString(),
});

/** The life cycle of a tenant: created, given a token, suspended, resumed, deleted. */
export const tenantRoutes: ApiRoutes = (app, ports) => {
  creation(app, ports);
  reading(app, ports);
  renaming(app, ports);
  tokens(app, ports);
  suspension(app, ports);
  deletion(app, ports);
};

const creation: ApiRoutes = (app, { access, tenants, config }) => {
  app.post(
    '/v1/tenants',
    {
      config: { ...config, access: personOnly('tenant.create'), problems: [403, 409] },
      schema: {
        operationId: 'createTenant',
        tags: ['Tenants'],
        summary: 'Creates a tenant with you as its owner',
        body: z.strictObject({ name: wordsSchema(80) }),
        response: { 201: tenantSchema },
      },
    },
    async (request, reply) => {
      const allowed = access.of(request);
      const { name } = request.body;
      const tenant = await tenants.create({ name, owner: allowed.subject }, (id) =>
        allowed.record({ tenant: id, kind: 'lifecycle', outcome: 'succeeded', detail: { name } }),
      );
      return reply.code(201).send(showTenant(tenant));
    },
  );
};

const reading: ApiRoutes = (app, ports) => {
  const { access, pages, tenants, config } = ports;

  app.get(
    '/v1/tenants',
    {
      config: { ...config, access: personOnly(), problems: [403] },
      schema: {
        operationId: 'listTenants',
        tags: ['Tenants'],
        summary: 'Returns the tenants that you may see, oldest first',
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(listedTenantSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const subject = await access.subjectOf(request);
      const isOperator = (await access.identityOf(request)).operator !== undefined;
      if (isOperator) await access.require(request, 'operator.read');
      const page = pages.open({ operation: 'listTenants', filter: [subject, isOperator] }, request.query, z.string());
      const found = await tenants.page({ ...page, ...(isOperator ? {} : { member: subject }) });
      const { rows, nextCursor } = page.of(found, ({ id }) => id);
      const read = await readTenantStates(ports.caller, await readReplicas(ports.database, 'discord-edge'));
      return { items: rows.map((tenant) => ({ ...showTenant(tenant), state: read(tenant).state })), nextCursor };
    },
  );

  app.get(
    inTenant,
    {
      config: { ...config, access: personOrKey('tenant.read'), problems: [502] },
      schema: {
        operationId: 'readTenant',
        tags: ['Tenants'],
        summary: 'Returns a tenant with the state of its connection to Discord and of its process',
        params: tenantParams,
        response: { 200: statusSchema },
      },
    },
    async (request, reply) => {
      const status = await statusOf(ports, request.params.tenant);
      return reply.header('etag', etagOf(status.tenant.version)).send(status);
    },
  );
};

const renaming: ApiRoutes = (app, { access, tenants, config }) => {
  app.patch(
    inTenant,
    {
      config: { ...config, access: personOnly('tenant.update'), problems: [409, 412, 428] },
      schema: {
        operationId: 'renameTenant',
        tags: ['Tenants'],
        summary: 'Renames a tenant. If-Match holds the ETag that you read',
        params: tenantParams,
        headers: ifMatchHeaders,
        body: z.strictObject({ name: wordsSchema(80) }),
        response: { 200: tenantSchema },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const { name } = request.body;
      const allowed = access.of(request);
      const renamed = await tenants.rename(tenant, { name, expected: expectedVersion(request) }, (before) =>
        allowed.record({ kind: 'change', outcome: 'succeeded', target: 'name', detail: { name, before } }),
      );
      return reply.header('etag', etagOf(renamed.version)).send(showTenant(renamed));
    },
  );
};

const tokens: ApiRoutes = (app, { access, bots, config }) => {
  app.put(
    `${inTenant}/token`,
    {
      config: { ...config, access: personOnly('tenant.update'), problems: [409, 422, 502] },
      schema: {
        operationId: 'storeToken',
        tags: ['Tenants'],
        summary: "Checks the Discord token, stores it encrypted, and starts the tenant's bot",
        params: tenantParams,
        body: z.strictObject({ token: z.string().min(1).max(200), applicationId: snowflakeSchema.optional() }),
        response: { 200: credentialSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      const credential = await bots.store(allowed, tenant, { ...request.body, sameApplication: true });
      await bots.start(allowed, tenant);
      return credential;
    },
  );
};

const suspension: ApiRoutes = (app, { access, bots, tenants, config }) => {
  app.post(
    `${inTenant}/suspend`,
    {
      config: { ...config, access: personOnly('tenant.suspend'), problems: [409, 502] },
      schema: {
        operationId: 'suspendTenant',
        tags: ['Tenants'],
        summary: 'Stops the bot until the tenant is resumed',
        params: tenantParams,
        body: z.strictObject({ reason: wordsSchema(300) }),
        response: { 200: tenantSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const { reason } = request.body;
      const allowed = access.of(request);
      const suspended = await tenants.suspend(tenant, { by: allowed.subject, reason }, () =>
        allowed.record({ kind: 'lifecycle', outcome: 'succeeded', reason }),
      );
      await bots.down(tenant);
      return showTenant(suspended);
    },
  );

  app.post(
    `${inTenant}/resume`,
    {
      config: { ...config, access: personOnly('tenant.resume'), problems: [409, 502] },
      schema: {
        operationId: 'resumeTenant',
        tags: ['Tenants'],
        summary: 'Starts the bot of a suspended tenant again',
        params: tenantParams,
        response: { 200: tenantSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      const resumed = await tenants.resume(tenant, () =>
        allowed.record({ kind: 'lifecycle', outcome: 'succeeded', target: 'resume' }),
      );
      await bots.start(allowed, tenant);
      return showTenant(resumed);
    },
  );
};

const deletion: ApiRoutes = (app, ports) => {
  const { access, deletions, offboardings, tenants, config } = ports;

  app.delete(
    inTenant,
    {
      config: { ...config, access: personOnly('tenant.delete'), problems: [409, 502] },
      schema: {
        operationId: 'deleteTenant',
        tags: ['Tenants'],
        summary:
          'Deletes a tenant. Its bot stops, and its token and key are destroyed. Its audit log is kept, for operators only. The header Deletion-Id names the deletion, whose certificate you can read. 202: not complete yet; the deletion continues by itself',
        params: tenantParams,
        response: { 202: z.object({ status: z.literal('deleting') }), 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      const record = (outcome: 'allowed' | 'succeeded') => allowed.record({ kind: 'lifecycle', outcome });
      await tenants.startDeletion(tenant, allowed.subject, () => record('allowed'));
      const deletion = await deletions.ofTenant(tenant);
      if (deletion) reply.header('deletion-id', deletion.id);
      const status = await offboardings.run(tenant, record('succeeded'));
      return status === 'done' ? reply.code(204).send(null) : reply.code(202).send({ status: 'deleting' });
    },
  );
};

async function statusOf(
  { caller, tenants, discordApiUrl }: ApiPorts,
  id: TenantId,
): Promise<z.input<typeof statusSchema>> {
  const tenant = await tenants.find(id);
  if (!tenant) throw callerFault('tenant.unknown', 'There is no such tenant.', 404);
  const read = await readTenantState(caller, tenant);
  const { applicationId } = tenant;
  return {
    tenant: showTenant(tenant),
    ...read,
    ready: read.state.kind === 'ready',
    inviteUrl: applicationId === null ? null : inviteUrl(discordApiUrl, applicationId),
  };
}
