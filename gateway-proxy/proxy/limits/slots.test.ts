import { expect, test } from 'vitest';
import { Slots, type Slot } from './slots.ts';

const taken = (outcome: Slot | 'key' | 'total'): Slot => {
  if (typeof outcome === 'string') throw new Error(outcome);
  return outcome;
};

test('who waits longest for its caller makes room, one for one', () => {
  const slots = new Slots({ perKey: 2, total: 3 });
  const hungUp: string[] = [];
  const slow = ['first', 'second'].map((name, index) => {
    const slot = taken(slots.acquire('slow', 0));
    slot.waits(index, () => hungUp.push(name));
    return slot;
  });
  taken(slots.acquire('busy', 0));
  expect(slots.acquire('new', 499)).toBe('total');
  taken(slots.acquire('new', 500));
  expect(hungUp).toEqual(['first']);
  slow[1]?.goesOn();
  expect(slots.acquire('new', 60_000)).toBe('total');
  slow[1]?.release();
  slow[0]?.release();
  taken(slots.acquire('new', 60_000));
  expect(slots.count).toBe(3);
});

test('nobody displaces others to hold more than their share', () => {
  const slots = new Slots({ perKey: 1, total: 2 });
  const own = taken(slots.acquire('a', 0));
  own.waits(0, () => expect.unreachable());
  expect(slots.acquire('a', 60_000)).toBe('key');
  own.release();
  taken(slots.acquire('a', 60_000));
});
