import { expect, test } from 'vitest';
import { remember, type DoneRequest } from './idempotency.ts';

const done = (id: string, atMs: number): DoneRequest => ({ id, atMs });

test('what is older than a transaction can be is forgotten; the rest is kept in order', () => {
  const doneRequests = remember([done('a', 0), done('b', 300_000)], done('c', 360_001));
  expect(doneRequests.map(({ id }) => id)).toEqual(['b', 'c']);
});

test('nothing that could still be asked for again is forgotten to make room: more is refused instead', () => {
  let doneRequests: readonly DoneRequest[] = [];
  for (let count = 0; count < 512; count += 1) doneRequests = remember(doneRequests, done(`txn_${count}`, 1_000));
  expect(() => remember(doneRequests, done('one more', 1_000))).toThrow(
    expect.objectContaining({ code: 'player.busy' }),
  );
  expect(remember(doneRequests, done('later', 400_000))).toHaveLength(1);
});
