import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import {
  auditRecord,
  auditRecordSchema,
  decodeRecord,
  encodeRecord,
  maxRecordBytes,
  type AuditRecord,
} from './record.ts';

const tenant = newTenantId();
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const record = (more: Partial<AuditRecord> = {}): AuditRecord => ({
  ...auditRecord(
    { tenant, kind: 'decision', action: 'player.skip', outcome: 'denied', actor: { id: 'bot', type: 'bot' } },
    nowMs,
  ),
  ...more,
});

test('writes canonical JSON: keys in order, absent fields left out, reads back the same', () => {
  const given = record({ reason: 'not a DJ', guild: '80351110224678912' });
  const encoded = encodeRecord(given);
  expect(encoded).toBe(
    `{"action":"player.skip","actor":{"id":"bot","type":"bot"},"guild":"80351110224678912","id":"${given.id}",` +
      `"kind":"decision","outcome":"denied","reason":"not a DJ","tenant":"${tenant}","time":"2026-01-02T03:04:05.006Z"}`,
  );
  expect(decodeRecord(encoded)).toEqual(given);
});

test('writes what a general implementation of RFC 8785 writes, whatever the order of the fields given', () => {
  const key = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.-]{0,8}$/).filter((name) => !(name in {}));
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const unicode = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  const optional = fc.record(
    {
      detail: fc.dictionary(key, value, { maxKeys: 8 }),
      reason: unicode,
      command: unicode,
      rule: unicode,
      channel: unicode,
      target: unicode,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(optional, fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), (more, order) => {
      const given = record({
        ...more,
        onBehalfOf: { id: 'o', type: 'operator' },
        transaction: 't',
        optionsDigest: 'd',
        policyVersion: '1',
      });
      const shuffled = Object.fromEntries(
        Object.entries(given).sort((_a, _b) => ((order.shift() ?? 0) % 3) - 1),
      ) as AuditRecord;
      expect(encodeRecord(shuffled)).toBe(canonicalize(given));
      expect(canonicalize(decodeRecord(encodeRecord(shuffled)))).toBe(canonicalize(given));
    }),
    { numRuns: 300 },
  );
});

test('takes without the schema only what the schema would return as it is', () => {
  // Of each field some values that are allowed, and some that are repaired, refused or at a limit.
  const text = fc.oneof(
    fc.constantFrom(
      '',
      'a',
      'a'.repeat(32),
      'a'.repeat(33),
      'a'.repeat(1024),
      'a'.repeat(1025),
      '\ud83c',
      '\u{1f3b5}',
      1,
    ),
    fc.string({ unit: 'binary', maxLength: 70 }),
  );
  const actor = fc.constantFrom<unknown>(
    { type: 'bot', id: 'a' },
    { id: 'a', type: 'bot' },
    { id: 'a', type: 'nobody' },
    { id: 'a'.repeat(257), type: 'bot' },
    { id: 'a', type: 'bot', more: 1 },
    { id: '\ud83c', type: 'bot' },
    null,
  );
  const detail = fc.constantFrom<unknown>(
    { b: 1, a: 'x' },
    { a: 'x'.repeat(2049) },
    { a: '\udc00' },
    { a: undefined },
    { a: Number.POSITIVE_INFINITY },
    { '1a': 1 },
    { a: -0, b: null, c: true },
    [],
    null,
  );
  for (const each of [null, [], '', 0, true, new Date(), new Map()])
    expect(() => encodeRecord({ ...record(), detail: each } as unknown as AuditRecord), JSON.stringify(each)).toThrow(
      expect.objectContaining({ code: 'audit.invalid-record' }),
    );
  const some = fc.record(
    { action: text, target: text, reason: text, rule: text, actor, onBehalfOf: actor, detail, extra: text },
    { requiredKeys: [] },
  );
  const times = fc.constantFrom('2026-02-29T03:04:05.006Z', '2028-02-29T03:04:05.006Z', '2026-01-02T24:04:05.006Z');
  fc.assert(
    fc.property(some, fc.option(times, { nil: undefined }), (more, time) => {
      const given = { ...record(), ...more, ...(time === undefined ? {} : { time }) } as AuditRecord;
      const parsed = auditRecordSchema.safeParse(given);
      if (parsed.success) expect(encodeRecord(given)).toBe(canonicalize(parsed.data));
      else expect(() => encodeRecord(given)).toThrow(expect.objectContaining({ code: 'audit.invalid-record' }));
    }),
    { numRuns: 2_000 },
  );
});

test('keeps control characters, quotes and line ends as data, on one line', () => {
  const reason = 'a\n{"forged":true}\r\u0000\u001b[31m\u2028"\\';
  const encoded = encodeRecord(record({ reason }));
  expect([...encoded].filter((character) => character < ' ')).toEqual([]);
  expect(decodeRecord(encoded)?.reason).toBe(reason);
});

test('replaces half of a surrogate pair and keeps a whole one', () => {
  expect(decodeRecord(encodeRecord(record({ reason: 'a\ud83c b', command: '\u{1f3b5}' })))).toMatchObject({
    reason: 'a\ufffd b',
    command: '\u{1f3b5}',
  });
});

describe('refuses', () => {
  const bad: Record<string, object> = {
    'a field that is not in the list': { extra: 1 },
    'a field of the actor that is not in the list': { actor: { type: 'bot', id: 'a', admin: true } },
    'an outcome that is not in the list': { outcome: 'maybe' },
    'a time without milliseconds': { time: '2026-01-02T03:04:05Z' },
    'a time with an offset': { time: '2026-01-02T03:04:05.006+01:00' },
    'a tenant that is none': { tenant: 'ten_1' },
    'an id of another kind': { id: 'dec_01h2xcejqtf2nbrexx3vqjhp41' },
    'a detail that is a document': { detail: { a: { b: 1 } } },
    'a detail that is not a number in JSON': { detail: { a: Number.NaN } },
    'a detail by a name that is no name': { detail: { __proto__x: 1 } },
    'a reason that is too long': { reason: 'a'.repeat(1025) },
    'too many details': { detail: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, 1])) },
  };
  test.each(Object.entries(bad))('%s', (_name, more) => {
    expect(() => encodeRecord({ ...record(), ...more })).toThrow(
      expect.objectContaining({ code: 'audit.invalid-record' }),
    );
  });

  test('a record that is too large in bytes though not in characters', () => {
    const detail = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`k${index}`, '\u20ac'.repeat(2000)]));
    expect(() => encodeRecord(record({ detail }))).toThrow(expect.objectContaining({ code: 'audit.record-too-large' }));
    const smaller = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`k${index}`, 'e'.repeat(2000)]));
    expect(Buffer.byteLength(encodeRecord(record({ detail: smaller })))).toBeLessThan(maxRecordBytes);
  });
});

test('does not read a record in another form than the canonical one', () => {
  const encoded = encodeRecord(record());
  expect(decodeRecord(encoded)).toBeDefined();
  expect(decodeRecord(` ${encoded}`)).toBeUndefined();
  const { action, ...others } = record();
  expect(decodeRecord(JSON.stringify({ ...others, action }))).toBeUndefined();
  expect(decodeRecord(encoded.replace('{', '{"action":"player.stop",'))).toBeUndefined();
  expect(decodeRecord('not JSON')).toBeUndefined();
});
