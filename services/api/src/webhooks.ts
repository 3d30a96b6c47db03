import { z } from 'zod';
import type { TenantId } from '#infra/kernel/ids.ts';
import { addressOf } from '#policies/addresses.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { Caller } from '#security/identity/caller.ts';
import {
  deliverySchema,
  webhookSchema,
  webhookWithSecretSchema,
  type Delivery,
  type Webhook,
  type WebhookChange,
  type WebhookChoices,
} from '#services/contracts/webhooks.ts';

/** Who asked, as the worker records it with the change. */
export type AskedBy = Pick<AuditRecord, 'actor' | 'requestId' | 'decision' | 'policyVersion' | 'rule' | 'detail'>;

type WithSecret = z.infer<typeof webhookWithSecretSchema>;

/** Tenants' webhooks, which the worker keeps and sends. Each throws what it throws (services/worker/src/webhooks). */
export interface TenantWebhooks {
  list(tenant: TenantId): Promise<readonly Webhook[]>;
  create(tenant: TenantId, webhook: WebhookChoices, by: AskedBy): Promise<WithSecret>;
  change(tenant: TenantId, id: string, change: WebhookChange, by: AskedBy): Promise<Webhook>;
  rotateSecret(tenant: TenantId, id: string, by: AskedBy): Promise<WithSecret>;
  remove(tenant: TenantId, id: string, by: AskedBy): Promise<void>;
  test(tenant: TenantId, id: string, by: AskedBy): Promise<Delivery>;
  deliveries(
    tenant: TenantId,
    id: string,
    page: { readonly after: string | undefined; readonly take: number; readonly status?: string | undefined },
  ): Promise<readonly Delivery[]>;
  replay(tenant: TenantId, id: string, delivery: string, by: AskedBy): Promise<Delivery>;
}

const listSchema = z.object({ items: z.array(webhookSchema) });
const deliveriesSchema = z.object({ items: z.array(deliverySchema) });

export function createTenantWebhooks({ caller }: { readonly caller: Caller }): TenantWebhooks {
  const path = '/v1/tenants/:tenant/webhooks';
  return {
    async list(tenant) {
      return (await caller.json(addressOf('worker', `GET ${path}`, { tenant }), listSchema)).items;
    },
    create: (tenant, webhook, by) =>
      caller.json(
        { ...addressOf('worker', `POST ${path}`, { tenant }), body: { by, webhook } },
        webhookWithSecretSchema,
      ),
    change: (tenant, any, change, by) =>
      caller.json(
        { ...addressOf('worker', `PATCH ${path}/:any`, { tenant, any }), body: { by, change } },
        webhookSchema,
      ),
    rotateSecret: (tenant, any, by) =>
      caller.json(
        { ...addressOf('worker', `POST ${path}/:any/secret`, { tenant, any }), body: { by } },
        webhookWithSecretSchema,
      ),
    async remove(tenant, any, by) {
      await caller.json(
        { ...addressOf('worker', `POST ${path}/:any/removal`, { tenant, any }), body: { by } },
        z.unknown(),
      );
    },
    test: (tenant, any, by) =>
      caller.json({ ...addressOf('worker', `POST ${path}/:any/test`, { tenant, any }), body: { by } }, deliverySchema),
    async deliveries(tenant, any, { after, take, status }) {
      const address = addressOf('worker', `GET ${path}/:any/deliveries`, { tenant, any });
      const query = new URLSearchParams({
        take: String(take),
        ...(after === undefined ? {} : { after }),
        ...(status === undefined ? {} : { status }),
      });
      return (await caller.json({ ...address, path: `${address.path}?${query.toString()}` }, deliveriesSchema)).items;
    },
    replay: (tenant, any, delivery, by) =>
      caller.json(
        { ...addressOf('worker', `POST ${path}/:any/replay`, { tenant, any }), body: { by, delivery } },
        deliverySchema,
      ),
  };
}
