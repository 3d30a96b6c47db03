import { z } from 'zod';
import { keyScopeNames } from '#policies/roles.ts';
import type { ApiKey } from '#tenants/tenant/api-keys.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOnly } from '../operation-access.ts';
import { inTenant, tenantParams, wordsSchema, type ApiRoutes } from './api-routes.ts';

const tags = ['API keys'];
const scopesSchema = z.array(z.enum(keyScopeNames));
const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: scopesSchema,
  /** The member whose permissions it has, within its scopes. */
  maker: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
const show = ({ id, name, scopes, maker, createdAt, expiresAt, lastUsedAt }: ApiKey) => ({
  id,
  name,
  scopes: [...scopes],
  maker,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

/** Keys for programs: `Authorization: Bearer bwk_…`. */
export const apiKeyRoutes: ApiRoutes = (app, ports) => {
  listing(app, ports);
  making(app, ports);
  removal(app, ports);
};

const listing: ApiRoutes = (app, { apiKeys, pages, config }) => {
  app.get(
    `${inTenant}/api-keys`,
    {
      config: { ...config, access: personOnly('apikey.read') },
      schema: {
        operationId: 'listApiKeys',
        tags,
        summary: "Returns the tenant's API keys, newest first",
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(keySchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const page = pages.open({ operation: 'listApiKeys', tenant }, request.query, z.string());
      const { rows, nextCursor } = page.of(await apiKeys.list(tenant, page), ({ id }) => id);
      return { items: rows.map(show), nextCursor };
    },
  );
};

const making: ApiRoutes = (app, { access, apiKeys, config }) => {
  app.post(
    `${inTenant}/api-keys`,
    {
      config: { ...config, access: personOnly('apikey.write'), problems: [409] },
      schema: {
        operationId: 'makeApiKey',
        tags,
        summary: 'Creates an API key. The key is shown only once and never allows more than you may do yourself',
        params: tenantParams,
        body: z.strictObject({
          name: wordsSchema(80),
          scopes: scopesSchema.min(1).max(keyScopeNames.length),
          expiresInDays: z.number().int().min(1).max(365),
        }),
        response: { 201: z.object({ ...keySchema.shape, key: z.string() }) },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const { name, expiresInDays } = request.body;
      const scopes = [...new Set(request.body.scopes)];
      const allowed = access.of(request);
      // Schemas are of no tenant: whatever reads them acts for an operator, who may be a member here, too.
      const { operator } = await access.identityOf(request);
      const maker = scopes.includes('event-schemas') ? (operator ?? allowed.subject) : allowed.subject;
      const { apiKey, key } = await apiKeys.make(tenant, { name, scopes, expiresInDays, maker }, ({ id }) =>
        allowed.record({
          kind: 'change',
          outcome: 'succeeded',
          target: `api-key:${id}`,
          detail: { name, scopes: scopes.join(' '), expiresInDays },
        }),
      );
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...show(apiKey), key });
    },
  );
};

const removal: ApiRoutes = (app, { access, apiKeys, config }) => {
  app.delete(
    `${inTenant}/api-keys/:key`,
    {
      config: { ...config, access: personOnly('apikey.write') },
      schema: {
        operationId: 'removeApiKey',
        tags,
        summary: 'Removes an API key, which stops working at once',
        params: z.object({ ...tenantParams.shape, key: z.string().regex(/^key_[0-9a-z]{26}$/) }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant, key } = request.params;
      const allowed = access.of(request);
      await apiKeys.remove(tenant, key, () =>
        allowed.record({ kind: 'change', outcome: 'succeeded', target: `api-key:${key}`, detail: { removed: true } }),
      );
      return reply.code(204).send(null);
    },
  );
};
