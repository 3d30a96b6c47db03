import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBoundedJson } from './bounded-json.ts';

const bounds = { maxDepth: 3, maxValues: 10 };

test('reads what JSON.parse reads, and refuses what it refuses', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (text) => {
      fc.pre(!text.includes('__proto__') && !text.includes('constructor'));
      expect(parseBoundedJson(text)).toEqual(JSON.parse(text));
    }),
  );
  for (const text of ['', '{', '{"a"', '"\\', '{"\\ud80": 1}', '[1,]', 'a', '{"a" 1}', ']', '{]'])
    expect(() => parseBoundedJson(text), text).toThrow(
      expect.objectContaining({ code: 'http.malformed', status: 400 }),
    );
});

test.each([
  ['deeper than allowed', '[[[[]]]]', 'document.too-deep'],
  ['far deeper', '['.repeat(1_000_000), 'document.too-deep'],
  ['with too many values', `[${'1,'.repeat(10)}1]`, 'document.too-many-values'],
  ['with a name twice', '{"a":1,"b":{"a":1},"a":2}', 'document.repeated-name'],
  ['with a name twice, once escaped', '{"a":1,"\\u0061":2}', 'document.repeated-name'],
  ['with a name of every object', '{"a":[{"__proto__":{}}]}', 'document.reserved-name'],
  ['with an escaped name of every object', '{"\\u005f_proto__":1}', 'document.reserved-name'],
])('refuses a document %s', (_what, text, code) => {
  expect(() => parseBoundedJson(text, bounds)).toThrow(expect.objectContaining({ code, status: 400 }));
});

test('takes up to the bounds, and what stands in texts for what it is', () => {
  const text = '{"a":{"b":["{[,:\\"__proto__",1,2]}, "c":"a", "d":[1]}';
  expect(parseBoundedJson(text, bounds)).toEqual(JSON.parse(text));
});
