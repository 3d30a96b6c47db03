import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { incompatibilities, refusals, type JsonSchema } from './schema-compatibility.ts';

const object = (properties: Record<string, JsonSchema>, required: string[] = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
});
const text = { type: 'string' } as const;
const integer = { type: 'integer' } as const;

test.each<[string, JsonSchema, JsonSchema]>([
  ['an optional member is added', object({ a: text }), object({ a: text, b: text }, ['a'])],
  ['an optional member is removed', object({ a: text, b: text }, ['a']), object({ a: text })],
  ['a description is changed', object({ a: { ...text, description: 'x' } }), object({ a: text })],
])('breaks nobody if %s', (_what, earlier, later) => {
  expect(incompatibilities(earlier, later)).toEqual([]);
});

test.each<[string, JsonSchema, JsonSchema, string[]]>([
  [
    'a member is removed',
    object({ a: text, b: text }),
    object({ a: text }),
    ['readers of the earlier schema: /b may be missing'],
  ],
  [
    'a member becomes optional',
    object({ a: text }),
    object({ a: text }, []),
    ['readers of the earlier schema: /a may be missing'],
  ],
  ['a required member is added', object({}), object({ a: text }), ['readers of the later schema: /a may be missing']],
  [
    'a type is changed',
    object({ a: text }),
    object({ a: integer }),
    ['/a: integer where string', '/a: string where integer'],
  ],
  ['a value is added', object({ a: { enum: ['x'] } }), object({ a: { enum: ['x', 'y'] } }), ['/a: "y" is not known']],
  [
    'a range grows',
    object({ a: { ...integer, maximum: 5 } }),
    object({ a: { ...integer, maximum: 9 } }),
    ['/a: maximum was 5'],
  ],
  [
    'a pattern is changed',
    object({ a: { ...text, pattern: 'x' } }),
    object({ a: { ...text, pattern: 'y' } }),
    ['/a: pattern differs'],
  ],
  ['it is something that is not understood', { anyOf: [text] }, { anyOf: [integer] }, ['anyOf differs']],
])('tells who is broken if %s', (_what, earlier, later, faults) => {
  const found = incompatibilities(earlier, later);
  for (const fault of faults) expect(found.join('\n')).toContain(fault);
  expect(found.length).toBeGreaterThan(0);
});

const leaf = fc.oneof(
  fc.constant<JsonSchema>(text),
  fc.record({
    type: fc.constant('integer'),
    minimum: fc.integer({ min: 0, max: 2 }),
    maximum: fc.integer({ min: 2, max: 4 }),
  }),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }) }),
);
const schemas: fc.Arbitrary<JsonSchema> = fc
  .tuple(fc.dictionary(fc.constantFrom('a', 'b'), leaf), fc.subarray(['a', 'b']))
  .map(([properties, required]) =>
    object(
      properties,
      required.filter((name) => name in properties),
    ),
  );
const data = fc.dictionary(
  fc.constantFrom('a', 'b'),
  fc.oneof(fc.constantFrom('x', 'y', 'w'), fc.integer({ min: 0, max: 5 })),
);

test('where nothing is refused, a validator that is not ours accepts whatever it accepted before', () => {
  const ajv = new Ajv2020({ strict: false });
  let compared = 0;
  fc.assert(
    fc.property(schemas, schemas, fc.array(data, { minLength: 10, maxLength: 10 }), (reader, writer, samples) => {
      if (refusals(reader, writer).length > 0) return;
      // A member that the writer does not have is not written.
      const known = samples.map((each) =>
        Object.fromEntries(Object.entries(each).filter(([name]) => name in (writer.properties ?? {}))),
      );
      const [reads, writes] = [ajv.compile(reader), ajv.compile(writer)];
      for (const each of known.filter((one) => writes(one))) {
        compared += 1;
        expect(reads(each)).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(50);
});
