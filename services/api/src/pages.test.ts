import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { newTenantId } from '#infra/kernel/ids.ts';
import { createPages, pageQuery, type PageScope } from './pages.ts';

const newKey = () => ({ cursor: createSecretKey(randomBytes(32)) });
const pagesWith = (current: ReturnType<typeof newKey>, earlier: readonly ReturnType<typeof newKey>[] = []) =>
  createPages({ current: () => current, accepted: () => [current, ...earlier] });
const key = newKey();
const pages = pagesWith(key);
const tenant = newTenantId();
const scope: PageScope = { operation: 'list', tenant };

/** Reads a whole list, page by page. */
function readAll(items: readonly number[], limit: number): { seen: number[]; pages: number } {
  const seen: number[] = [];
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = pages.open(scope, { limit, ...(cursor === undefined ? {} : { cursor }) }, z.number());
    const { after } = page;
    const found = items.filter((item) => after === undefined || item > after).slice(0, page.take);
    const { rows, nextCursor } = page.of(found, (item) => item);
    seen.push(...rows);
    cursor = nextCursor ?? undefined;
    count += 1;
  } while (cursor !== undefined);
  return { seen, pages: count };
}

test('every item stands on exactly one page, in order, and no page is empty but the only one', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (given, limit) => {
      const items = given.toSorted((a, b) => a - b);
      expect(readAll(items, limit)).toEqual({ seen: items, pages: Math.max(1, Math.ceil(items.length / limit)) });
    }),
  );
});

test('a cursor is good where it was given, and nowhere else, nor changed', () => {
  const page = pages.open(scope, { limit: 1 }, z.number());
  const cursor = page.of([1, 2], (item) => item).nextCursor ?? '';
  const open = (where: PageScope, given: string, position: z.ZodType = z.number()) =>
    pages.open(where, { limit: 1, cursor: given }, position);
  expect(open(scope, cursor).after).toBe(1);
  const others: PageScope[] = [
    { operation: 'other', tenant },
    { operation: 'list', tenant: newTenantId() },
    { operation: 'list' },
    { ...scope, filter: 'x' },
  ];
  for (const other of others)
    expect(() => open(other, cursor), JSON.stringify(other)).toThrow('not belong to this list');
  expect(() => pagesWith(newKey()).open(scope, { limit: 1, cursor }, z.number())).toThrow();
  expect(pagesWith(newKey(), [key]).open(scope, { limit: 1, cursor }, z.number()).after).toBe(1);
  expect(() => open(scope, cursor, z.string())).toThrow();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: cursor.length - 1 }), fc.stringMatching(/^[\w-]$/), (at, letter) => {
      const changed = cursor.slice(0, at) + letter + cursor.slice(at + 1);
      if (changed !== cursor) expect(() => open(scope, changed)).toThrow('not belong to this list');
    }),
  );
});

test('a page has 1 to 100 items, 50 unless told', () => {
  expect(pageQuery.parse({})).toEqual({ limit: 50 });
  for (const limit of ['0', '101', '1.5', 'x', '-1', ''])
    expect(pageQuery.safeParse({ limit }).success, limit).toBe(false);
});
