import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { incompatibilities, type JsonSchema } from '#infra/streaming/testing/schema-compatibility.ts';
import { eventTopics, streamedFacts } from './streamed-events.ts';

const folder = path.join(import.meta.dirname, 'event-schemas');
const types = Object.keys(streamedFacts) as (keyof typeof streamedFacts)[];
const fileOf = (type: string, version: number) => path.join(folder, `${type}.${version}.json`);
/** The published schemas of a type, the oldest first. */
const published = (type: string): JsonSchema[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${type}.`))
    .map((_name, index) => JSON.parse(readFileSync(fileOf(type, index + 1), 'utf8')) as JsonSchema);

const current = (type: keyof typeof streamedFacts): JsonSchema => {
  const { $schema, ...schema } = z.toJSONSchema(streamedFacts[type], { io: 'input' });
  return JSON.parse(JSON.stringify({ $schema, title: type, ...schema })) as JsonSchema;
};

/* A changed schema gets a file of its own, which this writes, except in CI: commit it. */
test.each(types)('the published schema of %s is what consumers get', async (type) => {
  const known = published(type);
  const version = isDeepStrictEqual(current(type), known.at(-1)) ? known.length : known.length + 1;
  await expect(`${JSON.stringify(current(type), undefined, 2)}\n`).toMatchFileSnapshot(fileOf(type, version));
});

test.each(types)('no schema of %s breaks those who read by another one', (type) => {
  const schemas = [...published(type), current(type)];
  for (const [index, earlier] of schemas.entries())
    for (const later of schemas.slice(index + 1)) expect(incompatibilities(earlier, later), type).toEqual([]);
});

test('every topic is one that prepare.sh makes, and each of those is used', () => {
  const script = readFileSync(path.join(import.meta.dirname, '../../infra/deploy/kafka/prepare.sh'), 'utf8');
  const made = /^for topic in (?<topics>.*);/m.exec(script)?.groups?.['topics']?.split(' ') ?? [];
  expect(new Set(made)).toEqual(new Set(Object.values(eventTopics)));
});
