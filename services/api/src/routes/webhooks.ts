import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  deliveryIdSchema,
  deliverySchema,
  deliveryStatuses,
  webhookChangeSchema,
  webhookChoicesSchema,
  webhookSchema,
  webhookWithSecretSchema,
} from '#services/contracts/webhooks.ts';
import type { AccessControl } from '../access.ts';
import { personOrKey } from '../operation-access.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import type { AskedBy } from '../webhooks.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const tags = ['Webhooks'];
const all = `${inTenant}/webhooks`;
const one = `${all}/:webhook(^whk_[0-9a-z]{26}$)`;
const params = z.object({ ...tenantParams.shape, webhook: z.string() });
const access = { read: personOrKey('webhook.read'), write: personOrKey('webhook.write') };

/** Where a tenant has events sent, and what was sent. */
export const webhookRoutes: ApiRoutes = (app, ports) => {
  listing(app, ports);
  creation(app, ports);
  changes(app, ports);
  secrets(app, ports);
  removal(app, ports);
  tests(app, ports);
  deliveries(app, ports);
  replay(app, ports);
};

const listing: ApiRoutes = (app, { webhooks, config }) => {
  app.get(
    all,
    {
      config: { ...config, access: access.read },
      schema: {
        operationId: 'listWebhooks',
        tags,
        summary: "Returns the tenant's webhooks, at most ten",
        params: tenantParams,
        response: { 200: z.object({ items: z.array(webhookSchema) }) },
      },
    },
    async (request) => ({ items: [...(await webhooks.list(request.params.tenant))] }),
  );
};

const creation: ApiRoutes = (app, { access: control, webhooks, config }) => {
  app.post(
    all,
    {
      config: { ...config, access: access.write, problems: [409, 422] },
      schema: {
        operationId: 'createWebhook',
        tags,
        summary:
          'Has events sent to an address on the public internet, signed as https://www.standardwebhooks.com describes. The secret is shown only once',
        params: tenantParams,
        body: webhookChoicesSchema,
        response: { 201: webhookWithSecretSchema },
      },
    },
    async (request, reply) => {
      const created = await webhooks.create(request.params.tenant, request.body, by(control, request));
      return reply.code(201).header('cache-control', 'no-store').send(created);
    },
  );
};

const changes: ApiRoutes = (app, { access: control, webhooks, config }) => {
  app.patch(
    one,
    {
      config: { ...config, access: access.write, problems: [422] },
      schema: {
        operationId: 'changeWebhook',
        tags,
        summary:
          'Changes what is named: address, description, events. `enabled: true` begins anew after it was disabled',
        params,
        body: webhookChangeSchema,
        response: { 200: webhookSchema },
      },
    },
    (request) => {
      const { tenant, webhook } = request.params;
      return webhooks.change(tenant, webhook, request.body, by(control, request));
    },
  );
};

const secrets: ApiRoutes = (app, { access: control, webhooks, config }) => {
  app.post(
    `${one}/secret`,
    {
      config: { ...config, access: access.write },
      schema: {
        operationId: 'rotateWebhookSecret',
        tags,
        summary:
          'Replaces the secret, and shows the new one only once. For a day every request is signed with both, so that the receiver can be changed in the meantime',
        params,
        response: { 200: webhookWithSecretSchema },
      },
    },
    async (request, reply) => {
      const { tenant, webhook } = request.params;
      const rotated = await webhooks.rotateSecret(tenant, webhook, by(control, request));
      return reply.header('cache-control', 'no-store').send(rotated);
    },
  );
};

const removal: ApiRoutes = (app, { access: control, webhooks, config }) => {
  app.delete(
    one,
    {
      config: { ...config, access: access.write },
      schema: {
        operationId: 'removeWebhook',
        tags,
        summary: 'Removes a webhook with its deliveries; nothing more is sent there',
        params,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await webhooks.remove(request.params.tenant, request.params.webhook, by(control, request));
      return reply.code(204).send(null);
    },
  );
};

const tests: ApiRoutes = (app, { access: control, webhooks, config }) => {
  app.post(
    `${one}/test`,
    {
      config: { ...config, access: access.write },
      schema: {
        operationId: 'testWebhook',
        tags,
        summary: 'Sends a test event now. What comes of it is in the deliveries',
        params,
        response: { 202: deliverySchema },
      },
    },
    async (request, reply) => {
      const { tenant, webhook } = request.params;
      return reply.code(202).send(await webhooks.test(tenant, webhook, by(control, request)));
    },
  );
};

const deliveries: ApiRoutes = (app, { webhooks, pages, config }) => {
  app.get(
    `${one}/deliveries`,
    {
      config: { ...config, access: access.read },
      schema: {
        operationId: 'listWebhookDeliveries',
        tags,
        summary: 'Returns what was sent to a webhook in the last seven days and what came of it, newest first',
        params,
        querystring: pageQuery.extend({ status: z.enum(deliveryStatuses).optional() }),
        response: { 200: z.object({ items: z.array(deliverySchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant, webhook } = request.params;
      const { status, ...query } = request.query;
      const scope = { operation: 'listWebhookDeliveries', tenant, filter: [webhook, status ?? null] };
      const page = pages.open(scope, query, deliveryIdSchema);
      const found = await webhooks.deliveries(tenant, webhook, { after: page.after, take: page.take, status });
      const { rows, nextCursor } = page.of(found, ({ id }) => id);
      return { items: [...rows], nextCursor };
    },
  );
};

const replay: ApiRoutes = (app, { access: control, webhooks, config }) => {
  app.post(
    `${one}/deliveries/:delivery(^whd_[0-9a-z]{26}$)/replay`,
    {
      config: { ...config, access: access.write },
      schema: {
        operationId: 'replayWebhookDelivery',
        tags,
        summary: 'Sends an event once more, with the same webhook-id, whatever came of it before',
        params: params.extend({ delivery: z.string() }),
        response: { 202: deliverySchema },
      },
    },
    async (request, reply) => {
      const { tenant, webhook, delivery } = request.params;
      return reply.code(202).send(await webhooks.replay(tenant, webhook, delivery, by(control, request)));
    },
  );
};

/** For the worker's record of the change, which it stores with it. */
function by(control: Pick<AccessControl, 'of'>, request: FastifyRequest): AskedBy {
  const { actor, requestId, decision, policyVersion, rule, detail } = control
    .of(request)
    .record({ kind: 'change', outcome: 'succeeded' });
  return { actor, requestId, decision, policyVersion, rule, detail };
}
