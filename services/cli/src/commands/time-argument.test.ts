import { expect, test } from 'vitest';
import { pastTime } from './time-argument.ts';

const noon = new Date(2026, 10, 30, 12, 0, 0).getTime();
const local = (...parts: [number, number, number, number, number, number?]) => new Date(...parts).toISOString();

test('a time of day is the last one that has passed', () => {
  expect(pastTime('9:05', noon)).toBe(local(2026, 10, 30, 9, 5));
  expect(pastTime('12:00', noon)).toBe(local(2026, 10, 30, 12, 0));
  expect(pastTime('21:03', noon)).toBe(local(2026, 10, 29, 21, 3));
  expect(pastTime('21:03:59', noon)).toBe(local(2026, 10, 29, 21, 3, 59));
});

test('a whole time is taken as it is given', () => {
  expect(pastTime('2026-11-30T21:03:00+01:00')).toBe('2026-11-30T20:03:00.000Z');
  expect(pastTime('2026-11-30T21:03')).toBe(local(2026, 10, 30, 21, 3));
});

test.each(['24:00', '9', '21:60', 'yesterday', '2026-13-01', '1700000000', ''])('%j is no time', (text) => {
  expect(() => pastTime(text)).toThrow(/21:03/);
});
