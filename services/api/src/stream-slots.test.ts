import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { MemoryCounts, type CountsInMemory } from '#infra/shared-state/memory-counts.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import { StreamSlots } from './stream-slots.ts';

const limits = { perSubject: 3, total: 5 };
const tooMany = { code: 'stream.too-many', status: 429 };
let clock: FakeClock;
let all: CountsInMemory;
let isAway: boolean;
let stack: DisposableStack;

beforeEach(() => {
  clock = new FakeClock();
  all = new Map();
  isAway = false;
  stack = new DisposableStack();
});
afterEach(() => stack.dispose());

/** The slots of an api that shares them with those of the other names. */
function slotsAt(api: string, kind = 'streams'): StreamSlots {
  const memory = new MemoryCounts(clock, api, all);
  const counts: SharedCounts = {
    isShared: true,
    exchange: async (statements) => {
      if (isAway) throw new Error('away');
      return memory.exchange(statements);
    },
    health: memory.health,
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  };
  return stack.use(new StreamSlots({ ...limits, kind, counts, clock }));
}
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await settle();
    clock.advance(1_000);
  }
  await settle();
}

describe('slots for streams', () => {
  test('are counted per person and in total, and each is given back once', async () => {
    const slots = stack.use(
      new StreamSlots({ ...limits, kind: 'streams', counts: new MemoryCounts(clock, 'only'), clock }),
    );
    const [release] = await Promise.all([slots.take('a'), slots.take('a'), slots.take('a')]);
    await expect(slots.take('a')).rejects.toMatchObject(tooMany);
    await Promise.all([slots.take('b'), slots.take('c')]);
    await expect(slots.take('d')).rejects.toMatchObject(tooMany);
    release?.();
    release?.();
    await slots.take('a');
    await expect(slots.take('a')).rejects.toMatchObject(tooMany);
  });

  test('of one person are counted at all apis together, at once', async () => {
    const [one, other] = [slotsAt('one'), slotsAt('other')];
    const release = await one.take('a');
    await one.take('a');
    await other.take('a');
    for (const slots of [one, other]) await expect(slots.take('a')).rejects.toMatchObject(tooMany);
    await other.take('b');
    release();
    await settle();
    await other.take('a');
    await expect(one.take('a')).rejects.toMatchObject(tooMany);
  });

  test('are not given twice to two that ask two apis at the same moment', async () => {
    const [one, other] = [slotsAt('one'), slotsAt('other')];
    await one.take('a');
    const asked = await Promise.allSettled([one, other, one, other].map((slots) => slots.take('a')));
    expect(asked.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(2);
  });

  test('stay taken as long as the stream is open, and end with an api that is killed', async () => {
    const [one, other] = [slotsAt('one'), slotsAt('other')];
    for (let taken = 0; taken < 3; taken += 1) await one.take('a');
    await pass(30);
    await expect(other.take('a')).rejects.toMatchObject(tooMany);
    one[Symbol.dispose]();
    await pass(5);
    await other.take('a');
  });

  test('are counted at each api while they cannot hear of each other, and together again after that', async () => {
    const [one, other] = [slotsAt('one'), slotsAt('other')];
    await one.take('a');
    isAway = true;
    for (let taken = 0; taken < 3; taken += 1) await other.take('a');
    await expect(other.take('a')).rejects.toMatchObject(tooMany);
    await one.take('a');
    isAway = false;
    await pass(2);
    await expect(one.take('a')).rejects.toMatchObject(tooMany);
  });

  test('of different kinds are counted apart', async () => {
    const [streams, exports] = [slotsAt('one'), slotsAt('other', 'exports')];
    for (let taken = 0; taken < 3; taken += 1) await streams.take('a');
    await exports.take('a');
  });
});
