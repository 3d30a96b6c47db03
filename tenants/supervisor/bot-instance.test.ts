import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import type { FromBot, ToBot } from '#tenants/instance-protocol/door.ts';
import { BotInstance } from './bot-instance.ts';
import type { BotCondition } from '../instance-protocol/instance-state.ts';
import { createLaunchSlots } from './launch-slots.ts';
import type { BotProcessEvents, KillOptions, Launcher } from './launcher.ts';

/** A launcher whose processes start and stop as the test says. */
class HandLauncher implements Launcher {
  readonly layers = ['by-hand'];
  readonly launched: { events: BotProcessEvents; sent: ToBot[]; stopped: boolean; hangs: boolean }[] = [];

  launch(_tenant: unknown, events: BotProcessEvents) {
    const started = { events, sent: [] as ToBot[], stopped: false, hangs: false };
    this.launched.push(started);
    return {
      pid: this.launched.length,
      send: (message: ToBot) => {
        if (message.type !== 'ping') started.sent.push(message);
        else if (!started.hangs) events.message({ type: 'pong', id: message.id });
      },
      stop: () => {
        started.stopped = true;
      },
      kill: (because: string, { replace }: KillOptions = {}) =>
        events.exited({ code: null, signal: 'SIGKILL' as const, because, ...(replace ? { replaced: true } : {}) }),
    };
  }

  get last() {
    const last = this.launched.at(-1);
    if (!last) throw new Error('nothing was launched');
    return last;
  }
}

const settings = {
  installation: 'test',
  tenant: 't',
  applicationId: '1',
  logLevel: 'info',
  proxySpiffeId: 'spiffe://test/svc/gateway-proxy',
};
const ofTenant = () => {
  const tenant = newTenantId();
  return { tenant, lease: { tenant, part: 'supervisor', token: 1 } } as const;
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

let clock: FakeClock;
let launcher: HandLauncher;
let conditions: BotCondition[];
let instance: BotInstance;
let closedDoors: number;
let asked: FromBot[];

beforeEach(() => {
  clock = new FakeClock();
  launcher = new HandLauncher();
  conditions = [];
  closedDoors = 0;
  asked = [];
  instance = new BotInstance({
    ...ofTenant(),
    settings,
    launcher,
    openDoor: () => ({ asked: (question) => asked.push(question), close: () => (closedDoors += 1) }),
    slots: createLaunchSlots(1, 10_000, clock),
    clock,
    random: () => 1,
    changed: (condition) => conditions.push(condition),
  });
});

const start = async () => {
  instance.start();
  await turn();
};
const crash = async (code = 1) => {
  launcher.last.events.exited({ code, signal: null });
  await turn();
};
const pass = async (ms: number) => {
  clock.advance(ms);
  await turn();
};

describe('a bot that shall run', () => {
  test('is told its settings first, and its questions go to its own door', async () => {
    await start();
    expect(launcher.last.sent).toEqual([{ type: 'settings', settings }]);
    launcher.last.events.message({ type: 'door', id: 7 });
    expect(asked).toEqual([{ type: 'door', id: 7 }]);
  });

  test('is in the state that it tells, with its detail free of secrets', async () => {
    await start();
    launcher.last.events.message({ type: 'state', state: 'degraded', detail: 'Bot abcdefghijklmnop said no' });
    expect(instance.condition).toEqual({ state: 'degraded', restarts: 0, reason: '[redacted] said no' });
    launcher.last.events.message({ type: 'state', state: 'ready' });
    expect(instance.condition).toEqual({ state: 'ready', restarts: 0 });
  });

  test('is started again after 0.2 s, 0.4 s, 0.8 s', async () => {
    await start();
    for (const [count, delayMs] of [200, 400, 800].entries()) {
      await crash();
      expect(instance.condition).toMatchObject({ state: 'backing-off', restarts: count });
      await pass(delayMs - 1);
      expect(launcher.launched).toHaveLength(count + 1);
      await pass(1);
      expect(launcher.launched).toHaveLength(count + 2);
    }
    expect(closedDoors).toBe(3);
  });

  test('never waits longer than a minute, and begins anew once it ran for a minute', async () => {
    await start();
    for (let count = 0; count < 12; count += 1) {
      await pass(59_000);
      await crash();
      await pass(60_000);
    }
    expect(launcher.launched).toHaveLength(13);
    await pass(60_000);
    await crash();
    await pass(200);
    expect(launcher.launched).toHaveLength(14);
  });

  test('is given up after five crashes within a minute, with how it ended in words, until it is started again', async () => {
    await start();
    for (let count = 0; count < 4; count += 1) {
      await crash(9);
      await pass(5_000);
    }
    expect(instance.condition.state).toBe('starting');
    await crash(9);
    expect(instance.condition).toEqual({
      state: 'failed',
      restarts: 4,
      reason: 'The bot stopped 5 times within a minute and is no longer restarted. Last time it exited with code 9.',
    });
    await pass(600_000);
    expect(launcher.launched).toHaveLength(5);
    await start();
    expect(launcher.launched).toHaveLength(6);
    expect(instance.condition).toEqual({ state: 'starting', restarts: 0 });
  });

  test('that crashes five times over more than a minute is not given up', async () => {
    await start();
    for (let count = 0; count < 6; count += 1) {
      await crash();
      await pass(16_000);
    }
    expect(instance.condition.state).not.toBe('failed');
  });

  test('that runs out of memory says so', async () => {
    await start();
    launcher.last.events.exited({ code: null, signal: 'SIGTRAP' });
    expect(instance.condition.reason).toContain('most likely out of memory');
  });
});

describe('a bot whose event loop stands still', () => {
  const ready = async () => {
    await start();
    launcher.last.events.message({ type: 'state', state: 'ready' });
    await pass(3_000);
    launcher.last.hangs = true;
  };

  test('is not ready within seconds, is replaced after ten, and both are said', async () => {
    await ready();
    await pass(5_000);
    expect(instance.condition).toEqual({
      state: 'degraded',
      restarts: 0,
      reason: 'The bot has not responded for 4 s.',
    });
    await pass(6_000);
    expect(instance.condition).toEqual({
      state: 'backing-off',
      restarts: 0,
      reason: 'The bot did not respond for 10 s and was replaced.',
    });
    await pass(200);
    expect(launcher.launched).toHaveLength(2);
    expect(instance.condition).toEqual({ state: 'starting', restarts: 1 });
  });

  test('is what it last said to be once it answers again', async () => {
    await ready();
    await pass(6_000);
    launcher.last.events.message({ type: 'state', state: 'degraded', detail: 'Discord is away.' });
    expect(instance.condition.reason).toBe('The bot has not responded for 4 s.');
    launcher.last.events.message({ type: 'pong', id: 3 });
    expect(instance.condition.reason).toBe('The bot has not responded for 4 s.');
    launcher.last.events.message({ type: 'pong', id: 4 });
    expect(instance.condition).toEqual({ state: 'degraded', restarts: 0, reason: 'Discord is away.' });
  });

  test('again and again is started again later and later, and never given up', async () => {
    await ready();
    for (let count = 0; count < 12; count += 1) {
      launcher.last.hangs = true;
      await pass(100_000);
    }
    expect(launcher.launched.length).toBeGreaterThan(9);
    expect(instance.condition.state).not.toBe('failed');
    await pass(60_000);
    await pass(3_000);
    launcher.last.events.message({ type: 'state', state: 'ready' });
    expect(instance.condition.state).toBe('ready');
  });
});

test('a bot that is replaced through no fault of its own is never given up for that', async () => {
  await start();
  for (let count = 0; count < 8; count += 1) {
    instance.endIfStartedBy(clock.now(), 'had an identity that was revoked');
    expect(instance.condition).toMatchObject({
      state: 'backing-off',
      reason: 'The bot had an identity that was revoked and was replaced.',
    });
    await pass(60_000);
  }
  expect(launcher.launched).toHaveLength(9);
});

describe('a bot that shall stop', () => {
  test('is stopped once its process is gone, and is not started again', async () => {
    await start();
    const stopped = instance.stop();
    expect(launcher.last.stopped).toBe(true);
    expect(instance.condition.state).toBe('starting');
    await crash(0);
    await stopped;
    expect(instance.condition.state).toBe('stopped');
    await pass(120_000);
    expect(launcher.launched).toHaveLength(1);
  });

  test('is not started again when it was waiting for that', async () => {
    await start();
    await crash();
    await instance.stop();
    await pass(120_000);
    expect(launcher.launched).toHaveLength(1);
    expect(instance.condition.state).toBe('stopped');
  });

  test('is not started when it was waiting for its turn', async () => {
    const slots = createLaunchSlots(1, 60_000, clock);
    const release = await slots.take();
    const waiting = new BotInstance({
      ...ofTenant(),
      settings,
      launcher,
      openDoor: () => ({ asked: () => undefined, close: () => undefined }),
      slots,
      clock,
      changed: () => undefined,
    });
    waiting.start();
    await waiting.stop();
    release();
    await turn();
    expect(launcher.launched).toHaveLength(0);
    waiting.start();
    await turn();
    expect(launcher.launched).toHaveLength(1);
  });
});

test('a bot that says all the time how it is costs others nothing: above its budget only the latest counts', async () => {
  await start();
  const before = conditions.length;
  for (let index = 0; index < 1_000; index += 1) {
    launcher.last.events.message({ type: 'state', state: 'degraded', detail: `for the ${index}th time` });
  }
  expect(conditions.length - before).toBe(20);
  await pass(1_000);
  expect(conditions.length - before).toBe(21);
  expect(conditions.at(-1)?.reason).toBe('for the 999th time');
  await pass(60_000);
  expect(conditions.length - before).toBe(21);
});

test('what a bot said last is forgotten when it ends', async () => {
  await start();
  for (let index = 0; index < 30; index += 1) {
    launcher.last.events.message({ type: 'state', state: 'degraded', detail: String(index) });
  }
  await crash();
  clock.advance(1_000);
  expect(instance.condition.reason).not.toBe('29');
});
