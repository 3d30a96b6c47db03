import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Jobs } from '#infra/jobs/jobs.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord } from '#security/audit/record.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { deliveryQueues, disable, excerptOf, type DeliveryJob } from './deliveries.ts';
import { openText, type Seal } from './endpoints.ts';
import { sendWebhook, type Answer, type WebhookRequest } from './request.ts';
import { givesUpAfterMs, nextAttemptAt } from './retries.ts';
import type { WebhookSettings } from '#services/contracts/webhook-settings.ts';

export interface AttemptPorts {
  readonly database: Pick<Database, 'inTenant'>;
  readonly envelope: Seal;
  readonly jobs: Pick<Jobs, 'add'>;
  readonly clock: Clock;
  readonly settings: WebhookSettings;
  /** Called after each attempt. */
  readonly attempted?: (outcome: 'delivered' | 'failed') => void;
}

interface Row {
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly body: string;
  readonly attempts: number;
  readonly since: Date;
  readonly url: Buffer;
  readonly secret: Buffer;
  readonly previous_secret: Buffer | null;
  readonly previous_until: Date | null;
}

/**
 * Attempts one delivery. An attempt is counted before it is made, and what came of it is stored with what follows from
 * it (the next attempt, a disabled endpoint): a process that is killed in between leaves a delivery that is attempted
 * again, with the same webhook-id. A delivery that has ended in the meantime is left alone.
 */
export async function attemptDelivery(ports: AttemptPorts, job: DeliveryJob, signal: AbortSignal): Promise<void> {
  const { tenant, delivery } = job;
  const { database, clock, settings } = ports;
  // Once more if values are sealed again meanwhile; without keys no attempt is made, and none is counted.
  const found = await acrossRotation(async () => {
    const row = await database.inTenant(tenant, (transaction) => read(transaction, tenant, delivery));
    return row && { row, request: await requestOf(ports, tenant, row) };
  });
  if (!found) return;
  const attempts = await database.inTenant(tenant, (transaction) => count(transaction, tenant, delivery));
  if (attempts === undefined) return;
  const answer = await sendWebhook(found.request, settings, { nowMs: clock.now(), signal });
  // A process that stops makes the attempt again at its next start, or another does.
  signal.throwIfAborted();
  const row = { ...found.row, attempts };
  await database.inTenant(tenant, (transaction) => store(ports, transaction, { tenant, row, answer }));
  ports.attempted?.(isDelivered(answer) ? 'delivered' : 'failed');
}

/** @returns how many attempts there are with this one; undefined if none is to be made any more */
async function count(transaction: Transaction, tenant: TenantId, delivery: string): Promise<number | undefined> {
  const { rows } = await transaction.query<{ attempts: number }>({
    name: 'webhook-attempt',
    text: `update webhook_delivery set attempts = attempts + 1
           where tenant_id = $1 and id = $2 and status = 'waiting' returning attempts`,
    values: [tenant, delivery],
  });
  return rows[0]?.attempts;
}

async function read(transaction: Transaction, tenant: TenantId, delivery: string): Promise<Row | undefined> {
  const { rows } = await transaction.query<Row>({
    name: 'webhook-delivery',
    text: `select d.id, d.endpoint_id, d.message_id, d.body, d.attempts, d.since, e.url, e.secret, e.previous_secret, e.previous_until
           from webhook_delivery d join webhook_endpoint e on e.tenant_id = d.tenant_id and e.id = d.endpoint_id
           where d.tenant_id = $1 and d.id = $2 and d.status = 'waiting'`,
    values: [tenant, delivery],
  });
  return rows[0];
}

async function requestOf({ envelope, clock }: AttemptPorts, tenant: TenantId, row: Row): Promise<WebhookRequest> {
  const endpoint = { ...row, id: row.endpoint_id };
  const { previous_secret: previous, previous_until: until } = row;
  const overlaps = previous !== null && until !== null && until.getTime() > clock.now();
  const [url, secret, before] = await Promise.all([
    openText(envelope, tenant, endpoint, 'url'),
    openText(envelope, tenant, endpoint, 'secret'),
    overlaps ? openText(envelope, tenant, { ...endpoint, previous_secret: previous }, 'previous_secret') : undefined,
  ]);
  const secrets = before === undefined ? [secret] : [secret, before];
  return { url, secrets, messageId: row.message_id, body: row.body };
}

const isDelivered = (answer: Answer): boolean => 'status' in answer && answer.status >= 200 && answer.status < 300;

/** What a receiver says when it wants nothing more (RFC 9110, 15.5.11). */
const isGone = (answer: Answer): boolean => 'status' in answer && answer.status === 410;

async function store(
  ports: AttemptPorts,
  transaction: Transaction,
  { tenant, row, answer }: { readonly tenant: TenantId; readonly row: Row; readonly answer: Answer },
): Promise<void> {
  const nowMs = ports.clock.now();
  const isOver = isDelivered(answer) || isGone(answer);
  const next = isOver ? undefined : nextAttemptAt({ attempts: row.attempts, sinceMs: row.since.getTime(), nowMs });
  const excerpt = isDelivered(answer) ? null : await sealedExcerpt(ports, transaction, { tenant, row, answer });
  const status = isDelivered(answer) ? 'delivered' : next === undefined ? 'failed' : 'waiting';
  const { rowCount } = await transaction.query(
    `update webhook_delivery set status = $3, next_attempt_at = $4, ended_at = $5, response_status = $6, excerpt = $7, fault = $8
     where tenant_id = $1 and id = $2 and status = 'waiting'`,
    [
      tenant,
      row.id,
      status,
      next === undefined ? null : new Date(next),
      next === undefined ? new Date(nowMs) : null,
      'status' in answer ? answer.status : null,
      excerpt,
      faultOf(answer),
    ],
  );
  // The endpoint was disabled or removed meanwhile.
  if (rowCount !== 1) return;
  if (isDelivered(answer)) return healthy(transaction, tenant, row.endpoint_id);
  await failing(ports, transaction, { tenant, id: row.endpoint_id, isGone: isGone(answer) });
  if (next !== undefined)
    await ports.jobs.add<DeliveryJob>(transaction, deliveryQueues.again, [
      { data: { tenant, delivery: row.id }, group: tenant, at: new Date(next) },
    ]);
}

/** What went well is not looked at, and would have to be sealed again with each rotation. */
async function sealedExcerpt(
  { envelope }: AttemptPorts,
  transaction: Transaction,
  { tenant, row, answer }: { readonly tenant: TenantId; readonly row: Row; readonly answer: Answer },
): Promise<Buffer | null> {
  if (!('status' in answer) || answer.excerpt === '') return null;
  await whileSealing(transaction, tenant);
  return Buffer.from(await envelope.seal(Buffer.from(answer.excerpt), excerptOf(tenant, row.id)));
}

function faultOf(answer: Answer): string | null {
  if ('fault' in answer) return answer.fault;
  if (isDelivered(answer)) return null;
  if (isGone(answer)) return 'The receiver wants no more events (410), so the webhook was disabled.';
  if (answer.status >= 300 && answer.status < 400)
    return `The receiver redirects (${answer.status}); redirects are not followed. Enter the address to which it leads.`;
  return `The receiver answered ${answer.status}; events count as received with a status from 200 to 299.`;
}

/** Written only when it changes: most deliveries succeed. */
const healthy = async (transaction: Transaction, tenant: TenantId, id: string): Promise<void> => {
  await transaction.query(
    'update webhook_endpoint set failing_since = null where tenant_id = $1 and id = $2 and failing_since is not null',
    [tenant, id],
  );
};

async function failing(
  { clock }: AttemptPorts,
  transaction: Transaction,
  endpoint: { readonly tenant: TenantId; readonly id: string; readonly isGone: boolean },
): Promise<void> {
  const { tenant, id } = endpoint;
  const nowMs = clock.now();
  const { rows } = await transaction.query<{ failing_since: Date; disabled_at: Date | null }>(
    `update webhook_endpoint set failing_since = coalesce(failing_since, $3) where tenant_id = $1 and id = $2
     returning failing_since, disabled_at`,
    [tenant, id, new Date(nowMs)],
  );
  const [row] = rows;
  if (!row || row.disabled_at !== null) return;
  const hasFailedForLong = nowMs - row.failing_since.getTime() >= givesUpAfterMs;
  if (!endpoint.isGone && !hasFailedForLong) return;
  const because = endpoint.isGone
    ? 'The receiver wants no more events (410).'
    : 'No attempt has succeeded for three days.';
  await disable(transaction, { tenant, id, nowMs, because });
  const record = auditRecord(
    {
      tenant,
      kind: 'change',
      action: 'webhook.write',
      outcome: 'succeeded',
      actor: { type: 'platform', id: 'worker' },
      requestId: newId('req', nowMs),
      target: `webhook:${id}`,
      reason: endpoint.isGone ? 'gone' : 'failed for three days',
      detail: { enabled: false },
    },
    nowMs,
  );
  await journal(transaction, [record]);
}
