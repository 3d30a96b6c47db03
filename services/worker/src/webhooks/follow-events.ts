import { z } from 'zod';
import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { policyChangedSchema } from '#policies/policy-events.ts';
import { keyRotatedSchema } from '#security/keyring/key-events.ts';
import type { WebhookEvent } from '#services/contracts/webhooks.ts';
import type { StreamedEvent } from '#infra/streaming/streamed-event.ts';
import { credentialEventSchemas } from '#tenants/credential/credential-events.ts';
import { botFailedSchema } from '#tenants/instance-protocol/instance-events.ts';
import { tenantEventSchemas } from '#tenants/tenant/tenant-events.ts';
import type { Message } from './deliveries.ts';

/** The events of the event store that webhooks tell of. */
export const followedTypes = [
  'TrackStarted',
  'TrackEnded',
  'PolicyChanged',
  'KeyRotated',
  'BotFailed',
  'TenantSuspended',
  'CredentialRefused',
] as const;

/** What the worker needs of them; the rest is sealed for others. */
const trackStartedSchema = z.object({ entryId: z.string() });
const { TenantSuspended: tenantSuspendedSchema } = tenantEventSchemas;
const { CredentialRefused: credentialRefusedSchema } = credentialEventSchemas;
const sessionStream = /^music-session\/(?<guild>\d+)$/;

/** Sends what has happened to the endpoints of the tenants concerned, in the transaction in which it was read. */
export async function publishEvents(
  transaction: Transaction,
  events: readonly StreamedEvent[],
  publish: (transaction: Transaction, tenant: TenantId, message: Message) => Promise<void>,
): Promise<void> {
  const listening = await tenantsWithEndpoints(transaction, [...new Set(events.map(({ tenant }) => tenant))]);
  for (const event of events) {
    if (!listening.has(event.tenant)) continue;
    const told = await toldOf(transaction, event);
    if (!told) continue;
    const { type, data } = told;
    await publish(transaction, event.tenant, { id: messageIdOf(event), type, at: new Date(event.atMs), data });
  }
}

/** Of the event, so that it is the same however often the event is read. */
const messageIdOf = ({ id }: StreamedEvent): string => id.replace(/^evt_/, 'msg_');

/** Most tenants have none: one question for all events of a batch. */
async function tenantsWithEndpoints(
  transaction: Transaction,
  tenants: readonly TenantId[],
): Promise<ReadonlySet<string>> {
  const { rows } = await transaction.query<{ tenant_id: string }>({
    name: 'tenants-with-webhooks',
    text: 'select distinct tenant_id from webhook_endpoint where tenant_id = any($1) and disabled_at is null',
    values: [tenants],
  });
  return new Set(rows.map(({ tenant_id: tenant }) => tenant));
}

async function toldOf(transaction: Transaction, event: StreamedEvent): Promise<WebhookEvent | undefined> {
  const { type, facts, stream } = event;
  const guild = sessionStream.exec(stream)?.groups?.['guild'];
  switch (type as (typeof followedTypes)[number]) {
    case 'TrackStarted':
      return guild === undefined
        ? undefined
        : { type: 'track.started', data: { guild, entry: trackStartedSchema.parse(facts).entryId } };
    case 'TrackEnded':
      if (guild === undefined || (await isFollowed(transaction, event))) return undefined;
      return { type: 'queue.ended', data: { guild } };
    case 'PolicyChanged':
      return { type: 'policy.changed', data: policyChangedSchema.parse(facts) };
    case 'KeyRotated':
      return { type: 'key.rotated', data: keyRotatedSchema.parse(facts) };
    case 'BotFailed':
      return { type: 'bot.unwell', data: botFailedSchema.parse(facts) };
    case 'TenantSuspended':
      return { type: 'tenant.suspended', data: tenantSuspendedSchema.pick({ suspendedAs: true }).parse(facts) };
    case 'CredentialRefused':
      return { type: 'credential.refused', data: credentialRefusedSchema.parse(facts) };
  }
}

/** Whether the change that ended the track has another one played: then the queue has not ended. */
async function isFollowed(transaction: Transaction, { tenant, stream, version, place }: StreamedEvent) {
  const { rowCount } = await transaction.query({
    name: 'track-followed',
    text: `select 1 from event where tenant_id = $1 and stream = $2 and version > $3 and transaction = $4
             and type = 'TrackOrdered' limit 1`,
    values: [tenant, stream, version, place.transaction],
  });
  return rowCount === 1;
}
