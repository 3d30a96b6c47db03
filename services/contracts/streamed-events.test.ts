import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { describeEvents } from '#infra/streaming/event-schemas.ts';
import { incompatibilities, type JsonSchema } from '#infra/streaming/schema-compatibility.ts';
import { idsFile, publishedIds, publishedSchemas, schemaFile, type PublishedIds } from './published-schemas.ts';
import { eventTopics, streamedFacts } from './streamed-events.ts';

const types = Object.keys(streamedFacts) as (keyof typeof streamedFacts)[];
const files = readdirSync(path.dirname(idsFile)).filter((name) => name !== path.basename(idsFile));
/** The published schemas of a type, the oldest first. */
const published = (type: string): JsonSchema[] =>
  files
    .filter((name) => name.startsWith(`${type}.`))
    .map((_name, index) => JSON.parse(readFileSync(schemaFile(type, index + 1), 'utf8')) as JsonSchema);

const current = (type: keyof typeof streamedFacts): JsonSchema => describeEvents(type, streamedFacts[type]);
const textOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/* A changed schema gets a file of its own, and in the next run with `-u` an id, which these write, except in CI: commit both. */
test.each(types)('the published schema of %s is what consumers get', async (type) => {
  const known = published(type);
  const version = isDeepStrictEqual(current(type), known.at(-1)) ? known.length : known.length + 1;
  await expect(textOf(current(type))).toMatchFileSnapshot(schemaFile(type, version));
});

test('every published schema has an id', async () => {
  const ids: PublishedIds = { ...publishedIds() };
  const taken = new Set(Object.values(ids).map(({ type, version }) => schemaFile(type, version)));
  let next = Math.max(0, ...Object.keys(ids).map(Number)) + 1;
  for (const type of types)
    for (let version = 1; version <= published(type).length; version += 1) {
      const file = schemaFile(type, version);
      if (taken.has(file)) continue;
      ids[next] = { type, version, sha256: digestOf(readFileSync(file, 'utf8')) };
      next += 1;
    }
  await expect(textOf(ids)).toMatchFileSnapshot(idsFile);
});

test('what was published under an id is still what it was', () => {
  const ids = Object.values(publishedIds());
  expect(ids.length).toBe(files.length);
  for (const { type, version, sha256 } of ids)
    expect(digestOf(readFileSync(schemaFile(type, version), 'utf8')), `${type}.${version}`).toBe(sha256);
});

test.each(types)('no schema of %s breaks those who read by another one', (type) => {
  const schemas = [...published(type), current(type)];
  for (const [index, earlier] of schemas.entries())
    for (const later of schemas.slice(index + 1)) expect(incompatibilities(earlier, later), type).toEqual([]);
});

test('a validator that knows nothing but draft 7 takes every schema', () => {
  for (const { schema } of publishedSchemas().all) expect(new Ajv().compile(schema)({})).toBe(false);
});

test('every topic is one that prepare.sh makes, and each of those is used', () => {
  const script = readFileSync(path.join(import.meta.dirname, '../../infra/deploy/kafka/prepare.sh'), 'utf8');
  const made = /^for topic in (?<topics>.*);/m.exec(script)?.groups?.['topics']?.split(' ') ?? [];
  expect(new Set(made)).toEqual(new Set(Object.values(eventTopics)));
});
