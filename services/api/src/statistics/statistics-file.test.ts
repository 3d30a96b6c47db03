import { expect, test } from 'vitest';
import { countsFile, topsFile } from './statistics-file.ts';

test('a title cannot be a formula, nor break its line', () => {
  const track = { author: '@SUM(A1)', uri: null, plays: 3 };
  const tops = {
    since: '2026-11-30',
    members: [],
    tracks: [
      { ...track, title: '=HYPERLINK("https://example.com","x")' },
      { ...track, title: 'One, two\r\n+3' },
    ],
  };
  expect(topsFile('tracks', tops).split('\r\n')).toEqual([
    'title,author,uri,plays',
    `"'=HYPERLINK(""https://example.com"",""x"")","'@SUM(A1)",,3`,
    String.raw`"One, two\u000d\u000a+3","'@SUM(A1)",,3`,
    '',
  ]);
});

test('counts are written as they are, with a heading', () => {
  const counts = {
    plays: [{ at: '2026-11-30T00:00:00.000Z', played: 4, finished: 2, skipped: 1, stopped: 0, failed: 1 }],
    hours: [{ weekday: 1, hour: 21, played: 4 }],
    failures: [{ fault: 'stalled' as const, tracks: 1 }],
    starts: {
      p50Ms: 200,
      p95Ms: null,
      buckets: [
        { withinMs: 200, plays: 3 },
        { withinMs: null, plays: 1 },
      ],
    },
  };
  expect(countsFile('plays', counts)).toBe(
    'at,played,finished,skipped,stopped,failed\r\n2026-11-30T00:00:00.000Z,4,2,1,0,1\r\n',
  );
  expect(countsFile('hours', counts)).toBe('weekday,hour,played\r\n1,21,4\r\n');
  expect(countsFile('failures', counts)).toBe('fault,tracks\r\nstalled,1\r\n');
  expect(countsFile('starts', counts)).toBe('withinMs,plays\r\n200,3\r\n,1\r\n');
});
