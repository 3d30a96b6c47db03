import type { Transaction } from '#infra/database/pool.ts';
import type { Jobs } from '#infra/jobs/jobs.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Delivery, WebhookEventType } from '#services/contracts/webhooks.ts';
import { unknownWebhook, type Seal } from './endpoints.ts';

/** What a job of the queue says: which delivery is to be attempted. */
export interface DeliveryJob {
  readonly tenant: TenantId;
  readonly delivery: string;
}

/** First attempts, and those at endpoints that fail: what hangs there does not keep the others waiting. */
export const deliveryQueues = { first: { name: 'webhook' }, again: { name: 'webhook-again' } } as const;

/** So many deliveries may wait for one endpoint; if there are more, it is disabled. */
const mostWaiting = 10_000;

/** Something that happened at a tenant, ready to be sent. */
export interface Message {
  /** The webhook-id: the same for each endpoint, attempt and repetition. */
  readonly id: string;
  readonly type: WebhookEventType;
  /** When it happened. */
  readonly at: Date;
  readonly data: object;
}

interface Row {
  readonly id: string;
  readonly message_id: string;
  readonly type: string;
  readonly body: string;
  readonly status: Delivery['status'];
  readonly attempts: number;
  readonly created_at: Date;
  readonly next_attempt_at: Date | null;
  readonly ended_at: Date | null;
  readonly response_status: number | null;
  readonly excerpt: Buffer | null;
  readonly fault: string | null;
}

/** What is on its way to a tenant's endpoints. Each function belongs to the caller's transaction, which is of the tenant. */
export interface Deliveries {
  /** Sends a message to every enabled endpoint that is subscribed to it; to each once, however often this is called. */
  readonly publish: (transaction: Transaction, tenant: TenantId, message: Message) => Promise<void>;
  /** Sends a test event to one endpoint, also if it is disabled. @throws webhook.unknown (404) */
  test(transaction: Transaction, tenant: TenantId, endpoint: string): Promise<Delivery>;
  /** Newest first. @throws webhook.unknown (404) */
  list(
    transaction: Transaction,
    tenant: TenantId,
    endpoint: string,
    page: { readonly after?: string | undefined; readonly take: number; readonly status?: string | undefined },
  ): Promise<Delivery[]>;
  /** Attempts a delivery again, whatever came of it. @throws webhook.unknown, webhook.unknown-delivery (404) */
  replay(transaction: Transaction, tenant: TenantId, endpoint: string, delivery: string): Promise<Delivery>;
}

export function createDeliveries(ports: {
  readonly envelope: Seal;
  readonly jobs: Pick<Jobs, 'add'>;
  readonly now: () => number;
}): Deliveries {
  const { envelope, jobs, now } = ports;
  const insert = async (transaction: Transaction, tenant: TenantId, endpoint: string, message: Message) => {
    const id = newId('whd', now());
    const { type, at, data } = message;
    const body = JSON.stringify({ type, timestamp: at.toISOString(), tenant, data });
    const { rows } = await transaction.query<Row>(
      `insert into webhook_delivery (tenant_id, id, endpoint_id, message_id, type, body, created_at, since, next_attempt_at)
       values ($1, $2, $3, $4, $5, $6, $7, $7, $7) on conflict do nothing returning *`,
      [tenant, id, endpoint, message.id, type, body, new Date(now())],
    );
    return rows[0];
  };
  const shown = (tenant: TenantId, row: Row) => show(envelope, tenant, row);
  return {
    async publish(transaction, tenant, message) {
      const { rows } = await transaction.query<{ id: string; failing: boolean }>({
        name: 'webhooks-of-event',
        text: `select id, failing_since is not null as failing from webhook_endpoint
               where tenant_id = $1 and disabled_at is null and $2 = any(events) order by id for share`,
        values: [tenant, message.type],
      });
      for (const { id, failing } of rows) {
        if (failing && (await disableIfTooMany(transaction, tenant, id, now()))) continue;
        const row = await insert(transaction, tenant, id, message);
        if (!row) continue;
        const queue = failing ? deliveryQueues.again : deliveryQueues.first;
        await jobs.add<DeliveryJob>(transaction, queue, [{ data: { tenant, delivery: row.id }, group: tenant }]);
      }
    },
    async test(transaction, tenant, endpoint) {
      await requireEndpoint(transaction, tenant, endpoint);
      const message = 'This is a test. Nothing has happened.';
      const at = new Date(now());
      const event = { id: newId('msg', now()), type: 'webhook.test', at, data: { message } } as const;
      const row = await insert(transaction, tenant, endpoint, event);
      if (!row) throw unknownWebhook();
      await jobs.add<DeliveryJob>(transaction, deliveryQueues.first, [
        { data: { tenant, delivery: row.id }, group: tenant },
      ]);
      return shown(tenant, row);
    },
    async list(transaction, tenant, endpoint, { after, take, status }) {
      await requireEndpoint(transaction, tenant, endpoint);
      const { rows } = await transaction.query<Row>(
        `select * from webhook_delivery where tenant_id = $1 and endpoint_id = $2
           and ($3::text is null or id < $3) and ($4::text is null or status = $4) order by id desc limit $5`,
        [tenant, endpoint, after ?? null, status ?? null, take],
      );
      return Promise.all(rows.map((row) => shown(tenant, row)));
    },
    async replay(transaction, tenant, endpoint, delivery) {
      await requireEndpoint(transaction, tenant, endpoint);
      const { rows } = await transaction.query<Row>(
        `update webhook_delivery set status = 'waiting', since = $4, next_attempt_at = $4, ended_at = null, attempts = 0
         where tenant_id = $1 and endpoint_id = $2 and id = $3 returning *`,
        [tenant, endpoint, delivery, new Date(now())],
      );
      const [row] = rows;
      if (!row)
        throw callerFault(
          'webhook.unknown-delivery',
          'There is no such delivery. Deliveries are kept for seven days.',
          404,
        );
      await jobs.add<DeliveryJob>(transaction, deliveryQueues.first, [{ data: { tenant, delivery }, group: tenant }]);
      return shown(tenant, row);
    },
  };
}

export const excerptOf = (tenant: TenantId, row: string) =>
  ({ tenant, table: 'webhook_delivery', column: 'excerpt', row }) as const;

async function requireEndpoint(transaction: Transaction, tenant: TenantId, id: string): Promise<void> {
  const { rowCount } = await transaction.query(
    'select 1 from webhook_endpoint where tenant_id = $1 and id = $2 for share',
    [tenant, id],
  );
  if (rowCount !== 1) throw unknownWebhook();
}

/** An endpoint that fails must not fill the database: it is disabled earlier than by time. */
async function disableIfTooMany(transaction: Transaction, tenant: TenantId, id: string, nowMs: number) {
  const { rows } = await transaction.query<{ waiting: number }>(
    `select count(*)::int as waiting from (select 1 from webhook_delivery
       where tenant_id = $1 and endpoint_id = $2 and status = 'waiting' limit $3) as first`,
    [tenant, id, mostWaiting],
  );
  if ((rows[0]?.waiting ?? 0) < mostWaiting) return false;
  await disable(transaction, { tenant, id, nowMs, because: `More than ${mostWaiting} events were waiting for it.` });
  return true;
}

/** Nothing is sent to an endpoint any more until somebody enables it; what waits can be replayed then. */
export async function disable(
  transaction: Transaction,
  { tenant, id, nowMs, because }: { tenant: TenantId; id: string; nowMs: number; because: string },
): Promise<void> {
  const at = new Date(nowMs);
  await transaction.query(
    `update webhook_endpoint set disabled_at = $3, disabled_because = $4
     where tenant_id = $1 and id = $2 and disabled_at is null`,
    [tenant, id, at, because],
  );
  await transaction.query(
    `update webhook_delivery set status = 'failed', ended_at = $3, next_attempt_at = null,
       fault = coalesce(fault, 'The webhook was disabled.')
     where tenant_id = $1 and endpoint_id = $2 and status = 'waiting'`,
    [tenant, id, at],
  );
}

async function show(envelope: Seal, tenant: TenantId, row: Row): Promise<Delivery> {
  const excerpt = row.excerpt && (await envelope.open(row.excerpt, excerptOf(tenant, row.id)));
  return {
    id: row.id,
    messageId: row.message_id,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    responseStatus: row.response_status,
    fault: row.fault,
    excerpt: excerpt && Buffer.from(excerpt).toString('utf8'),
    body: row.body,
  };
}
