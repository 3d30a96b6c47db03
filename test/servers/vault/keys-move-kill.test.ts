// @module-tag go
// @module-tag linux
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { keyMoveSteps } from '#security/keyring/key-move.ts';
import { sealedColumns } from '#security/keyring/sealed-columns.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { planPorts } from '#services/cli/src/up/ports.ts';
import { harmonyHall } from '#test/e2e/harmony-hall.ts';
import { openDatabase } from '#test/e2e/platform.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { onboard, root, type Attempt, type OnboardedTenant } from '#test/integration/start-attempt.ts';
import type { KilledMove } from './killed-move.ts';
import { preparePlatform, type LivePlatform } from './live-platform.ts';
import { sealedWell } from './stored-values.ts';

vi.setConfig({ testTimeout: 60_000 });

/*
 * The keys of an installation move from files to a real Vault and back, and the process that moves them is killed at
 * every boundary between two steps, and at the end of each step before that is stored. The next run goes on where the
 * last one was; at the end everything opens, nothing is missing, and nothing of where the keys were is left. The tests
 * follow one another.
 */
const stack = new AsyncDisposableStack();
let live: LivePlatform;
let inFiles: string;
let tenant: OnboardedTenant;
let max: Person;
let counted: Record<string, number>;

beforeAll(async () => {
  live = stack.use(await preparePlatform());
  inFiles = path.join(live.folder, 'files.yaml');
  await writeFile(inFiles, stringify({ ...live.settings(), keys: { kind: 'file' } }));
  const { platform, api } = await live.start(inFiles);
  tenant = await onboard(api, live.door);
  await api.call('POST', `/v1/tenants/${tenant.id}/invitations`, z.unknown(), { role: 'viewer', note: 'For Robin' });
  const hall = await harmonyHall(live.door);
  await live.door.install(hall.guild, tenant.application.id);
  max = live.door.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.max,
    applicationId: tenant.application.id,
  });
  expect(textOf(await max.type('playlist create', { name: 'Evening' }))).toContain('Evening');
  await eventually('its log has a key', async () => (await logKeyOf(api)) !== '');
  counted = await countSealed(await openDatabase(live.dataFolder, postgresPort()));
  expect(counted).toMatchObject({ application_credential: 1, track_list: 2, invitation: 1, session_key: 1 });
  await stop(platform);
});
afterAll(() => stack.disposeAsync());

const postgresPort = () => planPorts(live.base).ports.postgres;
async function stop(platform: Attempt): Promise<void> {
  platform.signal('SIGTERM');
  expect(await platform.ended).toBe(0);
}
const logKeyOf = async (api: ApiClient) => {
  const read = api.call('GET', `/v1/tenants/${tenant.id}/audit/key`, z.object({ key: z.string() }));
  return (await read.catch(() => ({ key: '' }))).key;
};

/** How many sealed values each table has. */
async function countSealed(database: Awaited<ReturnType<typeof openDatabase>>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { table, column, only = 'true' } of sealedColumns) {
    const [row] = await database.query<{ count: number }>(
      `select count(*)::int as count from ${table} where ${column} is not null and ${only}`,
    );
    counts[table] = (counts[table] ?? 0) + (row?.count ?? 0);
  }
  return counts;
}

/** What the tenant's audit log tells of moves. */
async function recordedMoves(api: ApiClient): Promise<unknown[]> {
  const records = z.object({ items: z.array(z.object({ record: z.looseObject({ detail: z.unknown() }).nullable() })) });
  const path = `/v1/tenants/${tenant.id}/audit/records?action=key.move`;
  return (await api.call('GET', path, records)).items.map(({ record }) => record?.detail);
}

/** Everything that was there is there and opens, for people as well. */
async function everythingOpens(api: ApiClient, database: Awaited<ReturnType<typeof openDatabase>>): Promise<void> {
  const ready = z.object({ ready: z.boolean() });
  await eventually('the bot is ready', async () => (await api.call('GET', `/v1/tenants/${tenant.id}`, ready)).ready);
  const notes = z.object({ items: z.array(z.object({ note: z.string().nullable() })) });
  const { items } = await api.call('GET', `/v1/tenants/${tenant.id}/invitations`, notes);
  expect(items).toEqual([{ note: 'For Robin' }]);
  expect(textOf(await max.type('playlist list'))).toContain('Evening');
  // The edge and the token service store further values while they run; none is gone.
  const now = await countSealed(database);
  for (const [table, count] of Object.entries(counted)) {
    const isLost = !['gateway_session', 'delegated_key'].includes(table) && (now[table] ?? 0) < count;
    expect({ table, isLost }).toEqual({ table, isLost: false });
  }
}

async function run(file: string, args: readonly string[]): Promise<{ ended: number | string | null; said: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, file), ...args], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, error, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  return { ended: signal ?? code, said: out + error };
}

const move = (...args: readonly string[]) =>
  run('services/cli/src/main.ts', ['keys', 'move', '--data', live.dataFolder, '--ports', String(live.base), ...args]);

/** Every moment at which a process can die between two steps. */
const moments = keyMoveSteps.flatMap((step, index) => [
  { step, stage: 'begins' as const, from: index === 0 ? step : (keyMoveSteps[index - 1] ?? '') },
  { step, stage: 'ends' as const, from: step },
]);

/** Runs it until then. The steps that were stored before are not taken again. */
async function killedAt(
  { step, stage, from }: (typeof moments)[number],
  places: Pick<KilledMove, 'settings' | 'from'>,
): Promise<void> {
  const killed = { data: live.dataFolder, ports: live.base, keepOld: false, ...places, at: { step, stage } };
  const { ended, said } = await run('test/servers/vault/killed-move.ts', [JSON.stringify(killed)]);
  expect({ ended, said }).toEqual({ ended: 'SIGKILL', said: expect.stringContaining(step) });
  expect((JSON.parse(said) as string[])[0]).toBe(`begins ${from}`);
}

const keyring = async () => (await readdir(path.join(live.dataFolder, 'keyring'), { recursive: true })).sort();

describe('from files to Vault', () => {
  test.each(moments)('is killed when "$step" $stage, and goes on there', async (moment) => {
    await killedAt(moment, { settings: live.settingsFile });
  });

  test('is complete with the next run, which proves it; no key is left in a file', async () => {
    const { ended, said } = await move('--settings', live.settingsFile);
    expect({ ended, said }).toEqual({ ended: 0, said: expect.stringContaining('The keys have moved.') });
    for (const part of ['token-service', 'discord-edge', 'worker', 'audio', 'api'])
      expect(said).toMatch(new RegExp(`${part}: 0 of \\d+ values sealed again, all of them open with the new keys`));
    expect(await keyring()).toEqual(['root.vault.json']);
  });

  test('leaves nothing to fix, and everything opens', async () => {
    const { platform, api } = await live.start();
    const database = await live.database();
    await everythingOpens(api, database);
    await sealedWell(database, live.vault);
    const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
    const shown = z.object({
      items: z.array(z.object({ workflow: z.string(), status: z.string(), completed: z.array(z.string()) })),
    });
    const { items } = await api.call('GET', '/v1/operator/workflows', shown);
    const moves = items.filter(({ workflow }) => workflow === 'key-move');
    expect(moves).toEqual([{ workflow: 'key-move', status: 'done', completed: [...keyMoveSteps] }]);
    await eventually('the audit log tells of it once', async () => (await recordedMoves(api)).length > 0);
    expect(await recordedMoves(api)).toEqual([{ from: 'files', to: 'vault' }]);
    await stop(platform);
  });
});

describe('from Vault to files', () => {
  test.each(moments)('is killed when "$step" $stage, and goes on there', async (moment) => {
    await killedAt(moment, { settings: inFiles, from: live.settingsFile });
  });

  test('is complete with the next start; without Vault, everything opens', async () => {
    {
      const { platform } = await live.start(inFiles);
      await stop(platform);
    }
    expect(await keyring()).toEqual(expect.not.arrayContaining(['root.vault.json']));
    await live.vault.kill();
    const { platform, api } = await live.start(inFiles);
    await everythingOpens(api, await openDatabase(live.dataFolder, postgresPort()));
    await stop(platform);
  });
});

describe('a start in the middle of a move', () => {
  test('with the settings that it leaves is refused; with those that it enters, the move is completed', async () => {
    await live.vault.run();
    await live.vault.unseal();
    const [, , , moment] = moments;
    if (!moment) throw new Error('there is no such moment');
    await killedAt({ ...moment, from: keyMoveSteps[0] ?? '' }, { settings: live.settingsFile });
    await expect(live.start(inFiles)).rejects.toThrow('are being moved, or have been');
    const { platform, api } = await live.start();
    await everythingOpens(api, await live.database());
    expect(await keyring()).toEqual(['root.vault.json']);
    await stop(platform);
  });

  test('that turned round goes back from wherever it was', async () => {
    const [, , , , moment] = moments;
    if (!moment) throw new Error('there is no such moment');
    await killedAt({ ...moment, from: keyMoveSteps[0] ?? '' }, { settings: inFiles, from: live.settingsFile });
    const { ended, said } = await move('--settings', live.settingsFile);
    expect({ ended, said }).toEqual({ ended: 0, said: expect.stringContaining('The keys have moved.') });
    const { platform, api } = await live.start();
    await everythingOpens(api, await live.database());
    expect(await keyring()).toEqual(['root.vault.json']);
    await stop(platform);
  });
});

test('with --keep-old the old keys are put aside, which the doctor says', async () => {
  expect(await move('--settings', inFiles, '--from', live.settingsFile)).toMatchObject({ ended: 0 });
  expect(await keyring()).toEqual(expect.arrayContaining(['root.json', 'root.key']));
  expect(await move('--settings', live.settingsFile, '--keep-old')).toMatchObject({ ended: 0 });
  const [kept = '', ...others] = (await readdir(path.join(live.dataFolder, 'keyring'))).sort();
  expect([kept, ...others]).toEqual([expect.stringMatching(/^kept-mov_/), 'root.vault.json']);
  expect(await keyring()).toEqual(
    expect.arrayContaining([`${kept}/root.json`, `${kept}/root.key`, `${kept}/api/platform.key`]),
  );
  const { platform, api } = await live.start();
  await everythingOpens(api, await live.database());
  const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([
    expect.objectContaining({ about: 'keyring', status: 'warning', says: expect.stringContaining(kept) }),
  ]);
  await stop(platform);
});

test('settings that name the other place are refused, and so is a doctor who would have to guess', async () => {
  await expect(live.start(inFiles)).rejects.toThrow('The keys of this installation are at Vault');
  const findings = await diagnose({ data: live.dataFolder, live: true, settings: inFiles });
  expect(findings.filter(({ about }) => about === 'keyring')).toEqual([
    expect.objectContaining({ status: 'warning', says: expect.stringContaining('the root key is at Vault') }),
  ]);
});
