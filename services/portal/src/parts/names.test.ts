import { expect, test } from 'vitest';
import { initialOf, isolated } from './names.ts';

test.each([
  ['Harmony', 'H'],
  ['  élan', 'É'],
  ['🎵 Music', '🎵'],
  ['👩‍👩‍👧 Family', '👩‍👩‍👧'],
  ['🇩🇪 Deutschland', '🇩🇪'],
  ['e\u0301clair', 'E\u0301'],
  ['𝔉raktur', '𝔉'],
  ['', '?'],
])('the initial of %j is %j, whole', (name, initial) => {
  expect(initialOf(name)).toBe(initial);
});

test('a name that is written from right to left is isolated from the sentence around it', () => {
  expect(`Remove ${isolated('אבג')}?`).toBe('Remove \u2068אבג\u2069?');
  expect(`Remove ${isolated('Max, مرحبا')}?`).toBe('Remove \u2068Max, مرحبا\u2069?');
});

test('a name that cannot change a direction is left as it is', () => {
  for (const name of ['Max', '🎵 Żółć', '日本語']) expect(isolated(name)).toBe(name);
});
