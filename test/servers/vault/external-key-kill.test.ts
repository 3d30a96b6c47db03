// @module-tag go
// @module-tag linux
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { listen } from '#test/e2e/listening.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { HostedTenant, ProcessName, RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { openHall } from '../../faults/hall.ts';
import { completedSteps, lock, type Hold } from '../../faults/holds.ts';
import { VaultServer } from './vault-server.ts';

/*
 * A tenant's own key is set, replaced and removed while its song plays, and a process is killed in the middle of it.
 * Nobody asks again: the change ends, the song never stops, and everything opens.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let vault: VaultServer;
let max: Person;

const policy = `
path "transit/keys/*" { capabilities = ["read"] }
path "transit/encrypt/*" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
`;

beforeAll(async () => {
  vault = stack.use(await VaultServer.start());
  ({ platform, hall, tenant } = await openHall(stack, 'Own key'));
  max = platform.sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.max,
    applicationId: tenant.application.id,
  });
  await max.type('playlist create', { name: 'Evening' });
  await max.joinVoice(hall.lounge);
  expect(textOf(await max.type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
  await eventually('it plays', async () => (await platform.sandbox.players()).some(({ positionMs }) => positionMs > 0));
});
afterAll(() => stack.disposeAsync());

const at = () => `/v1/tenants/${tenant.id}/keys/external`;
const stateSchema = z.object({
  state: z.string(),
  version: z.number(),
  key: z.looseObject({ key: z.string() }).nullable(),
});
const state = () => platform.owner.call('GET', at(), stateSchema);
const edgeDone = 're-encrypt at discord-edge';

test.each<[killed: ProcessName, when: string, key: string | null, complete: string[], hold: Hold]>([
  ['api', 'while the edge has not re-encrypted the token', 'first', [], lock('application_credential')],
  ['discord-edge', 'before it has re-encrypted the token', 'second', [], lock('application_credential')],
  ['api', 'while audio has not re-encrypted the playlists', 'third', [edgeDone], lock('track_list')],
  ['audio', 'before it has re-encrypted the playlists', null, [edgeDone], lock('track_list')],
])('%s is killed %s (to the key %s)', async (killed, _when, key, complete, hold) => {
  if (key !== null) await vault.ask('POST', `transit/keys/${key}`, { type: 'aes256-gcm96' });
  const body = { url: vault.url, key: key ?? '', trustPem: vault.trustPem, ...(await vault.role('own', policy)) };
  const before = await state();
  const headers: Record<string, string> = before.state === 'none' ? {} : { 'if-match': `"${before.version}"` };
  await using music = listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id });
  const release = await hold(platform);
  const asked = (
    key === null
      ? platform.owner.call('DELETE', at(), z.unknown(), undefined, headers)
      : platform.owner.call('PUT', at(), z.unknown(), body, headers)
  ).catch(() => undefined);
  const completed = () => completedSteps(platform, `external-key-${tenant.id}`);
  try {
    await eventually('it is in that step', async () => (await completed())?.length === complete.length);
    await delay(500);
    expect(await completed()).toEqual(complete);
    expect(await state()).toMatchObject({ state: 'changing' });
    const { back } = await platform.kill(killed);
    await release();
    await asked;
    await back;
  } finally {
    await release();
  }
  const expected = key === null ? { state: 'none', key: null } : { state: 'in-use', key: { key } };
  const isDone = async () => {
    const { state: now } = await state().catch(() => ({ state: '' }));
    return now === expected.state;
  };
  await eventually('the change is complete', isDone);
  expect(await state()).toMatchObject(expected);
  await platform.untilReady(tenant.id);
  expect(textOf(await max.type('playlist list'))).toContain('Evening');
  expect(await music.faults()).toEqual([]);
});

test('everything opens without any of the keys, by processes that have nothing cached', async () => {
  await vault.kill();
  for (const name of ['discord-edge', 'audio'] as const) await (await platform.kill(name)).back;
  await platform.untilReady(tenant.id);
  expect(textOf(await max.type('playlist list'))).toContain('Evening');
});
