// @module-tag linux
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { buildBot } from '#services/gateway/build.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { HostedTenant, Installation, RunningPlatform } from '#test/e2e/platform.ts';
import { startConfinementFixture } from '#test/security/confinement-fixture.ts';
import { bundleFolder } from '#test/security/confinement-hostile.ts';
import { openHall } from './hall.ts';

/*
 * A bot whose event loop is blocked looks like a running one. It is detected by its missing heartbeat, reported as not
 * ready, and replaced, but not if everything was frozen at the same time.
 */
const stack = new AsyncDisposableStack();
let installation: Installation;
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;

beforeAll(async () => {
  ({ installation, platform, hall, tenant } = await openHall(stack, 'Sleeper'));
});

afterAll(() => stack.disposeAsync());

const passing = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const log = () => readFile(path.join(installation.data, 'logs', 'supervisor.log'), 'utf8');

async function theBot(): Promise<number> {
  const [bot] = await platform.bots();
  if (!bot) throw new Error('no bot runs');
  return bot.pid;
}

async function isAnswered(user: string): Promise<void> {
  const seat = { guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id };
  expect(await platform.sandbox.person(seat).type('queue')).toMatchObject({ state: 'answered' });
}

describe('a frozen bot', () => {
  test('is reported as not ready within seconds and replaced within 15 s, and commands typed meanwhile are answered', async () => {
    const pid = await theBot();
    process.kill(pid, 'SIGSTOP');
    const stoppedAtMs = Date.now();
    const answered = isAnswered(hall.max);
    const state = await eventually('it is not ready', async () => {
      const seen = await platform.stateOf(tenant.id);
      return !seen.ready && seen;
    });
    expect(Date.now() - stoppedAtMs).toBeLessThan(8_000);
    expect(state.instance).toMatchObject({ state: 'degraded', reason: 'The bot has not responded for 4 s.' });
    await eventually('another has its place', async () => (await platform.bots()).some((bot) => bot.pid !== pid));
    await platform.untilReady(tenant.id);
    expect(Date.now() - stoppedAtMs).toBeLessThan(15_000);
    await answered;
    expect(await log()).toContain('The bot did not respond for 10 s and was replaced.');
  });

  test('is not replaced if its supervisor was frozen too', async () => {
    const pid = await theBot();
    const supervisor = await platform.processOf('supervisor');
    for (const each of [supervisor.pid, pid]) process.kill(each, 'SIGSTOP');
    await passing(15_000);
    for (const each of [supervisor.pid, pid]) process.kill(each, 'SIGCONT');
    await platform.untilReady(tenant.id);
    await isAnswered(hall.dana);
    expect(await theBot()).toBe(pid);
  });
});

test('a bot in an endless loop is replaced, and that is reported', async () => {
  await using fixture = await startConfinementFixture();
  await using folder = await bundleFolder();
  const bundle = await readFile((await buildBot()).file, 'utf8');
  const bundleFile = await folder.write('loops', `setTimeout(() => { for (;;); }, 8000);\n${bundle}`);
  const id = await fixture.tenant();
  const supervisor = await fixture.supervisor({ bundleFile });
  await supervisor.start(id, 'req_test');
  const read = () => supervisor.read(id);
  await vi.waitFor(async () => expect((await read()).state).toBe('ready'), { timeout: 20_000, interval: 50 });
  const pid = supervisor.pidOf(id);
  const replaced = { state: 'backing-off', reason: 'The bot did not respond for 10 s and was replaced.' };
  await vi.waitFor(async () => expect(await read()).toMatchObject(replaced), { timeout: 30_000, interval: 20 });
  await vi.waitFor(async () => expect(await read()).toMatchObject({ state: 'ready', restarts: 1 }), {
    timeout: 20_000,
    interval: 50,
  });
  expect(supervisor.pidOf(id)).not.toBe(pid);
});
