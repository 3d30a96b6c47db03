import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  advance,
  noPanes,
  otherKey,
  paneOf,
  sliding,
  stretch,
  type Addition,
  type Pane,
  type PaneState,
} from './windows.ts';

const minute = 60_000;
const options = { everyMs: minute, latenessMs: 5 * minute, mostKeys: 4 };
const anyTime = Number.MAX_SAFE_INTEGER;

const additionsWithin = (spanMs: number) =>
  fc.array(
    fc.record({
      atMs: fc.integer({ min: 1_000_000, max: 1_000_000 + spanMs }),
      key: fc.constantFrom('played', 'failed', 'finished'),
      value: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 60 },
  );

/** The tables that a reader sees: each changed pane replaces what was known of it. */
function run(calls: readonly (readonly Addition[])[], own = options): { state: PaneState; seen: Map<number, Pane> } {
  const seen = new Map<number, Pane>();
  let state = noPanes;
  for (const additions of calls) {
    // As it is stored and read again between any two calls.
    const advanced = advance(JSON.parse(JSON.stringify(state)) as PaneState, additions, own, anyTime);
    state = advanced.state;
    for (const [at, pane] of advanced.changed) seen.set(at, pane);
  }
  return { state, seen };
}

/** The same by another way. */
function plainly(additions: readonly Addition[]): Map<number, Record<string, number>> {
  const panes = new Map<number, Record<string, number>>();
  for (const { atMs, key, value } of additions) {
    const at = paneOf(atMs, minute);
    const pane = panes.get(at) ?? {};
    panes.set(at, { ...pane, [key]: (pane[key] ?? 0) + value });
  }
  return panes;
}

const dividedAt = (additions: readonly Addition[], cuts: readonly number[]): Addition[][] => {
  const at = [0, ...cuts.map((cut) => cut % (additions.length + 1)).toSorted((a, b) => a - b), additions.length];
  return at.slice(1).map((end, index) => additions.slice(at[index], end));
};

test('in any order within the lateness, and however often it is stored and read again, the panes are the same', () => {
  fc.assert(
    fc.property(
      additionsWithin(options.latenessMs).chain((additions) =>
        fc.tuple(
          fc.constant(additions),
          fc.shuffledSubarray(additions, { minLength: additions.length }),
          fc.array(fc.nat(100), { maxLength: 8 }),
        ),
      ),
      ([additions, shuffled, cuts]) => {
        const { seen, state } = run(dividedAt(shuffled, cuts));
        expect(seen).toEqual(plainly(additions));
        expect(state.leftOut).toBe(0);
      },
    ),
  );
});

test('a restart anywhere leads to the same state and the same panes, late events among them', () => {
  fc.assert(
    fc.property(additionsWithin(40 * minute), fc.array(fc.nat(100), { maxLength: 8 }), (additions, cuts) => {
      const [whole, divided] = [run([additions]), run(dividedAt(additions, cuts))];
      expect(divided.state).toEqual(whole.state);
      // A pane that became final within the only call is seen as well.
      expect(divided.seen).toEqual(whole.seen);
    }),
  );
});

test('what is added or left out is all there is, and the state stays small', () => {
  fc.assert(
    fc.property(additionsWithin(300 * minute), (additions) => {
      const { state, seen } = run(additions.map((addition) => [addition]));
      const counted = run(additions.map((addition) => [{ ...addition, value: 1 }]));
      const sum = [...counted.seen.values()]
        .flatMap((pane) => Object.values(pane))
        .reduce((all, each) => all + each, 0);
      expect(sum + state.leftOut).toBe(additions.length);
      expect(Object.keys(state.panes).length).toBeLessThanOrEqual(options.latenessMs / minute + 1);
      expect(seen.size).toBe(counted.seen.size);
    }),
  );
});

const at = (minutes: number, key = 'played'): Addition => ({ atMs: minutes * minute, key, value: 1 });

test('a late event corrects its pane until that is final, and is counted either way', () => {
  const first = advance(noPanes, [at(10), at(12)], options, anyTime);
  expect(first.state).toMatchObject({ watermarkMs: 12 * minute, corrected: 0, leftOut: 0 });
  const late = advance(first.state, [at(10.5)], options, anyTime);
  expect(late.changed).toEqual(new Map([[10 * minute, { played: 2 }]]));
  expect(late.state).toMatchObject({ watermarkMs: 12 * minute, corrected: 1, leftOut: 0 });
  // The pane of minute 10 ends at 11, and is final from 16 on.
  const justInTime = advance(late.state, [at(15.9), at(10.1)], options, anyTime);
  expect(justInTime.state).toMatchObject({ corrected: 2, leftOut: 0 });
  const tooLate = advance(justInTime.state, [at(16), at(10.1)], options, anyTime);
  expect(tooLate.state).toMatchObject({ corrected: 2, leftOut: 1 });
  expect(tooLate.state.panes).not.toHaveProperty(String(10 * minute));
  expect([...tooLate.changed.keys()]).toEqual([16 * minute]);
});

test('an event of a time that has not come ends no pane', () => {
  const { state } = advance(noPanes, [at(10), at(1_000), at(10)], options, 11 * minute);
  expect(state).toEqual({
    watermarkMs: 10 * minute,
    panes: { [10 * minute]: { played: 2 } },
    corrected: 0,
    leftOut: 1,
  });
});

test('keys beyond the most are added together', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const { state } = advance(
    noPanes,
    keys.map((key) => at(1, key)),
    options,
    anyTime,
  );
  expect(state.panes[minute]).toEqual({ a: 1, b: 1, c: 1, d: 1, [otherKey]: 3 });
});

test('a sliding window is the sum of what is in it', () => {
  const sizeMs = 7 * minute;
  fc.assert(
    fc.property(additionsWithin(30 * minute), (additions) => {
      const windows = sliding(plainly(additions), { sizeMs, everyMs: minute }, 1_000_000, 1_000_000 + 45 * minute);
      expect(windows).toHaveLength(46);
      for (const { endMs, sums } of windows) {
        const own = additions.filter(({ atMs }) => atMs >= endMs - sizeMs && atMs < endMs);
        const expected: Record<string, number> = {};
        for (const { key, value } of own) expected[key] = (expected[key] ?? 0) + value;
        expect(sums).toEqual(expected);
      }
    }),
  );
});

test('a stretch of time is divided among the panes that it touches', () => {
  expect(stretch(minute - 10, 2 * minute + 5, 'heard', minute)).toEqual([
    { atMs: minute - 10, key: 'heard', value: 10 },
    { atMs: minute, key: 'heard', value: minute },
    { atMs: 2 * minute, key: 'heard', value: 5 },
  ]);
  expect(stretch(minute, minute, 'heard', minute)).toEqual([]);
});
