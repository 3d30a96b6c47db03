import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import type { Entry } from './entry.ts';
import { withTurns } from './fair-queue.ts';

const members = { a: snowflake('1'), b: snowflake('2'), c: snowflake('3'), portal: null };
type Name = keyof typeof members;
const entry = (entryId: string, who: Name) => testEntry({ entryId, requestedBy: members[who] });
/** Entries as text: `a1 a2 b1`. */
const entries = (text: string) => text.split(' ').map((id) => entry(id, id[0] as Name));
const shown = (queue: readonly Entry[]) => queue.map(({ entryId }) => entryId).join(' ');
const added = (queue: string, more: string, current: string | null = null) =>
  shown(
    withTurns(
      { current: current === null ? null : entry(current, current[0] as Name), queue: entries(queue) },
      entries(more),
    ),
  );

test('members take turns, however many tracks one has added', () => {
  expect(added('a1 a2 a3', 'b1')).toBe('a1 b1 a2 a3');
  expect(added('a1 b1 a2 a3', 'b2 b3 b4')).toBe('a1 b1 a2 b2 a3 b3 b4');
  expect(added('a1 b1 a2 b2', 'c1')).toBe('a1 b1 c1 a2 b2');
});

test('the current track is the turn of whoever asked for it', () => {
  expect(added('a2 a3', 'b1', 'a1')).toBe('b1 a2 a3');
  expect(added('a2 a3', 'b1', 'c0')).toBe('a2 b1 a3');
});

test("nobody's own order changes, even where others have moved tracks", () => {
  expect(added('b2 b1 a1', 'a2')).toBe('b2 b1 a1 a2');
  expect(added('a2 b1 a1', 'b2 c1')).toBe('a2 b1 c1 a1 b2');
});

test('keeps what waits in its order, loses nothing, and lets nobody wait for more than one turn of each other', () => {
  const who = fc.constantFrom<Name>('a', 'b', 'c', 'portal');
  fc.assert(
    fc.property(fc.array(fc.array(who, { minLength: 1, maxLength: 8 }), { maxLength: 8 }), (requests) => {
      let queue: Entry[] = [];
      let count = 0;
      for (const request of requests) {
        const more = request.map((name) => entry(`ent_${(count += 1)}`, name));
        const next = withTurns({ current: null, queue }, more);
        expect(next.filter((each) => queue.includes(each))).toEqual(queue);
        expect(next).toHaveLength(queue.length + more.length);
        queue = next;
      }
      const seen = new Map<Entry['requestedBy'], number>();
      let round = 0;
      for (const { requestedBy } of queue) {
        const turn = seen.get(requestedBy) ?? 0;
        expect(turn).toBeGreaterThanOrEqual(round);
        round = turn;
        seen.set(requestedBy, turn + 1);
      }
    }),
  );
});
