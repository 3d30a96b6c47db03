import { expect, test } from 'vitest';
import { locationWords } from './document-location.ts';

test.each([
  ['/name', 'Name'],
  ['/rules/0/when/zone', 'Rule 1, time zone'],
  ['/rules/2/who/roles/1', 'Rule 3, roles'],
  ['/rules/4', 'Rule 5'],
  ['/rules', 'Rules'],
  ['/otherwise', 'Commands that no rule mentions'],
  ['/quotas/maxTrackLengthSec', 'Longest track'],
  ['/odd~1name', 'Odd/name'],
  ['/', 'The document'],
  ['', 'The document'],
])('says in words where %j is', (pointer, words) => {
  expect(locationWords(pointer)).toBe(words);
});
