import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { ShownDeadLetter } from './dead-letters.ts';

/** What a carrier can promise. Each says which of these it does, and is held to that; README.md has the table. */
export interface Promises {
  /** Everything has an effect, exactly once, however often it is delivered; otherwise it is heard at most once. */
  readonly oneEffect: boolean;
  /** What is told while nobody follows waits. */
  readonly waits: boolean;
  /** What cannot be handled is kept for an operator, who replays it, and the rest goes on. */
  readonly deadLetters: boolean;
  /** What no workload of the platform has signed has no effect. */
  readonly signatures: boolean;
}

/** What is done about a number; rejects as a handler does. */
export type Handling = (number: number) => void;

/** A carrier that is tried: numbers are told under keys, and followed. */
export interface Carried extends AsyncDisposable {
  /** In this order. */
  tell(key: string, numbers: readonly number[]): Promise<void>;
  /** Another process that follows; resolves when it does. */
  follow(key: string, handling?: Handling): Promise<AsyncDisposable>;
  /** What was done, in the order in which it was done. */
  done(key: string): Promise<number[]>;
  /** Ends the server as a crash does. What it returns brings it back. */
  crash(): Promise<() => Promise<void>>;
  readonly deadLetters?: {
    newest(): Promise<ShownDeadLetter | undefined>;
    replay(id: string): Promise<unknown>;
  };
  /** Puts a number where others are carried, as somebody who may write there, but not sign. */
  readonly forge?: (key: string, number: number) => Promise<void>;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const soon = { interval: 20 };
const atGuild = (): string => String(BigInt(`0x${randomBytes(7).toString('hex')}`));
const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((each, index) => index === 0 || (numbers[index - 1] ?? each) < each);

/** What every carrier is held to, against its real server. */
export function carrierContract(promises: Promises, start: () => Promise<Carried>): void {
  let carried: Carried;
  beforeAll(async () => {
    carried = await start();
  });
  afterAll(() => carried?.[Symbol.asyncDispose]());

  test('brings what is told under a key in its order', async () => {
    const [key, other] = [atGuild(), atGuild()];
    await using _following = await carried.follow(key);
    await using _beside = await carried.follow(other);
    await carried.tell(key, upTo(50));
    for (let number = 50; number < 60; number += 1) {
      await carried.tell(other, [number]);
      await carried.tell(key, [number]);
    }
    await expect.poll(() => carried.done(key), soon).toEqual(upTo(60));
    await expect.poll(() => carried.done(other), soon).toEqual(upTo(60).slice(50));
  });

  test(`a consumer that was stopped goes on ${promises.waits ? 'where it was' : 'with what is told from then on'}`, async () => {
    const key = atGuild();
    {
      await using _following = await carried.follow(key);
      await carried.tell(key, [0]);
      await expect.poll(() => carried.done(key), soon).toEqual([0]);
    }
    await carried.tell(key, upTo(250).slice(1));
    await using _following = await carried.follow(key);
    await carried.tell(key, [250]);
    await expect.poll(() => carried.done(key), soon).toEqual(promises.waits ? upTo(251) : [0, 250]);
  });

  test(`a server that is killed in the middle ${promises.oneEffect ? 'costs nothing, and nothing has two effects' : 'is followed again once it is back'}`, async () => {
    const key = atGuild();
    await using _following = await carried.follow(key);
    const [killedAt, backAt, count] = [40, 100, 160];
    let back: Promise<void> | undefined;
    let comeBack: (() => Promise<void>) | undefined;
    for (let number = 0; number < count; number += 4) {
      const told = carried.tell(key, [number, number + 1, number + 2, number + 3]);
      if (promises.oneEffect) await told;
      else await told.catch(() => undefined);
      if (number === killedAt) comeBack = await carried.crash();
      if (number === backAt) back = comeBack?.();
    }
    await back;
    if (promises.oneEffect) {
      await expect.poll(async () => (await carried.done(key)).length, soon).toBe(count);
      expect(await carried.done(key)).toEqual(upTo(count));
      return;
    }
    let next = count;
    await expect
      .poll(async () => {
        next += 1;
        await carried.tell(key, [next]).catch(() => undefined);
        return (await carried.done(key)).at(-1) ?? 0;
      }, soon)
      .toBeGreaterThan(count);
    expect(isAscending(await carried.done(key))).toBe(true);
  });

  if (promises.oneEffect)
    test('two processes share the work, and an event has one effect', async () => {
      const keys = Array.from({ length: 12 }, atGuild);
      await using stack = new AsyncDisposableStack();
      for (let process = 0; process < 2; process += 1) stack.use(await carried.follow(keys[0] ?? ''));
      for (let round = 0; round < 5; round += 1) await Promise.all(keys.map((key) => carried.tell(key, [round])));
      for (const key of keys) await expect.poll(() => carried.done(key), soon).toEqual(upTo(5));
    });

  if (promises.oneEffect)
    test('a consumer that fails in the middle has no effect twice, also if the database goes away', async () => {
      const key = atGuild();
      let failures = 2;
      await using _following = await carried.follow(key, (number) => {
        if (number === 7 && failures-- > 0)
          throw failures === 1
            ? new Error('as a bug would')
            : new BailiwickError({ code: 'database.unavailable', owner: 'platform', status: 503, message: 'Away.' });
      });
      await carried.tell(key, upTo(20));
      await expect.poll(() => carried.done(key), soon).toEqual(upTo(20));
      expect(failures).toBeLessThan(0);
    });

  if (promises.deadLetters)
    test('what cannot be handled becomes a dead letter, the rest goes on, and an operator replays it once', async () => {
      const key = atGuild();
      await using _following = await carried.follow(key, (number) => {
        if (number === 3) throw new Error('with a secret in it');
      });
      await carried.tell(key, upTo(6));
      await expect.poll(() => carried.done(key), soon).toEqual([0, 1, 2, 4, 5]);
      const letter = await carried.deadLetters?.newest();
      expect(letter).toMatchObject({
        reason: 'handler',
        // The message may have anything in it.
        detail: 'Error',
        event: { stream: `session/${key}`, version: 4 },
        replayedAt: null,
      });
      const replay = (id = letter?.id ?? '') => carried.deadLetters?.replay(id);
      expect(await replay()).toMatchObject({ replayedAt: expect.any(String) });
      await expect(replay()).rejects.toMatchObject({ code: 'dead-letter.replayed' });
      await expect(replay('edl_none')).rejects.toMatchObject({ code: 'dead-letter.unknown' });
      expect(await carried.done(key)).toEqual([0, 1, 2, 4, 5, 3]);
    });

  if (promises.signatures)
    test('what nobody of the platform has signed has no effect, and is told of', async () => {
      const key = atGuild();
      await using _following = await carried.follow(key);
      await carried.tell(key, [0]);
      await expect.poll(() => carried.done(key), soon).toEqual([0]);
      await carried.forge?.(key, 666);
      await carried.tell(key, [1]);
      await expect.poll(() => carried.done(key), soon).toEqual([0, 1]);
      const newest = async () => carried.deadLetters?.newest();
      await expect.poll(newest, soon).toMatchObject({ reason: 'wrong-signature', event: null });
      await expect(carried.deadLetters?.replay((await newest())?.id ?? '')).rejects.toMatchObject({
        code: 'dead-letter.not-believed',
      });
    });
}
