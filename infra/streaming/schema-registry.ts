import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import { parseBoundedJson } from '#infra/kernel/bounded-json.ts';
import { callerFault, hasCode, type BailiwickError } from '#infra/kernel/errors.ts';
import type { EventSchema, EventSchemas } from './event-schemas.ts';
import { incompatibilities, type JsonSchema } from './schema-compatibility.ts';

/** As programs send a schema. */
export interface GivenSchema {
  /** The text of a JSON Schema. */
  readonly schema: string;
  readonly schemaType: string;
}

/** Readers of every release understand what every other one has written; a test refuses any other change. */
export const compatibilityLevel = 'FULL_TRANSITIVE';

/** What refusals are called by a registry of Confluent's: https://docs.confluent.io/platform/current/schema-registry/develop/api.html */
export const registryErrorCodes: Readonly<Record<string, number>> = {
  'event-schemas.unknown-subject': 40401,
  'event-schemas.unknown-version': 40402,
  'event-schemas.unknown-schema': 40403,
  'event-schemas.invalid-schema': 42201,
  'event-schemas.invalid-version': 42202,
  'event-schemas.read-only': 42205,
};

/** Answers as a registry of Confluent's does, of which nothing can be changed: schemas come with a release. */
export class SchemaRegistry {
  readonly #schemas: EventSchemas;

  constructor(schemas: EventSchemas) {
    this.#schemas = schemas;
  }

  subjects(): string[] {
    return this.#schemas.subjects();
  }

  /** @throws event-schemas.unknown-schema */
  byId(id: string): EventSchema {
    const found = /^\d{1,10}$/.test(id) ? this.#schemas.find(Number(id)) : undefined;
    if (found) return found;
    throw unknown('schema', `Schema ${id} not found`);
  }

  /** The oldest first. @throws event-schemas.unknown-subject */
  versionsOf(subject: string): EventSchema[] {
    const versions = this.#schemas.versionsOf(subject);
    if (versions.length > 0) return versions;
    throw unknown('subject', `Subject '${subject}' not found.`);
  }

  /**
   * @param version its number, or `latest`, which is also called -1
   * @throws event-schemas.unknown-subject, unknown-version, invalid-version
   */
  version(subject: string, version: string): EventSchema {
    const isLatest = version === 'latest' || version === '-1';
    if (!isLatest && !/^[1-9]\d{0,8}$/.test(version))
      throw callerFault(
        'event-schemas.invalid-version',
        `The specified version '${version}' is not a valid version id. Name one from 1, or latest.`,
        422,
      );
    const versions = this.versionsOf(subject);
    const found = isLatest ? versions.at(-1) : versions.find((each) => each.version === Number(version));
    if (found) return found;
    throw unknown('version', `Version ${version} not found.`);
  }

  /** The version that a schema is. @throws event-schemas.unknown-subject, unknown-schema, invalid-schema */
  registered(subject: string, given: GivenSchema): EventSchema {
    const versions = this.versionsOf(subject);
    const schema = parsed(given);
    const found = versions.find((each) => isDeepStrictEqual(each.schema, schema));
    if (found) return found;
    throw unknown('schema', `This schema is no version of subject '${subject}'.`);
  }

  /**
   * What somebody registers who may have it already.
   * @throws event-schemas.read-only for a new one, and as `registered`
   */
  register(subject: string, given: GivenSchema): EventSchema {
    try {
      return this.registered(subject, given);
    } catch (error) {
      if (!hasCode(error, 'event-schemas.unknown-schema') && !hasCode(error, 'event-schemas.unknown-subject'))
        throw error;
      throw callerFault(
        'event-schemas.read-only',
        `Subject '${subject}' is in read-only mode: the platform's schemas come with its releases.`,
        422,
      );
    }
  }

  /**
   * Why a schema and those of these versions cannot be read by each other's readers; empty if they can.
   * @throws event-schemas.invalid-schema
   */
  incompatibilities(versions: readonly EventSchema[], given: GivenSchema): string[] {
    const schema = parsed(given);
    return versions.flatMap((each) =>
      incompatibilities(each.schema, schema).map((why) => `version ${each.version}: ${why}`),
    );
  }
}

const unknown = (what: 'subject' | 'version' | 'schema', message: string): BailiwickError =>
  callerFault(`event-schemas.unknown-${what}`, message, 404);

const invalid = (message: string): BailiwickError => callerFault('event-schemas.invalid-schema', message, 422);

/** @throws event-schemas.invalid-schema */
function parsed({ schema, schemaType }: GivenSchema): JsonSchema {
  if (schemaType !== 'JSON') throw invalid(`Every schema here is of the type JSON, not ${schemaType}.`);
  const value = readJson(schema);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isSchema(value))
    throw invalid('The schema is not a valid JSON Schema of draft 7.');
  return value as JsonSchema;
}

function readJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined;
  }
}

/** By the meta-schema; nothing of what was sent is compiled. */
function isSchema(value: object): boolean {
  try {
    return new Ajv({ logger: false }).validateSchema(value) === true;
  } catch {
    // Of another draft.
    return false;
  }
}
