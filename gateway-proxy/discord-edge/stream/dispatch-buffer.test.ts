import { describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { DispatchBuffer } from './dispatch-buffer.ts';

const minuteMs = 60_000;
const seqs = (buffer: DispatchBuffer) => buffer.unacknowledged().map(({ seq }) => seq);

function filled(count: number, bytes = 10, clock = new FakeClock()) {
  const buffer = new DispatchBuffer(clock, { count: 5, bytes: 100, ageMs: 10 * minuteMs });
  for (let seq = 1; seq <= count; seq += 1) buffer.add({ seq, t: 'CHANNEL_UPDATE', d: {} }, bytes);
  return buffer;
}

describe('DispatchBuffer', () => {
  it('keeps what is not acknowledged, in order', () => {
    const buffer = filled(4);
    buffer.acknowledge(2);
    expect(seqs(buffer)).toEqual([3, 4]);
    buffer.acknowledge(1);
    expect(seqs(buffer)).toEqual([3, 4]);
    buffer.acknowledge(99);
    expect(seqs(buffer)).toEqual([]);
    expect(buffer.lost).toBe(0);
  });

  it('is bounded by number, oldest first, and counts what it lost', () => {
    const buffer = filled(8);
    expect(seqs(buffer)).toEqual([4, 5, 6, 7, 8]);
    expect(buffer.lost).toBe(3);
  });

  it('is bounded by size', () => {
    expect(seqs(filled(4, 40))).toEqual([3, 4]);
    expect(seqs(filled(1, 1_000))).toEqual([]);
  });

  it('is bounded by age', () => {
    const clock = new FakeClock();
    const buffer = filled(2, 10, clock);
    clock.advance(10 * minuteMs - 1);
    buffer.add({ seq: 3, t: 'X', d: {} }, 1);
    expect(seqs(buffer)).toEqual([1, 2, 3]);
    clock.advance(1);
    expect(seqs(buffer)).toEqual([3]);
  });
});
