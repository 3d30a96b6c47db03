import { expect, test } from 'vitest';
import { Places, type Place } from './places.ts';

const taken = (outcome: Place | 'key' | 'total'): Place => {
  if (typeof outcome === 'string') throw new Error(outcome);
  return outcome;
};

test('who waits longest for its caller makes room, one for one', () => {
  const places = new Places({ perKey: 2, total: 3 });
  const hungUp: string[] = [];
  const slow = ['first', 'second'].map((name, index) => {
    const place = taken(places.acquire('slow', 0));
    place.waits(index, () => hungUp.push(name));
    return place;
  });
  taken(places.acquire('busy', 0));
  expect(places.acquire('new', 499)).toBe('total');
  taken(places.acquire('new', 500));
  expect(hungUp).toEqual(['first']);
  slow[1]?.goesOn();
  expect(places.acquire('new', 60_000)).toBe('total');
  slow[1]?.release();
  slow[0]?.release();
  taken(places.acquire('new', 60_000));
  expect(places.count).toBe(3);
});

test('nobody displaces others to hold more than their share', () => {
  const places = new Places({ perKey: 1, total: 2 });
  const own = taken(places.acquire('a', 0));
  own.waits(0, () => expect.unreachable());
  expect(places.acquire('a', 60_000)).toBe('key');
  own.release();
  taken(places.acquire('a', 60_000));
});
