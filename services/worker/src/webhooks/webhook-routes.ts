import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord, auditRecordSchema, type AuditRecord } from '#security/audit/record.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { acrossRotation } from '#security/keyring/rotation.ts';
import {
  deliveryIdSchema,
  deliveryStatuses,
  webhookChangeSchema,
  webhookChoicesSchema,
  webhookIdSchema,
} from '#services/contracts/webhooks.ts';
import type { Deliveries } from './deliveries.ts';
import type { Endpoints } from './endpoints.ts';

export interface WebhookRoutesPorts {
  readonly database: Pick<Database, 'inTenant'>;
  readonly envelope: Pick<Envelope, 'prepare'>;
  readonly endpoints: Endpoints;
  readonly deliveries: Deliveries;
  readonly clock: Clock;
}

/** Who asked the api, for the record of the change. */
const bySchema = auditRecordSchema.pick({
  actor: true,
  requestId: true,
  decision: true,
  policyVersion: true,
  rule: true,
  detail: true,
});
const askedSchema = z.strictObject({ by: bySchema });
const pageSchema = z.object({
  after: deliveryIdSchema.optional(),
  take: z.coerce.number().int().min(1).max(101),
  status: z.enum(deliveryStatuses).optional(),
});

const path = '/v1/tenants/:tenant/webhooks';

/** A tenant's webhooks, for the api: this process alone can open their secrets. */
export function webhookRoutes(app: HttpApp, ports: WebhookRoutesPorts): void {
  const { database, envelope, endpoints, deliveries } = ports;
  const read = { config: { action: 'webhook.read' }, exposeHeadRoute: false } as const;
  const write = { config: { action: 'webhook.write' } } as const;
  const within = <Result>(tenant: TenantId, work: (transaction: Transaction) => Promise<Result>) =>
    acrossRotation(() => database.inTenant(tenant, work));
  const changing = async <Result>(tenant: TenantId, work: (transaction: Transaction) => Promise<Result>) => {
    await envelope.prepare(tenant);
    return within(tenant, work);
  };
  const record = (transaction: Transaction, change: Change) =>
    journal(transaction, [recordOf(change, ports.clock.now())]);

  app.get(path, read, async (request) => {
    const tenant = tenantOf(request);
    return { items: await within(tenant, (transaction) => endpoints.list(transaction, tenant)) };
  });

  app.post(path, write, (request) => {
    const tenant = tenantOf(request);
    const { by, webhook } = bodyOf(request, askedSchema.extend({ webhook: webhookChoicesSchema }));
    return changing(tenant, async (transaction) => {
      const created = await endpoints.create(transaction, tenant, webhook);
      const detail = { host: new URL(webhook.url).host, events: webhook.events.join(' ') };
      await record(transaction, { tenant, id: created.webhook.id, by, detail });
      return { ...created.webhook, secret: created.secret };
    });
  });

  app.patch(`${path}/:any`, write, (request) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const { by, change } = bodyOf(request, askedSchema.extend({ change: webhookChangeSchema }));
    return changing(tenant, async (transaction) => {
      const changed = await endpoints.change(transaction, tenant, id, change);
      const { url, events, enabled, description } = change;
      const detail = {
        ...(url === undefined ? {} : { host: new URL(url).host }),
        ...(events === undefined ? {} : { events: events.join(' ') }),
        ...(enabled === undefined ? {} : { enabled }),
        ...(description === undefined ? {} : { described: true }),
      };
      await record(transaction, { tenant, id, by, detail });
      return changed;
    });
  });

  app.post(`${path}/:any/removal`, write, async (request, reply) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const { by } = bodyOf(request, askedSchema);
    await within(tenant, async (transaction) => {
      await endpoints.remove(transaction, tenant, id);
      await record(transaction, { tenant, id, by, detail: { removed: true } });
    });
    return reply.code(204).send();
  });

  app.post(`${path}/:any/secret`, write, (request) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const { by } = bodyOf(request, askedSchema);
    return changing(tenant, async (transaction) => {
      const { webhook, secret } = await endpoints.rotate(transaction, tenant, id);
      await record(transaction, { tenant, id, by, detail: { secret: 'rotated' } });
      return { ...webhook, secret };
    });
  });

  app.post(`${path}/:any/test`, write, (request) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const { by } = bodyOf(request, askedSchema);
    return changing(tenant, async (transaction) => {
      const delivery = await deliveries.test(transaction, tenant, id);
      await record(transaction, { tenant, id, by, detail: { tested: delivery.id } });
      return delivery;
    });
  });

  app.get(`${path}/:any/deliveries`, read, async (request) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const page = pageSchema.safeParse(request.query);
    if (!page.success) throw callerFault('http.invalid', 'The query is invalid.', 400);
    return { items: await within(tenant, (transaction) => deliveries.list(transaction, tenant, id, page.data)) };
  });

  app.post(`${path}/:any/replay`, write, (request) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const { by, delivery } = bodyOf(request, askedSchema.extend({ delivery: deliveryIdSchema }));
    return changing(tenant, async (transaction) => {
      const replayed = await deliveries.replay(transaction, tenant, id, delivery);
      await record(transaction, { tenant, id, by, detail: { replayed: delivery } });
      return replayed;
    });
  });
}

function idOf(request: FastifyRequest): string {
  const id = webhookIdSchema.safeParse((request.params as { any?: unknown }).any);
  if (id.success) return id.data;
  throw callerFault('webhook.unknown', 'There is no such webhook.', 404);
}

interface Change {
  readonly tenant: TenantId;
  readonly id: string;
  readonly by: z.infer<typeof bySchema>;
  readonly detail: NonNullable<AuditRecord['detail']>;
}

const recordOf = ({ tenant, id, by, detail }: Change, nowMs: number): AuditRecord =>
  auditRecord(
    {
      tenant,
      kind: 'change',
      action: 'webhook.write',
      outcome: 'succeeded',
      target: `webhook:${id}`,
      ...by,
      detail: { ...by.detail, ...detail },
    },
    nowMs,
  );
