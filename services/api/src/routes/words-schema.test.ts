import { expect, test } from 'vitest';
import { faultsOf } from '#infra/kernel/faults.ts';
import { wordsSchema } from './api-routes.ts';

test('a name is taken as people read it, or refused in words', () => {
  const read = (name: string) => wordsSchema(10).safeParse(name);
  expect(read('  Cafe\u0301  Royal').data).toBe('Café Royal');
  expect(read('🎵'.repeat(10)).success).toBe(true);
  const fault = (name: string) => faultsOf(read(name).error?.issues ?? []).map(({ message }) => message);
  expect(fault('')).toEqual(['must have at least 1 visible character']);
  expect(fault('\u200b\u2060')).toEqual(['must have at least 1 visible character']);
  expect(fault('a\u202eb')).toEqual([expect.stringContaining('direction of the text')]);
  expect(fault('a\u200fb')).toEqual([expect.stringContaining('direction of the text')]);
  expect(fault('x'.repeat(11))).toEqual(['must have at most 10 characters']);
});
