import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { readStream, type StreamReader } from '../stream-reader.fixture.ts';
import { recordStream, type RecordStream } from './record-stream.ts';

let clock: FakeClock;
let stream: RecordStream;
let reader: StreamReader;
let onClose: Mock<() => void>;

beforeEach(async () => {
  clock = new FakeClock();
  const closed = (onClose = vi.fn<() => void>());
  reader = await readStream((reply) => (stream = recordStream(reply, { clock, onClose: closed })), ': begun');
});
afterEach(() => reader[Symbol.asyncDispose]());

/** Sends records until the reader has no room; returns the number of the last, and when there is room again. */
async function fillUp(): Promise<{ last: number; room: Promise<void> }> {
  reader.pause();
  for (let last = 1; ; last += 1) {
    const room = stream.send({ event: 'record', id: String(last), data: 'x'.repeat(64 * 1024) });
    const sent = await Promise.race([room.then(() => true), new Promise<false>((no) => setTimeout(no, 100, false))]);
    if (!sent) return { last, room };
  }
}

describe('a stream of records', () => {
  it('sends each with its id, and waits for a reader that has no room, however long', async () => {
    const { last, room } = await fillUp();
    clock.advance(60_000);
    expect(stream.signal.aborted).toBe(false);
    reader.resume();
    await room;
    await expect.poll(() => reader.received.match(/id: \d+\n/g)?.length, { timeout: 10_000 }).toBe(last);
  });

  it('stops waiting for a reader that is gone', async () => {
    const { room } = await fillUp();
    reader.leave();
    await room;
    expect(stream.signal.aborted).toBe(true);
    await stream.send({ event: 'record', data: 'nobody reads this' });
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('says every ten seconds that it is there, and ends after ten minutes', async () => {
    clock.advance(25_000);
    await expect.poll(() => reader.received.match(/: still here/g)?.length, { timeout: 10_000 }).toBe(2);
    clock.advance(10 * 60_000);
    expect(stream.signal.aborted).toBe(true);
    expect(onClose).toHaveBeenCalledOnce();
  });
});
