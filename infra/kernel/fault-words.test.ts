import { expect, test } from 'vitest';
import { z } from 'zod';
import { faultsOf } from './faults.ts';

/** A schema and a value for each kind of issue that zod knows, and the resulting message. */
const cases: readonly (readonly [z.ZodType, unknown, string])[] = [
  [z.string(), undefined, 'is missing'],
  [z.string(), 5, 'must be text'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.number(), Number.NaN, 'must be a number'],
  [z.boolean(), 'yes', 'must be true or false'],
  [z.array(z.string()), {}, 'must be a list'],
  [z.strictObject({}), [], 'must be an object'],
  [z.record(z.string(), z.string()), 5, 'must be an object'],
  [z.date(), 'x', 'must be a date'],
  [z.null(), 5, 'must be null'],
  [z.never(), 5, 'must be left out'],
  [z.enum(['allow', 'deny']), 'maybe', 'must be one of allow, deny'],
  [z.literal(true), 5, 'must be true'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(2), 'x', 'must have at least 2 characters'],
  [z.string().max(1), 'xx', 'must have at most 1 character'],
  [z.string().length(3), 'xx', 'must have exactly 3 characters'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.array(z.string()).max(2), ['', '', ''], 'must have at most 2 entries'],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.number().gt(1), 1, 'must be more than 1'],
  [z.number().max(5), 6, 'must be at most 5'],
  [z.number().lt(5), 5, 'must be less than 5'],
  [z.bigint().max(5n), 6n, 'must be at most 5'],
  [z.date().min(new Date(0)), new Date(-1), 'must be at least 1970-01-01T00:00:00.000Z'],
  [z.set(z.string()).max(1), new Set(['a', 'b']), 'must have at most 1 entry'],
  [z.number().multipleOf(5), 6, 'must be a multiple of 5'],
  [z.email(), 'x', 'must be an email address'],
  [z.url(), 'x', 'must be a URL such as https://example.org'],
  [z.iso.datetime(), 'x', 'must be a date and time such as 2026-05-01T18:00:00Z'],
  [z.ipv4(), 'x', 'must be an IPv4 address'],
  [z.string().regex(/a/), 'x', 'has an invalid format'],
  [z.string().startsWith('postgres'), 'x', 'must start with postgres'],
  [z.string().endsWith('.yaml'), 'x', 'must end with .yaml'],
  [z.string().includes('BEGIN'), 'x', 'must contain BEGIN'],
  [z.jwt(), 'x', 'has an invalid format'],
  [z.strictObject({}), { more: 1 }, 'is not a known field'],
  [z.union([z.literal('all'), z.array(z.string())]), 5, 'must be all or a list'],
  [
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
    { kind: 'b' },
    'does not have one of the allowed forms',
  ],
  [z.record(z.string().max(1), z.string()), { long: '' }, 'has a key that is not allowed'],
  [z.map(z.string(), z.string()), new Map([['a', 5]]), 'must be text'],
  [z.map(z.object({}), z.string()), new Map([[{}, 5]]), 'has an entry that is not allowed'],
  [z.string().refine(() => false), 'x', 'is not valid'],
  [z.string().refine(() => false, 'must be spelled backwards'), 'x', 'must be spelled backwards'],
];

test.each(cases.map(([schema, value, words]) => ({ schema, value, words })))(
  'says $words',
  ({ schema, value, words }) => {
    const faults = faultsOf(schema.safeParse(value).error?.issues ?? []);
    expect(faults.map(({ message }) => message)).toEqual([words]);
  },
);

test('every code that zod has is among them', () => {
  const seen = new Set(
    cases.flatMap(([schema, value]) => (schema.safeParse(value).error?.issues ?? []).map(({ code }) => code)),
  );
  expect([...seen].sort()).toEqual([
    'custom',
    'invalid_element',
    'invalid_format',
    'invalid_key',
    'invalid_type',
    'invalid_union',
    'invalid_value',
    'not_multiple_of',
    'too_big',
    'too_small',
    'unrecognized_keys',
  ]);
});
