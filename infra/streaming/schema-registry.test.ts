import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeEvents, eventSchema, EventSchemas } from './event-schemas.ts';
import { SchemaRegistry } from './schema-registry.ts';
import { frame, unframe } from './wire-format.ts';

const played = (id: number, version: number, facts: z.ZodType) =>
  eventSchema(id, { type: 'Played', version, schema: describeEvents('Played', facts) });
const first = played(3, 1, z.object({ number: z.int() }));
const second = played(7, 2, z.object({ number: z.int(), note: z.string().optional() }));
const other = eventSchema(5, { type: 'Ended', version: 1, schema: describeEvents('Ended', z.object({})) });
const registry = new SchemaRegistry(new EventSchemas([second, other, first]));
const subject = 'bailiwick.Played';
const given = (schema: unknown, schemaType = 'JSON') => ({ schema: JSON.stringify(schema), schemaType });
const refusal = (what: string) => expect.objectContaining({ code: `event-schemas.${what}` });

test('a message begins with a zero and the id of its schema, the highest byte first', () => {
  const framed = frame(0x01020304, Buffer.from('{}'));
  expect([...framed]).toEqual([0, 1, 2, 3, 4, 0x7b, 0x7d]);
  // Wherever in memory it is.
  const inside = Buffer.concat([Buffer.from('xxx'), framed]).subarray(3);
  expect(unframe(inside)).toEqual({ schemaId: 0x01020304, payload: Buffer.from('{}') });
  for (const bad of [Buffer.alloc(0), Buffer.from([0, 0, 0, 1]), Buffer.from('{"specversion":"1.0"}')])
    expect(unframe(bad)).toBeUndefined();
});

test('what is sent has the newest schema of its type', () => {
  const schemas = new EventSchemas([second, other, first]);
  expect(schemas.latestOf('Played').id).toBe(7);
  expect(() => schemas.latestOf('Lost')).toThrow(refusal('missing'));
  for (const twice of [played(3, 3, z.object({})), played(9, 1, z.object({}))])
    expect(() => new EventSchemas([first, twice])).toThrow(refusal('ambiguous'));
});

test('finds schemas by id, by subject and by version', () => {
  expect(registry.subjects()).toEqual(['bailiwick.Ended', subject]);
  expect(registry.byId('3')).toBe(first);
  expect(registry.versionsOf(subject)).toEqual([first, second]);
  expect(registry.version(subject, '1')).toBe(first);
  for (const latest of ['2', 'latest', '-1']) expect(registry.version(subject, latest)).toBe(second);
});

test.each<[string, () => unknown]>([
  ['unknown-schema', () => registry.byId('4')],
  ['unknown-schema', () => registry.byId('3.0')],
  ['unknown-subject', () => registry.versionsOf('Played')],
  ['unknown-subject', () => registry.version('Played', 'latest')],
  ['unknown-version', () => registry.version(subject, '3')],
  ['invalid-version', () => registry.version(subject, '0')],
  ['invalid-version', () => registry.version(subject, 'newest')],
  ['unknown-schema', () => registry.registered(subject, given(other.schema))],
  ['read-only', () => registry.register(subject, given(other.schema))],
  ['read-only', () => registry.register('mine', given(other.schema))],
  ['invalid-schema', () => registry.registered(subject, { schema: '{', schemaType: 'JSON' })],
  ['invalid-schema', () => registry.register(subject, given({ type: 'nonsense' }))],
  ['invalid-schema', () => registry.incompatibilities([first], given([]))],
  ['invalid-schema', () => registry.incompatibilities([first], given({ $schema: 'https://example.com/mine' }))],
  ['invalid-schema', () => registry.incompatibilities([first], given(first.schema, 'AVRO'))],
])('refuses with %s', (what, call) => {
  expect(call).toThrow(refusal(what));
});

test('whoever registers what is there already gets its id', () => {
  expect(registry.register(subject, given(first.schema)).id).toBe(3);
  expect(registry.registered(subject, given(second.schema)).version).toBe(2);
});

test('tells why a schema breaks readers, of which version', () => {
  expect(registry.incompatibilities([first, second], given(second.schema))).toEqual([]);
  const broken = describeEvents('Played', z.object({ number: z.string() }));
  const faults = registry.incompatibilities([first, second], given(broken));
  expect(faults).toContain('version 1: readers of the earlier schema: /data/number: string where integer is expected');
  expect(faults.some((each) => each.startsWith('version 2: '))).toBe(true);
});
