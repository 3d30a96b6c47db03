// @module-tag linux
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { platformProcesses, type HostedTenant, type RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { openHall } from './hall.ts';

/*
 * Every PostgreSQL backend that serves a role is terminated repeatedly while members and the portal use everything:
 * each part loses connections that are idle, checked out, listening and holding locks, and continues.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let max: Person;

const roles = ['identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'] as const;
const roundMs = 4_000;

beforeAll(async () => {
  ({ platform, hall, tenant } = await openHall(stack, 'Unkillable'));
  max = platform.sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.max,
    applicationId: tenant.application.id,
  });
  await max.joinVoice(hall.lounge);
  await max.type('play', { query: 'weather systems' });
});
afterAll(() => stack.disposeAsync());

const pids = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(platformProcesses.map(async (name) => [name, (await platform.processOf(name)).pid])),
  );

/** Light load of every kind, ignoring failures, until it is aborted. */
async function use(over: AbortSignal): Promise<void> {
  const { owner } = platform;
  const at = `/v1/tenants/${tenant.id}`;
  const calls: readonly (() => Promise<unknown>)[] = [
    () => max.type('queue'),
    () => owner.call('GET', at, z.unknown()),
    () => owner.call('GET', `${at}/audit/records`, z.unknown()),
    () => owner.call('PATCH', at, z.unknown(), { name: `Unkillable ${Date.now() % 1000}` }),
    () => owner.call('GET', '/v1/operator/health', z.unknown()),
  ];
  await Promise.all(
    calls.map(async (call) => {
      while (!over.aborted) {
        await call().catch(() => undefined);
        await delay(20);
      }
    }),
  );
}

async function endBackends(role: string): Promise<number> {
  const ended = await platform.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
    `bailiwick_${role}`,
  ]);
  return ended.length;
}

test.each(roles)('no process exits when the connections of %s are cut repeatedly', async (role) => {
  const before = await pids();
  const over = new AbortController();
  const load = use(over.signal);
  let cut = 0;
  for (const untilMs = Date.now() + roundMs; Date.now() < untilMs;) cut += await endBackends(role);
  over.abort();
  await load;
  expect(cut).toBeGreaterThan(5);
  expect(await pids()).toEqual(before);
  expect(platform.launcher.output()).not.toMatch(/ ended \(/);
});

test('and then everything works as before', async () => {
  for (const role of roles) await endBackends(role);
  await platform.untilReady(tenant.id);
  await eventually('a command is answered', async () => /Weather Systems/.test(textOf(await max.type('queue'))));
});
