import { expect, test } from 'vitest';
import { during, minuteAt, whenSchema } from './hours.ts';

const hours = (from: string, to: string) => ({ from, to });
const berlin = { zone: 'Europe/Berlin' };
const friday = { weekdays: ['fri'] as const };

test.each([
  // Daylight saving time begins on 2026-03-29: 01:59 is followed by 03:00.
  ['the last minute before summer time', berlin, hours('01:00', '02:00'), '2026-03-29T00:59:59Z', true],
  ['an hour that is left out', berlin, hours('02:00', '03:00'), '2026-03-29T00:59:59Z', false],
  ['an hour that is left out, past it', berlin, hours('02:00', '03:00'), '2026-03-29T01:00:00Z', false],
  ['the first minute of summer time', berlin, hours('03:00', '04:00'), '2026-03-29T01:00:00Z', true],
  // It ends on 2026-10-25: 02:00 to 03:00 occurs twice.
  ['an hour that comes twice, the first', berlin, hours('02:00', '03:00'), '2026-10-25T00:30:00Z', true],
  ['an hour that comes twice, the second', berlin, hours('02:00', '03:00'), '2026-10-25T01:30:00Z', true],
  ['the end of both', berlin, hours('02:00', '03:00'), '2026-10-25T02:00:00Z', false],
  ['a night, begun on Friday', { ...berlin, ...friday }, hours('22:00', '06:00'), '2026-11-27T21:00:00Z', true],
  ['the morning after Friday', { ...berlin, ...friday }, hours('22:00', '06:00'), '2026-11-28T04:59:00Z', true],
  ['its end', { ...berlin, ...friday }, hours('22:00', '06:00'), '2026-11-28T05:00:00Z', false],
  [
    'Friday morning, which is of Thursday',
    { ...berlin, ...friday },
    hours('22:00', '06:00'),
    '2026-11-27T02:00:00Z',
    false,
  ],
  [
    'Monday morning of a Sunday night',
    { ...berlin, weekdays: ['sun'] as const },
    hours('22:00', '06:00'),
    '2026-11-30T02:00:00Z',
    true,
  ],
  [
    'a night over the end of summer time',
    { ...berlin, weekdays: ['sat'] as const },
    hours('23:00', '03:00'),
    '2026-10-25T01:59:00Z',
    true,
  ],
  [
    'a weekday where it is still Thursday',
    { zone: 'Pacific/Honolulu', ...friday },
    undefined,
    '2026-11-27T09:59:00Z',
    false,
  ],
  [
    'a weekday where it has just begun',
    { zone: 'Pacific/Honolulu', ...friday },
    undefined,
    '2026-11-27T10:00:00Z',
    true,
  ],
  [
    'a weekday that has begun far east',
    { zone: 'Pacific/Kiritimati', ...friday },
    undefined,
    '2026-11-26T10:00:00Z',
    true,
  ],
  ['a zone with quarters', { zone: 'Asia/Kathmandu' }, hours('05:45', '05:46'), '2026-11-27T00:00:30Z', true],
  [
    'half an hour of summer time',
    { zone: 'Australia/Lord_Howe' },
    hours('02:00', '02:30'),
    '2026-10-03T15:30:00Z',
    false,
  ],
  ['midnight as the beginning', { zone: 'UTC' }, hours('00:00', '00:01'), '2026-11-27T00:00:59Z', true],
  ['midnight as the end', { zone: 'UTC' }, hours('23:00', '00:00'), '2026-11-27T23:59:59Z', true],
  ['midnight itself is past it', { zone: 'UTC' }, hours('23:00', '00:00'), '2026-11-28T00:00:00Z', false],
])('holds by the clock on the wall: %s', (_what, zone, span, at, holds) => {
  const when = whenSchema.parse({ ...zone, ...(span ? { hours: span } : {}) });
  expect(during(when)(Date.parse(at))).toBe(holds);
});

test.each([
  ['an offset', { zone: '+01:00', hours: hours('01:00', '02:00') }],
  ['a zone that there is not', { zone: 'Europe/Atlantis', hours: hours('01:00', '02:00') }],
  ['a path', { zone: '../../etc/passwd', hours: hours('01:00', '02:00') }],
  ['a zone without anything', { zone: 'UTC' }],
  ['24 hours as a time', { zone: 'UTC', hours: hours('01:00', '24:00') }],
  ['a span without length', { zone: 'UTC', hours: hours('01:00', '01:00') }],
  ['a day twice', { zone: 'UTC', weekdays: ['mon', 'mon'] }],
  ['a day by another name', { zone: 'UTC', weekdays: ['Monday'] }],
  ['no days', { zone: 'UTC', weekdays: [] }],
])('does not take %s', (_what, when) => {
  expect(whenSchema.safeParse(when).success).toBe(false);
});

test('what a clock shows changes only where the minute does, whatever the zone', () => {
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const shown = new Intl.DateTimeFormat('en', { timeZone: zone, second: '2-digit' });
    for (const at of ['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'])
      expect(Number(shown.format(Date.parse(at))), zone).toBe(0);
  }
  expect(minuteAt(59_999)).toBe(0);
  expect(minuteAt(60_000)).toBe(1);
});
