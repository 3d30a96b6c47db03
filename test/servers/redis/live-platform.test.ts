// @module-tag redis
// @module-tag linux
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createOperations } from '#infra/observability/operations.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { sharedName, sharingParts, type SharingPart } from '#infra/shared-state/shared-names.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { planPorts } from '#services/cli/src/up/ports.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { listen, type Listening } from '#test/e2e/listening.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { attempt, onboard, type Attempt, type OnboardedTenant } from '#test/integration/start-attempt.ts';
import { installation, prepareLive, type LiveSetup } from '../live-settings.ts';
import { RedisServer } from './redis-server.ts';

vi.setConfig({ testTimeout: 120_000 });

/**
 * Two of everything, with the settings of --live, which share what they share in a real Redis. A bot plays while it is
 * killed, hung, flushed and started again.
 */
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let live: LiveSetup;
let platform: Attempt;
let api: ApiClient;
let tenant: OnboardedTenant;
let hall: HarmonyHall;
let music: Listening;

beforeAll(async () => {
  redis = stack.use(await RedisServer.start(installation));
  live = stack.use(await prepareLive({ name: 'redis-platform', more: sharedState, args: ['--replicas', '2'] }));
  ({ platform, api } = await live.start());
  tenant = await onboard(api, live.door);
  hall = await harmonyHall(live.door);
  await eventually('/play is there', async () =>
    (await live.door.commandNames(hall.guild, hall.music, hall.max)).includes('play'),
  );
  expect(textOf(await type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
  music = stack.use(listen(live.door, { guild: hall.guild, bot: tenant.application.bot.id }));
  await eventually('it plays', async () => (await live.door.players()).some(({ positionMs }) => positionMs > 0));
  await music.faults();
});
afterAll(() => stack.disposeAsync());

async function sharedState(folder: string): Promise<object> {
  const write = (name: string, text: string) => writeFile(path.join(folder, name), text, { mode: 0o600 });
  const { url, trustPem = '' } = redis.settings;
  await write('redis.pem', trustPem);
  for (const part of sharingParts) await write(`redis-${part}`, redis.settingsOf(part).password);
  const passwordFiles = Object.fromEntries(sharingParts.map((part) => [part, `./redis-${part}`]));
  return { sharedState: { kind: 'redis', url, trustFile: './redis.pem', passwordFiles } };
}

let typed = 0;
/** A member in turn, so that none is refused for typing too fast. */
async function person(): Promise<Person> {
  const { max, dana, robin } = hall;
  const user = [max, dana, robin][(typed += 1) % 3] ?? max;
  const seat = { guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id };
  const found = live.door.person(seat);
  await found.joinVoice(hall.lounge);
  return found;
}
const type = async (command: string, options?: Record<string, string>) => (await person()).type(command, options);
const queue = async (): Promise<string> => {
  const outcome = await type('queue');
  expect(outcome.state).toBe('answered');
  return textOf(outcome).toLowerCase();
};
async function added(title: string): Promise<void> {
  expect(textOf(await type('play', { query: title }))).toMatch(/^Added/);
  expect(await queue()).toContain(title);
}

/** Parts that cannot do all that they should without it. */
const telling: readonly SharingPart[] = ['gateway-proxy', 'discord-edge', 'api'];

/** What each process that shares something says of Redis. */
async function seenByParts(): Promise<Record<string, string | undefined>> {
  const plan = planPorts(live.base, 2);
  await using operations = createOperations(
    plan.processes
      .filter(([name]) => telling.some((part) => name.startsWith(part)))
      .map(([name, port]) => ({ name, url: `http://127.0.0.1:${plan.ops(port)}` })),
  );
  return Object.fromEntries(
    (await operations.health()).map(({ name, causes }) => {
      const { status, message } = causes.find((each) => each.name === 'shared-state') ?? {};
      return [name, message ?? status];
    }),
  );
}
const everywhere = (says: unknown) =>
  Object.fromEntries(telling.flatMap((part) => [part, `${part}-2`]).map((name) => [name, says]));
const wellEverywhere = () => expect.poll(seenByParts).toEqual(everywhere('healthy'));
const aboutRedis = async () => {
  const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
  return findings.filter(({ about }) => about === 'Redis');
};

/**
 * Nothing is changed for members; what they look at, and what plays, goes on.
 * @returns waits until the change that was asked for meanwhile is answered
 */
async function changesWait(title: string): Promise<() => Promise<void>> {
  await expect
    .poll(seenByParts)
    .toEqual(everywhere(expect.stringMatching(/^Redis cannot be used: (?:it does not answer|.*ECONNREFUSED)/)));
  const member = await person();
  const asked = await member.begin('play', { query: title });
  expect(await queue()).not.toContain(title);
  expect(await aboutRedis()).toEqual([expect.objectContaining({ status: 'fault', about: 'Redis' })]);
  // By now it was tried several times.
  expect(await queue()).not.toContain(title);
  expect(await member.look(asked)).toMatchObject({ state: 'acknowledged', followups: [] });
  expect(await music.faults()).toEqual([]);
  return async () => expect(textOf(await member.outcome(asked))).toMatch(/^Added/);
}

beforeEach(async () => {
  await wellEverywhere();
});

test('two of each part share what they share in Redis, and the doctor finds nothing to fix', async () => {
  expect(platform.said()).toMatch(/Replicas +2 of .*audio/);
  const keysOf = async (part: string) => (await redis.admin.keys(`bailiwick:${installation}:${part}:*`)).length;
  await expect.poll(() => keysOf('gateway-proxy')).toBeGreaterThan(0);
  await expect.poll(() => keysOf('discord-edge')).toBeGreaterThan(0);
  const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
  expect(findings.filter(({ status }) => status === 'fault')).toEqual([]);
  expect(await aboutRedis()).toEqual([{ about: 'Redis', status: 'ok', says: 'answers' }]);
  await added('cloud inventory');
  expect(await music.faults()).toEqual([]);
});

test('an api allows a caller the whole rate, and tells the other one what it has counted', async () => {
  const visitor = '203.0.113.77';
  const ask = () =>
    fetch(`http://127.0.0.1:${live.base + 1}/v1/me`, { headers: { 'x-forwarded-for': visitor, connection: 'close' } });
  for (let request = 1; request <= 5; request += 1) {
    const { headers } = await ask();
    expect(headers.get('ratelimit-policy')).toContain('"anonymous";q=1200;w=60');
    expect(headers.get('ratelimit')).toContain(`"anonymous";r=${1_200 - request};`);
  }
  const owner = { installation: installationId(installation), part: 'api' } as const;
  const told = () => redis.admin.hvals(sharedName(owner, { name: `requests of anonymous ${visitor}` }));
  await expect.poll(told).toEqual([expect.stringMatching(/^\d+ 5 \d+$/)]);
});

test('while Redis is killed, changes wait for it and everything else goes on', async () => {
  await redis.stop();
  const answered = await changesWait('driftwood choir');
  await redis.run();
  await answered();
  await wellEverywhere();
});

test('while Redis hangs, the same', async () => {
  redis.pause();
  let answered: () => Promise<void>;
  try {
    answered = await changesWait('first snow');
  } finally {
    redis.resume();
  }
  await answered();
  await wellEverywhere();
});

test('nobody notices that everything in it is gone', async () => {
  await redis.admin.flushall();
  await added('harbour lights');
  // The edges state each second what they count.
  const edgeKeys = async () => (await redis.admin.keys(`bailiwick:${installation}:discord-edge:*`)).length;
  await expect.poll(edgeKeys).toBeGreaterThan(0);
  expect(await seenByParts()).toEqual(everywhere('healthy'));
  expect(await music.faults()).toEqual([]);
});

test('what was asked for meanwhile was done once', async () => {
  const text = await queue();
  for (const title of ['cloud inventory', 'driftwood choir', 'first snow', 'harbour lights'])
    expect(text.split(title), title).toHaveLength(2);
});

test('stops, and does not start while Redis is away, and says why', async () => {
  platform.signal('SIGTERM');
  expect(await platform.ended).toBe(0);
  await redis.stop();
  await using failing = attempt({ args: live.args() });
  expect(await failing.ended).toBe(1);
  expect(failing.said()).toMatch(/\/sharedState\/url {2}.*(?:does not answer|ECONNREFUSED)/);
  await redis.run();
});
