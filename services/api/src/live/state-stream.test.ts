import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { readStream, type StreamReader } from '../stream-reader.fixture.ts';
import { stateStream, type StateStream } from './state-stream.ts';

let clock: FakeClock;
let stream: StateStream;
let closings: { count: number };
let reader: StreamReader;

beforeEach(async () => {
  clock = new FakeClock();
  // One that is left open ends during the next test.
  const own = (closings = { count: 0 });
  const onClose = () => void (own.count += 1);
  reader = await readStream((reply) => (stream = stateStream(reply, { clock, maxWaiting: 3, onClose })), 'retry: 1000');
});
afterEach(() => reader[Symbol.asyncDispose]());

const big = (number: number) => ({ number, filling: 'x'.repeat(64 * 1024) });
const numbers = (event: string): number[] =>
  [...reader.received.matchAll(new RegExp(`event: ${event}\\ndata: \\{"number":(\\d+)`, 'g'))].map((match) =>
    Number(match[1]),
  );

/** Until what is sent is no longer written out; returns the number reached. */
function fillUp(): number {
  reader.pause();
  let number = 0;
  // The system's own buffers take some megabytes first; what is written in one turn stays in the process.
  for (; number < 100; number += 1) stream.send('player', big(number));
  return number;
}

describe('a stream of states', () => {
  it('keeps the latest of each key for a reader that is behind, and no history', async () => {
    const last = fillUp();
    stream.send('session', { number: 1 });
    stream.send('player', { number: last });
    stream.send('session', { number: 2 });
    reader.resume();
    await expect.poll(() => numbers('session'), { timeout: 10_000 }).toEqual([2]);
    const players = numbers('player');
    expect(players.at(-1)).toBe(last);
    expect(players.length).toBeLessThan(last / 2);
    expect(players).toEqual(players.toSorted((a, b) => a - b));
    stream.send('session', { number: 3 });
    await expect.poll(() => numbers('session'), { timeout: 10_000 }).toEqual([2, 3]);
  });

  it('cuts off a reader for whom more keys wait than there are', async () => {
    fillUp();
    for (let guild = 0; guild < 4; guild += 1) stream.send('player', { number: guild }, `player ${guild}`);
    reader.resume();
    await reader.cutOff;
    await expect.poll(() => closings.count, { timeout: 10_000 }).toBe(1);
    expect(stream.closed).toBe(true);
  });

  it('cuts off a reader that takes nothing for half a minute, and not one that does', async () => {
    stream.send('player', big(1));
    await expect.poll(() => numbers('player'), { timeout: 10_000 }).toEqual([1]);
    clock.advance(60_000);
    expect(stream.closed).toBe(false);
    fillUp();
    clock.advance(30_000);
    reader.resume();
    await reader.cutOff;
    await expect.poll(() => closings.count, { timeout: 10_000 }).toBe(1);
  });

  it('is heard of every ten seconds, and not at all once it is closed', async () => {
    clock.advance(25_000);
    await expect.poll(() => reader.received.match(/: still here/g)?.length, { timeout: 10_000 }).toBe(2);
    stream.close();
    await expect.poll(() => reader.received, { timeout: 10_000 }).toMatch(/\r\n0\r\n\r\n$/);
    stream.send('player', { number: 1 });
    clock.advance(60_000);
    expect(numbers('player')).toEqual([]);
    expect(closings.count).toBe(1);
  });
});
