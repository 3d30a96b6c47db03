import { randomBytes } from 'node:crypto';
import type { Transaction } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import { mayBeAsked } from '#infra/http/public-address.ts';
import { mostEndpoints, type Webhook, type WebhookChange, type WebhookChoices } from '#services/contracts/webhooks.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { whileSealing } from '#security/keyring/rotation.ts';

/** For how long the secret before signs too, so that a receiver can be changed at leisure. */
const overlapMs = 24 * 60 * 60_000;
const secretBytes = 32;

interface Row {
  readonly id: string;
  readonly url: Buffer;
  readonly description: string;
  readonly events: string[];
  readonly secret: Buffer;
  readonly previous_secret: Buffer | null;
  readonly previous_until: Date | null;
  readonly disabled_at: Date | null;
  readonly disabled_because: string | null;
  readonly failing_since: Date | null;
  readonly created_at: Date;
}

export type Seal = Pick<Envelope, 'seal' | 'open'>;

/** Where a tenant has events sent. Each function belongs to the caller's transaction, which is of the tenant. */
export interface Endpoints {
  list(transaction: Transaction, tenant: TenantId): Promise<Webhook[]>;
  /** @throws webhook.too-many (409), webhook.private-address (422) */
  create(
    transaction: Transaction,
    tenant: TenantId,
    choices: WebhookChoices,
  ): Promise<{ readonly webhook: Webhook; readonly secret: string }>;
  /** @throws webhook.unknown (404), webhook.private-address (422) */
  change(transaction: Transaction, tenant: TenantId, id: string, change: WebhookChange): Promise<Webhook>;
  /** A new secret; the one before signs as well for a day. @throws webhook.unknown (404) */
  rotate(
    transaction: Transaction,
    tenant: TenantId,
    id: string,
  ): Promise<{ readonly webhook: Webhook; readonly secret: string }>;
  /** With its deliveries. @throws webhook.unknown (404) */
  remove(transaction: Transaction, tenant: TenantId, id: string): Promise<void>;
}

export function createEndpoints(ports: {
  readonly envelope: Seal;
  readonly privateHosts: readonly string[];
  readonly now: () => number;
}): Endpoints {
  const { envelope, privateHosts, now } = ports;
  const sealed = async (tenant: TenantId, row: string, column: 'url' | 'secret', text: string) =>
    Buffer.from(await envelope.seal(Buffer.from(text), { tenant, table: 'webhook_endpoint', column, row }));
  const requireReachable = (url: string) => {
    if (mayBeAsked(new URL(url), privateHosts)) return;
    throw callerFault(
      'webhook.private-address',
      'The address is in a private network. Use an address on the public internet.',
      422,
    );
  };
  const shown = async (tenant: TenantId, row: Row): Promise<Webhook> => ({
    id: row.id,
    url: await openText(envelope, tenant, row, 'url'),
    description: row.description,
    events: row.events,
    enabled: row.disabled_at === null,
    disabledBecause: row.disabled_because,
    failingSince: row.failing_since?.toISOString() ?? null,
    previousSecretUntil:
      row.previous_until && row.previous_until.getTime() > now() ? row.previous_until.toISOString() : null,
    createdAt: row.created_at.toISOString(),
  });
  return {
    async list(transaction, tenant) {
      const { rows } = await transaction.query<Row>('select * from webhook_endpoint where tenant_id = $1 order by id', [
        tenant,
      ]);
      return Promise.all(rows.map((row) => shown(tenant, row)));
    },
    async create(transaction, tenant, { url, description, events }) {
      requireReachable(url);
      await whileSealing(transaction, tenant);
      await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`webhooks of ${tenant}`]);
      const { rowCount } = await transaction.query('select 1 from webhook_endpoint where tenant_id = $1', [tenant]);
      if ((rowCount ?? 0) >= mostEndpoints)
        throw callerFault(
          'webhook.too-many',
          `A tenant can have at most ${mostEndpoints} webhooks. Remove one first.`,
          409,
        );
      const [id, secret] = [newId('whk', now()), newSecret()];
      const { rows } = await transaction.query<Row>(
        `insert into webhook_endpoint (tenant_id, id, url, description, events, secret, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning *`,
        [
          tenant,
          id,
          await sealed(tenant, id, 'url', url),
          description,
          events,
          await sealed(tenant, id, 'secret', secret),
          new Date(now()),
        ],
      );
      return { webhook: await shown(tenant, only(rows)), secret };
    },
    async change(transaction, tenant, id, { url, description, events, enabled }) {
      if (url !== undefined) requireReachable(url);
      await whileSealing(transaction, tenant);
      const { rows } = await transaction.query<Row>(
        `update webhook_endpoint set url = coalesce($3, url), description = coalesce($4, description),
           events = coalesce($5, events),
           disabled_at = case $6::boolean when true then null when false then coalesce(disabled_at, $7) else disabled_at end,
           disabled_because = case $6::boolean when true then null
             when false then coalesce(disabled_because, 'Somebody disabled it.') else disabled_because end,
           failing_since = case when $6 then null else failing_since end
         where tenant_id = $1 and id = $2 returning *`,
        [
          tenant,
          id,
          url === undefined ? null : await sealed(tenant, id, 'url', url),
          description ?? null,
          events ?? null,
          enabled ?? null,
          new Date(now()),
        ],
      );
      return shown(tenant, only(rows));
    },
    async rotate(transaction, tenant, id) {
      await whileSealing(transaction, tenant);
      const { rows } = await transaction.query<Row>(
        'select * from webhook_endpoint where tenant_id = $1 and id = $2 for update',
        [tenant, id],
      );
      const before = await openText(envelope, tenant, only(rows), 'secret');
      const secret = newSecret();
      // Sealed for its new place: a sealed value opens in no other column.
      const previous = await envelope.seal(Buffer.from(before), {
        tenant,
        table: 'webhook_endpoint',
        column: 'previous_secret',
        row: id,
      });
      const { rows: rotated } = await transaction.query<Row>(
        `update webhook_endpoint set secret = $3, previous_secret = $4, previous_until = $5
         where tenant_id = $1 and id = $2 returning *`,
        [tenant, id, await sealed(tenant, id, 'secret', secret), Buffer.from(previous), new Date(now() + overlapMs)],
      );
      return { webhook: await shown(tenant, only(rotated)), secret };
    },
    async remove(transaction, tenant, id) {
      const { rowCount } = await transaction.query('delete from webhook_endpoint where tenant_id = $1 and id = $2', [
        tenant,
        id,
      ]);
      if (rowCount !== 1) throw unknownWebhook();
    },
  };
}

export const unknownWebhook = () => callerFault('webhook.unknown', 'There is no such webhook.', 404);

const newSecret = (): string => `whsec_${randomBytes(secretBytes).toString('base64')}`;

const only = (rows: readonly Row[]): Row => {
  const [row] = rows;
  if (!row) throw unknownWebhook();
  return row;
};

/** A sealed text of an endpoint. */
export async function openText<Column extends 'url' | 'secret' | 'previous_secret'>(
  envelope: Seal,
  tenant: TenantId,
  row: { readonly id: string } & { readonly [Name in Column]: Buffer },
  column: Column,
): Promise<string> {
  const opened = await envelope.open(row[column], { tenant, table: 'webhook_endpoint', column, row: row.id });
  return Buffer.from(opened).toString('utf8');
}
