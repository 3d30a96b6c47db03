import fc from 'fast-check';
import { expect, test } from 'vitest';
import { givesUpAfterMs, nextAttemptAt } from './retries.ts';

/** Every attempt at a delivery that always fails, in milliseconds since its creation. */
function attemptsOf(random: () => number, attemptMs = 0): number[] {
  const made: number[] = [];
  let next: number | undefined = 0;
  while (next !== undefined) {
    made.push(next);
    next = nextAttemptAt({ attempts: made.length, sinceMs: 0, nowMs: next + attemptMs }, random);
  }
  return made;
}

test('attempts a delivery at growing intervals, for three days and no longer', () => {
  const made = attemptsOf(() => 0);
  expect(made.slice(0, 6)).toEqual([0, 5_000, 35_000, 155_000, 755_000, 2_555_000]);
  expect(made.at(-1)).toBe(givesUpAfterMs);
  expect(made.length).toBe(18);
});

test('whatever the jitter and however slow the receiver is, pauses do not shrink before the last, and the last attempt is at the end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40 }),
      fc.nat(15_000),
      (draws, slow) => {
        let at = 0;
        const made = attemptsOf(() => draws[at++ % draws.length] ?? 0, slow);
        const pauses = made.slice(1).map((each, index) => each - (made[index] ?? 0));
        const growing = pauses.slice(0, 8);
        expect(growing).toEqual(growing.toSorted((a, b) => a - b));
        expect(made.at(-1)).toBe(givesUpAfterMs);
        expect(made.length).toBeGreaterThan(12);
        expect(made.length).toBeLessThan(20);
      },
    ),
  );
});
