import { expect, test } from 'vitest';
import { sentences } from './sentences.ts';

const said = await sentences();

test('every text of the portal and the command line is in one catalogue: `npx vitest run test/words -u` updates it', async () => {
  expect(said.size).toBeGreaterThan(800);
  const catalogue = JSON.stringify(Object.fromEntries(said), undefined, 2);
  await expect(`${catalogue}\n`).toMatchFileSnapshot('sentences.json');
});

/** Phrases that were translated word for word, and terms that have a better equivalent in the field. */
test.each([
  /\bgo on\b/i,
  /\banew\b/i,
  /\bfor ever\b/i,
  /\bwho may what\b/i,
  /\bwhat plays where\b/i,
  /\bneither (do )?we\b|\bwe neither\b/i,
  /\bof yours\b|\bthat is yours\b|\bthose that\b/i,
  /\bfollows from something\b/i,
  /\bowner sign-in\b/i,
  /\bmend(s|ed)?\b/i,
  /\bwhich is not there\b|\bis not there\b/i,
  /’/,
])('no text says %s', (phrase) => {
  expect([...said].filter(([text]) => phrase.test(text))).toEqual([]);
});
