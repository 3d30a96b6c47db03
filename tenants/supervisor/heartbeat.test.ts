import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';

let clock: FakeClock;
let heard: string[];
let pings: number[];
let heartbeat: Heartbeat;
let answers: boolean;

beforeEach(() => {
  clock = new FakeClock();
  heard = [];
  pings = [];
  answers = true;
  heartbeat = startHeartbeat({
    clock,
    ping: (id) => {
      pings.push(id);
      if (answers) heartbeat.answered(id);
    },
    unresponsive: (seconds) => heard.push(`unresponsive ${seconds}`),
    responsive: () => heard.push('responsive'),
    hung: (seconds) => heard.push(`hung ${seconds}`),
  });
});

/** Time that passes for everybody except this process: its timers are late. */
const sleepThrough = (ms: number) => {
  const due: (() => void)[] = [];
  const { after } = clock;
  clock.after = (_delayMs, run) => {
    due.push(run);
    return () => due.splice(due.indexOf(run), 1);
  };
  clock.advance(1_000);
  clock.after = after;
  clock.advance(ms - 1_000);
  for (const run of due) run();
};

describe('a heartbeat', () => {
  test('asks every second, and says nothing of a bot that answers', () => {
    clock.advance(60_000);
    expect(pings).toHaveLength(60);
    expect(heard).toEqual([]);
  });

  test('tells of a bot that does not answer once after 4 s, and gives it up after 10', () => {
    clock.advance(2_000);
    answers = false;
    clock.advance(4_000);
    expect(heard).toEqual([]);
    clock.advance(1_000);
    expect(heard).toEqual(['unresponsive 4']);
    clock.advance(5_000);
    expect(heard).toEqual(['unresponsive 4']);
    clock.advance(1_000);
    expect(heard).toEqual(['unresponsive 4', 'hung 10']);
    clock.advance(60_000);
    expect(heard).toHaveLength(2);
    expect(pings).toEqual([1, 2, 3]);
  });

  test('tells when it answers again, and takes no old answer for a new one', () => {
    clock.advance(2_000);
    answers = false;
    clock.advance(6_000);
    heartbeat.answered(2);
    expect(heard).toEqual(['unresponsive 4']);
    heartbeat.answered(3);
    expect(heard).toEqual(['unresponsive 4', 'responsive']);
    clock.advance(5_000);
    expect(heard.at(-1)).toBe('unresponsive 4');
  });

  test('gives a bot that starts 30 s, and no more once it says that it has started', () => {
    answers = false;
    clock.advance(30_000);
    expect(heard).toEqual([]);
    clock.advance(1_000);
    expect(heard).toEqual(['hung 30']);
  });

  test('watches a bot that has started as it does any other', () => {
    answers = false;
    clock.advance(1_000);
    heartbeat.started();
    clock.advance(10_000);
    expect(heard).toEqual(['unresponsive 4', 'hung 10']);
  });

  test('blames nobody for the time in which it was itself frozen, or its machine slept', () => {
    clock.advance(2_000);
    answers = false;
    clock.advance(9_000);
    expect(heard).toEqual(['unresponsive 4']);
    sleepThrough(3_600_000);
    clock.advance(9_000);
    expect(heard).toEqual(['unresponsive 4']);
    clock.advance(1_000);
    expect(heard).toEqual(['unresponsive 4', 'hung 10']);
  });

  test('is over when it is stopped', () => {
    answers = false;
    clock.advance(2_000);
    heartbeat.stop();
    clock.advance(60_000);
    expect(heard).toEqual([]);
    expect(pings).toHaveLength(1);
  });
});
