import { z } from 'zod';
import { platformFault } from '#infra/kernel/errors.ts';
import { cloudEventSchema, cloudEventType } from './cloud-event.ts';
import type { JsonSchema } from './schema-compatibility.ts';

/** A schema of what is on Kafka, under the id that is on each message. Neither ever changes. */
export interface EventSchema {
  readonly id: number;
  /** The type of event. */
  readonly type: string;
  /** The name of what it describes (Confluent's RecordNameStrategy): a topic has events of several types. */
  readonly subject: string;
  /** From 1, for each subject. */
  readonly version: number;
  readonly schema: JsonSchema;
}

/** The schemas of a release. */
export class EventSchemas {
  readonly all: readonly EventSchema[];
  readonly #byId: ReadonlyMap<number, EventSchema>;

  /** @throws event-schemas.ambiguous, if two have one id or are one version */
  constructor(schemas: readonly EventSchema[]) {
    this.all = schemas.toSorted((one, other) => one.id - other.id);
    this.#byId = new Map(schemas.map((each) => [each.id, each]));
    const versions = new Set(schemas.map(({ subject, version }) => `${subject} ${version}`));
    if (this.#byId.size < schemas.length || versions.size < schemas.length)
      throw platformFault('event-schemas.ambiguous', 'Two schemas of events have one id or one version.');
  }

  find(id: number): EventSchema | undefined {
    return this.#byId.get(id);
  }

  /** In alphabetical order. */
  subjects(): string[] {
    return [...new Set(this.all.map(({ subject }) => subject))].toSorted();
  }

  /** The oldest first; none for a subject that is not known. */
  versionsOf(subject: string): EventSchema[] {
    return this.all.filter((each) => each.subject === subject).toSorted((one, other) => one.version - other.version);
  }

  /** By which events of this type are sent. @throws event-schemas.missing */
  latestOf(type: string): EventSchema {
    const latest = this.versionsOf(cloudEventType(type)).at(-1);
    if (latest) return latest;
    throw platformFault('event-schemas.missing', `Events of the type ${type} have no schema.`);
  }
}

export const eventSchema = (
  id: number,
  { type, version, schema }: Pick<EventSchema, 'type' | 'version' | 'schema'>,
): EventSchema => ({ id, type, subject: cloudEventType(type), version, schema });

/**
 * What is on Kafka of events of a type, as others read it: in draft 7, which every client of a registry knows, and open for
 * attributes that are added later.
 */
export function describeEvents(type: string, facts: z.ZodType): JsonSchema {
  const published = z.object({
    ...cloudEventSchema.shape,
    type: z.literal(cloudEventType(type)),
    // Zod's pattern for times may change, and is no part of what is promised.
    time: z.string().describe('RFC 3339, in UTC'),
    data: facts,
    // On Kafka, every event is signed.
    jws: cloudEventSchema.shape.jws.unwrap(),
  });
  const { $schema, ...schema } = z.toJSONSchema(published, { target: 'draft-7', io: 'input' });
  return JSON.parse(JSON.stringify({ $schema, title: cloudEventType(type), ...schema })) as JsonSchema;
}
