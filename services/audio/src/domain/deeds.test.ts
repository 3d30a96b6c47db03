import { expect, test } from 'vitest';
import { remember, type Deed } from './deeds.ts';

const deed = (id: string, atMs: number): Deed => ({ id, atMs });

test('what is older than a transaction can be is forgotten; the rest is kept in order', () => {
  const deeds = remember([deed('a', 0), deed('b', 300_000)], deed('c', 360_001));
  expect(deeds.map(({ id }) => id)).toEqual(['b', 'c']);
});

test('nothing that could still be asked for again is forgotten to make room: more is refused instead', () => {
  let deeds: readonly Deed[] = [];
  for (let count = 0; count < 256; count += 1) deeds = remember(deeds, deed(`txn_${count}`, 1_000));
  expect(() => remember(deeds, deed('one more', 1_000))).toThrow(expect.objectContaining({ code: 'player.busy' }));
  expect(remember(deeds, deed('later', 400_000))).toHaveLength(1);
});
