import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { TenantId } from '#infra/kernel/ids.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { externalKeyOfferSchema } from '#security/keyring/external/settings.ts';
import { externalKeyStateSchema } from '../external-keys/external-key-state.ts';
import type { TenantExternalKeys } from '../external-keys/external-keys.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../if-match.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const path = `${inTenant}/keys/external`;
const target = 'external key';
const response = { 200: externalKeyStateSchema, 202: z.object({ status: z.literal('running') }) };

/** A key in the tenant's own Vault, without which nothing that is stored can be opened. */
export const externalKeyRoutes: ApiRoutes = (app, { access, externalKeys, journal, config }) => {
  app.get(
    path,
    {
      config: { ...config, access: personOrKey('key.read') },
      schema: {
        operationId: 'readExternalKey',
        tags: ['Keys'],
        summary: "Returns which key of the tenant's own Vault is used, and whether it works",
        params: tenantParams,
        response: { 200: externalKeyStateSchema },
      },
    },
    async (request, reply) => {
      const found = await externalKeys.read(request.params.tenant);
      return reply.header('etag', etagOf(found.version)).send(found);
    },
  );

  app.put(
    path,
    {
      config: { ...config, access: personOnly('key.external'), problems: [412, 422, 424, 428, 502] },
      schema: {
        operationId: 'setExternalKey',
        tags: ['Keys'],
        summary:
          "Has a transit key in the tenant's own Vault protect what is stored, together with the platform's keys, once it is proven to work. Without it nothing can be opened, and the bot stops. 202: not complete yet; it continues by itself",
        params: tenantParams,
        headers: ifMatchHeaders,
        body: externalKeyOfferSchema,
        response,
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      await requireCurrent(externalKeys, tenant, request);
      const { url, mount, key } = request.body;
      await journal.add(
        access.of(request).record({ kind: 'change', outcome: 'allowed', target, detail: { url, mount, key } }),
      );
      if ((await externalKeys.set(tenant, request.body)) === 'running')
        return reply.code(202).header('location', locationOf(tenant)).send({ status: 'running' });
      const found = await externalKeys.read(tenant);
      return reply.code(200).header('etag', etagOf(found.version)).send(found);
    },
  );

  app.delete(
    path,
    {
      config: { ...config, access: personOnly('key.external'), problems: [404, 412, 424, 428, 502] },
      schema: {
        operationId: 'removeExternalKey',
        tags: ['Keys'],
        summary:
          "Re-encrypts what is stored with the platform's keys alone, for which the tenant's own key must still work, and forgets that key. 202: not complete yet; it continues by itself",
        params: tenantParams,
        headers: ifMatchHeaders,
        response,
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      await requireCurrent(externalKeys, tenant, request);
      await journal.add(
        access.of(request).record({ kind: 'change', outcome: 'allowed', target, detail: { key: null } }),
      );
      if ((await externalKeys.remove(tenant)) === 'running')
        return reply.code(202).header('location', locationOf(tenant)).send({ status: 'running' });
      const found = await externalKeys.read(tenant);
      return reply.code(200).header('etag', etagOf(found.version)).send(found);
    },
  );

  for (const { verb, operationId, summary } of [
    {
      verb: 'retry',
      operationId: 'retryExternalKey',
      summary: 'Continues a change of the key that was given up. 202: not complete yet; it continues by itself',
    },
    {
      verb: 'abandon',
      operationId: 'abandonExternalKey',
      summary:
        'Goes back to the key, or to none, that was used before a change that was given up. 202: not complete yet; it continues by itself',
    },
  ] as const)
    app.post(
      `${path}/${verb}`,
      {
        config: { ...config, access: personOnly('key.external'), problems: [409, 424, 502] },
        schema: { operationId, tags: ['Keys'], summary, params: tenantParams, response },
      },
      async (request, reply) => {
        const { tenant } = request.params;
        await journal.add(
          access.of(request).record({ kind: 'change', outcome: 'allowed', target, detail: { change: verb } }),
        );
        if ((await externalKeys[verb](tenant)) === 'running')
          return reply.code(202).header('location', locationOf(tenant)).send({ status: 'running' });
        const found = await externalKeys.read(tenant);
        return reply.code(200).header('etag', etagOf(found.version)).send(found);
      },
    );
};

const locationOf = (tenant: TenantId): string => `/v1/tenants/${tenant}/keys/external`;

/** Whoever replaces or removes a key must have seen it; the first is set without If-Match. */
async function requireCurrent(
  externalKeys: TenantExternalKeys,
  tenant: TenantId,
  request: Pick<FastifyRequest, 'headers'>,
): Promise<void> {
  const { state, version } = await externalKeys.read(tenant);
  if (state === 'none' && request.headers['if-match'] === undefined) return;
  const expected = expectedVersion(request);
  if (expected === undefined || expected === version) return;
  throw callerFault(
    'external-key.conflict',
    'The key was changed in the meantime. Read it again and repeat the change.',
    412,
  );
}
