import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { discordError, json } from '../discord/discord-answers.ts';
import { ApplicationWatch } from './application-watch.ts';

const everyMs = 12 * 60_000;
const well = { id: '1', interactions_endpoint_url: null };
const elsewhere = { id: '1', interactions_endpoint_url: 'https://elsewhere.example' };

let clock: FakeClock;
let answer: () => Promise<Response>;
let asked: number;
let changes: number;
let rest: { call: () => Promise<Response>; dead: boolean };
let watch: ApplicationWatch;

beforeEach(() => {
  clock = new FakeClock();
  answer = () => Promise.resolve(json(200, well));
  asked = 0;
  changes = 0;
  rest = {
    dead: false,
    call: () => {
      asked += 1;
      return answer();
    },
  };
  watch = new ApplicationWatch({ rest, clock, everyMs, random: () => 0.5, changed: () => (changes += 1) });
});

const advance = async (ms: number) => {
  clock.advance(ms);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
};

describe('ApplicationWatch', () => {
  it('asks once soon after a session begins, then on schedule', async () => {
    watch.connected();
    watch.connected();
    await advance(2_500);
    expect(asked).toBe(1);
    await advance(everyMs - 1);
    expect(asked).toBe(1);
    await advance(1);
    expect(asked).toBe(2);
    expect(changes).toBe(0);
  });

  it('tells what was changed at Discord, and that it was fixed', async () => {
    answer = () => Promise.resolve(json(200, elsewhere));
    watch.connected();
    await advance(2_500);
    expect(watch.findings).toMatchObject([{ code: 'interactions-endpoint-set' }]);
    await advance(everyMs);
    expect(changes).toBe(1);
    answer = () => Promise.resolve(json(200, well));
    await advance(everyMs);
    expect(watch.findings).toEqual([]);
    expect(changes).toBe(2);
  });

  it.each([
    ['refuses to answer', () => Promise.resolve(discordError(503, 0, 'away'))],
    ['cannot be reached', () => Promise.reject(new Error('reset'))],
    ['answers nonsense', () => Promise.resolve(json(200, []))],
  ])('keeps what it knows while Discord %s, and asks again within a minute or so', async (_what, fails) => {
    answer = () => Promise.resolve(json(200, elsewhere));
    watch.connected();
    await advance(2_500);
    answer = fails;
    await advance(everyMs);
    expect(watch.findings).toHaveLength(1);
    await advance(60_000);
    expect(asked).toBe(3);
  });

  it('asks nothing with a dead token, and nothing once stopped', async () => {
    rest.dead = true;
    watch.connected();
    await advance(everyMs * 2);
    rest.dead = false;
    watch.connected();
    watch.stop();
    await advance(everyMs * 2);
    expect(asked).toBe(0);
  });
});
