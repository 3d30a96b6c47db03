import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLossless, stringifyLossless } from './lossless-json.ts';

test('64-bit integers keep every digit in both directions', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (id) => {
      const text = `{"id":${id},"list":[${id}]}`;
      expect(stringifyLossless(parseLossless(text))).toBe(text);
    }),
  );
  expect(parseLossless('{"id":9007199254740993}')).toEqual({ id: 9007199254740993n });
});

test('everything else is read and written as in JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value);
      // Those are covered by the other test.
      fc.pre(!/-?\b\d{16,}\b(?![.e])/.test(text));
      expect(parseLossless(text)).toEqual(JSON.parse(text));
      expect(stringifyLossless(value)).toBe(text);
    }),
  );
  const digits = '{"text":"12345678901234567890","float":1234567890123456.5,"large":1e30}';
  expect(parseLossless(digits)).toEqual(JSON.parse(digits));
  expect(() => parseLossless('{')).toThrow(SyntaxError);
});
