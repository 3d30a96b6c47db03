import canonicalize from 'canonicalize';
import { z } from 'zod';
import { keyOf, streamedEventSchema, type StreamedEvent } from './streamed-event.ts';

/** Larger ones are neither sent nor parsed: facts are ids and numbers. */
export const maxCloudEventBytes = 256 * 1024;

/**
 * An event as a CloudEvent 1.0 in JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
 * `partitionkey` and `sequence` are documented extensions of CloudEvents; the others
 * are ours. The names of extensions may have lower-case letters and digits only (spec.md, Naming conventions).
 */
export const cloudEventSchema = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  /** SPIFFE id of the workload that sends it. */
  source: z.string().min(1).max(256),
  type: z.string(),
  /** The stream. */
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  tenant: z.string(),
  partitionkey: z.string(),
  /** The version of the stream. */
  sequence: z.string().regex(/^\d{1,10}$/),
  schemaversion: z.number().int(),
  transaction: z.string(),
  position: z.string(),
  data: z.record(z.string(), z.unknown()),
  /** Signature over the rest, see signing.ts. */
  jws: z.string().max(512).optional(),
});
export type CloudEvent = z.infer<typeof cloudEventSchema>;

const typePrefix = 'bailiwick.';
/** Of a type of event, as it is called outside. */
export const cloudEventType = (type: string): string => `${typePrefix}${type}`;

export const cloudEventOf = (event: StreamedEvent, source: string): CloudEvent => ({
  specversion: '1.0',
  id: event.id,
  source,
  type: cloudEventType(event.type),
  subject: event.stream,
  time: new Date(event.atMs).toISOString(),
  datacontenttype: 'application/json',
  tenant: event.tenant,
  partitionkey: keyOf(event),
  sequence: String(event.version),
  schemaversion: event.schemaVersion,
  transaction: event.place.transaction,
  position: event.place.position,
  data: event.facts,
});

/** What is signed: the event without its signature, in canonical JSON (RFC 8785). */
export const signedTextOf = (event: CloudEvent): string =>
  canonicalize(Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'jws'))) ?? '';

/** Undefined unless it is a CloudEvent of this platform. */
export function parseCloudEvent(bytes: Uint8Array): CloudEvent | undefined {
  if (bytes.byteLength > maxCloudEventBytes) return undefined;
  try {
    return cloudEventSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Undefined unless its attributes agree with each other. */
export function streamedEventOf(cloudEvent: CloudEvent): StreamedEvent | undefined {
  const { type, transaction, position } = cloudEvent;
  const { data: event } = streamedEventSchema.safeParse({
    tenant: cloudEvent.tenant,
    stream: cloudEvent.subject,
    version: Number(cloudEvent.sequence),
    atMs: Date.parse(cloudEvent.time),
    id: cloudEvent.id,
    place: { transaction, position },
    type: type.startsWith(typePrefix) ? type.slice(typePrefix.length) : '',
    schemaVersion: cloudEvent.schemaversion,
    facts: cloudEvent.data,
  });
  return event && keyOf(event) === cloudEvent.partitionkey ? event : undefined;
}
