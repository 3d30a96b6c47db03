import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { keepCommandsRegistered } from './readiness.ts';

const commands = [{ name: 'queue', description: 'Queue' }];
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const quarterMs = 15 * 60_000;

let clock: FakeClock;
/** The commands at Discord. */
let known: unknown[];
let away: boolean;
let writes: number;
let told: string[];
let stopping: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  known = [];
  away = false;
  writes = 0;
  told = [];
  stopping = new AbortController();
  keepCommandsRegistered({
    client: {
      rest: {
        get: () => (away ? Promise.reject(new Error('away')) : Promise.resolve(known)),
        put: (_route, options) => {
          writes += 1;
          known = options?.body as unknown[];
          return Promise.resolve(known);
        },
      },
    },
    applicationId: '1',
    commands,
    readiness: { commands: (state) => told.push(state) },
    logger,
    clock,
    signal: stopping.signal,
    random: () => 0.5,
  });
});

const advance = async (ms: number) => {
  clock.advance(ms);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
};

describe('the commands at Discord', () => {
  test.each([
    ['deleted', []],
    ['overwrote', [{ name: 'foreign', description: 'Of somebody else' }]],
  ])('are registered anew when somebody else %s them', async (_what, instead) => {
    await advance(0);
    expect(writes).toBe(1);
    await advance(quarterMs);
    expect(writes).toBe(1);
    known = instead;
    await advance(quarterMs);
    expect(known).toEqual(commands);
    expect(writes).toBe(2);
    expect(told).toEqual(['registered', 'registered', 'registered']);
  });

  test('count as registered while Discord is away for a moment, and not any longer', async () => {
    await advance(0);
    away = true;
    await advance(quarterMs);
    expect(told).toEqual(['registered']);
    await advance(2_000);
    expect(told.at(-1)).toBe('failed');
    away = false;
    await advance(5_000);
    expect(told.at(-1)).toBe('registered');
  });

  test('are left alone by a bot that stops', async () => {
    await advance(0);
    stopping.abort();
    known = [];
    await advance(quarterMs);
    expect(writes).toBe(1);
  });
});
