import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { EventSchemas, eventSchema } from '#infra/streaming/event-schemas.ts';
import type { JsonSchema } from '#infra/streaming/schema-compatibility.ts';

const folder = path.join(import.meta.dirname, 'event-schemas');

/** The file of the schema that was published under each id. */
const publishedIdsSchema = z.record(
  z.string().regex(/^[1-9]\d{0,8}$/),
  z.strictObject({
    type: z.string(),
    version: z.number().int().positive(),
    /** SHA-256 of the file: what was published under an id stays what it was. */
    sha256: z.string(),
  }),
);
export type PublishedIds = z.infer<typeof publishedIdsSchema>;

export const schemaFile = (type: string, version: number): string => path.join(folder, `${type}.${version}.json`);
export const idsFile = path.join(folder, 'ids.json');

export const publishedIds = (): PublishedIds => publishedIdsSchema.parse(JSON.parse(readFileSync(idsFile, 'utf8')));

/** What this release sends to Kafka, and what earlier ones have sent, as the files in `event-schemas` say. */
export const publishedSchemas = (): EventSchemas =>
  new EventSchemas(
    Object.entries(publishedIds()).map(([id, { type, version }]) =>
      eventSchema(Number(id), {
        type,
        version,
        schema: JSON.parse(readFileSync(schemaFile(type, version), 'utf8')) as JsonSchema,
      }),
    ),
  );
