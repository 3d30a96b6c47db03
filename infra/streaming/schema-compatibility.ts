import { isDeepStrictEqual } from 'node:util';

/** The part of JSON Schema in which events are described. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/**
 * What of the data that one schema allows, the other one refuses: by its place, why. Members that the reader does not know
 * do not disturb it. What is not understood here is told as well, unless it is the same in both.
 */
export function refusals(reader: JsonSchema, writer: JsonSchema, at = ''): string[] {
  const [own, other] = [meaningOf(reader), meaningOf(writer)];
  if (isDeepStrictEqual(own, other)) return [];
  const values = valuesOf(other);
  if (values && valuesOf(own)) return valuesRefused(valuesOf(own) ?? [], values, at);
  if (own.type !== other.type && !(own.type === 'number' && other.type === 'integer'))
    return [`${at || '/'}: ${String(other.type)} where ${String(own.type)} is expected`];
  if (own.type === 'object') return [...objectRefusals(own, other, at), ...unknownRefusals(own, other, at)];
  if (own.type === 'array' && own.items && other.items)
    return [...refusals(own.items, other.items, `${at}/*`), ...unknownRefusals(own, other, at)];
  return [...rangeRefusals(own, other, at), ...unknownRefusals(own, other, at)];
}

/** Both ways: readers of either release understand what the other one has written. */
export const incompatibilities = (earlier: JsonSchema, later: JsonSchema): string[] => [
  ...refusals(earlier, later).map((each) => `readers of the earlier schema: ${each}`),
  ...refusals(later, earlier).map((each) => `readers of the later schema: ${each}`),
];

const annotations = new Set(['$schema', '$id', 'title', 'description', 'examples']);
const meaningOf = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => !annotations.has(keyword)));

const valuesOf = (schema: JsonSchema): readonly unknown[] | undefined =>
  schema.enum ?? ('const' in schema ? [schema.const] : undefined);

const valuesRefused = (own: readonly unknown[], other: readonly unknown[], at: string): string[] =>
  other
    .filter((value) => !own.some((each) => isDeepStrictEqual(each, value)))
    .map((value) => `${at || '/'}: ${JSON.stringify(value)} is not known`);

function objectRefusals(own: JsonSchema, other: JsonSchema, at: string): string[] {
  const missing = (own.required ?? []).filter((name) => !other.required?.includes(name));
  const inner = Object.entries(own.properties ?? {}).flatMap(([name, schema]) => {
    const theirs = other.properties?.[name];
    return theirs ? refusals(schema, theirs, `${at}/${name}`) : [];
  });
  return [...missing.map((name) => `${at}/${name} may be missing`), ...inner];
}

/** Keywords that allow less the larger, or the smaller, their value is. */
const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
const understood = new Set(['type', 'properties', 'required', 'items', ...lower, ...upper]);

function rangeRefusals(own: JsonSchema, other: JsonSchema, at: string): string[] {
  const isWider = (keyword: string, sign: 1 | -1) => {
    const [limit, theirs] = [own[keyword], other[keyword]];
    return typeof limit === 'number' && !(typeof theirs === 'number' && sign * theirs >= sign * limit);
  };
  return [...lower.filter((each) => isWider(each, 1)), ...upper.filter((each) => isWider(each, -1))].map(
    (keyword) => `${at || '/'}: ${keyword} was ${String(own[keyword])}`,
  );
}

/** A reader without a keyword allows all that a writer with it does; the rest has to be the same. */
const unknownRefusals = (own: JsonSchema, other: JsonSchema, at: string): string[] =>
  Object.keys(own)
    .filter((keyword) => !understood.has(keyword) && !isDeepStrictEqual(own[keyword], other[keyword]))
    .map((keyword) => `${at || '/'}: ${keyword} differs`);
