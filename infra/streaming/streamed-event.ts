import { z } from 'zod';
import type { RecordedEvent } from '#infra/event-store/event-store.ts';
import { tenantIdSchema } from '#infra/kernel/ids.ts';

/**
 * What consumers get of an event, whatever carries it. What tells of a person is sealed and never leaves the event store:
 * outside, it could be neither erased nor sealed anew.
 */
export type StreamedEvent = Omit<RecordedEvent, 'sealed' | 'sealedBy' | 'snapshot'>;

const number = z.string().regex(/^\d{1,19}$/);

/** Of an event that comes from somewhere else than the event store. */
export const streamedEventSchema: z.ZodType<StreamedEvent> = z.strictObject({
  tenant: tenantIdSchema,
  stream: z.string().min(1).max(200),
  version: z.number().int().positive(),
  atMs: z.number().int().nonnegative(),
  id: z.string().regex(/^evt_[0-9a-hjkmnp-tv-z]{26}$/),
  place: z.strictObject({ transaction: number, position: number }),
  type: z.string().regex(/^[A-Za-z]{1,64}$/),
  schemaVersion: z.number().int().positive(),
  facts: z.record(z.string(), z.unknown()),
});

export const streamed = (event: RecordedEvent | StreamedEvent): StreamedEvent => ({
  tenant: event.tenant,
  stream: event.stream,
  version: event.version,
  atMs: event.atMs,
  id: event.id,
  place: event.place,
  type: event.type,
  schemaVersion: event.schemaVersion,
  facts: event.facts,
});

const guildStream = /\/(?<guild>\d{1,20})$/;

/** Events with the same key stay in their order: those of a tenant's guild, and those of the tenant that are of no guild. */
export const keyOf = ({ tenant, stream }: Pick<StreamedEvent, 'tenant' | 'stream'>): string => {
  const guild = guildStream.exec(stream)?.groups?.['guild'];
  return guild === undefined ? tenant : `${tenant}/${guild}`;
};
