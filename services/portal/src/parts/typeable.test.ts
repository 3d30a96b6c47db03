import { expect, test } from 'vitest';
import { typeableFor } from './typeable.ts';

test.each([
  ['Harmony Records', 'Harmony Records'],
  ['dj_7', 'dj_7'],
  ['🎵🎶'.repeat(20), 'delete'],
  ['Żółć', 'delete'],
  ['A name of more than twenty-four', 'delete'],
  ['two  spaces', 'delete'],
  ['', 'delete'],
])('to confirm %j one types %j', (name, typed) => {
  expect(typeableFor(name, 'delete')).toBe(typed);
});
