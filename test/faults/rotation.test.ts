// @module-tag linux
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { listen } from '#test/e2e/listening.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { HostedTenant, ProcessName, RunningPlatform } from '#test/e2e/platform.ts';
import { textOf } from '#test/e2e/sandbox.ts';
import { openHall } from './hall.ts';
import { completedSteps, lock, type Hold } from './holds.ts';

/*
 * A tenant's keys are rotated while a song plays, and a process is killed in the middle of it. Nobody asks again: the
 * rotation ends, the song never stops, and the token opens.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let firstLogKey = '';

beforeAll(async () => {
  ({ platform, hall, tenant } = await openHall(stack, 'Rotated'));
  const max = platform.sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.max,
    applicationId: tenant.application.id,
  });
  await max.joinVoice(hall.lounge);
  expect(textOf(await max.type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
  await eventually('its log has a key', async () => {
    const read = platform.owner.call('GET', `/v1/tenants/${tenant.id}/audit/key`, z.object({ key: z.string() }));
    return (firstLogKey = (await read.catch(() => ({ key: '' }))).key) !== '';
  });
  await eventually('it plays', async () => (await platform.sandbox.players()).some(({ positionMs }) => positionMs > 0));
});
afterAll(() => stack.disposeAsync());

/** The versions of the keys that encrypt, in use and not yet destroyed. */
async function versions(): Promise<number[]> {
  const { keys } = await platform.owner.call('GET', `/v1/tenants/${tenant.id}/keys`, keyReportSchema);
  return keys.filter(({ purpose }) => purpose !== 'audit-checkpoint').map(({ version }) => version);
}

const edgeDone = 'rotate the key of discord-edge';

test.each<[killed: ProcessName, when: string, complete: string[], hold: Hold, next: number]>([
  ['api', 'before the edge has re-encrypted the token', [], lock('application_credential'), 2],
  ['discord-edge', 'before it has re-encrypted the token', [], lock('application_credential'), 3],
  ['api', 'before the worker has replaced the signing key', [edgeDone], lock('audit_key'), 4],
  ['worker', 'before it has written down the succession of the signing key', [edgeDone], lock('audit_succession'), 5],
])('%s is killed %s', async (killed, _when, complete, hold, next) => {
  await using music = listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id });
  const release = await hold(platform);
  const asked = platform.owner.call('POST', `/v1/tenants/${tenant.id}/keys/rotate`, z.unknown()).catch(() => undefined);
  const completed = () => completedSteps(platform, `key-rotation-${tenant.id}`);
  try {
    await eventually('it is in that step', async () => (await completed())?.length === complete.length);
    await delay(300);
    expect(await completed()).toEqual(complete);
    const { back } = await platform.kill(killed);
    await release();
    await asked;
    await back;
  } finally {
    await release();
  }
  const isDone = async () => (await versions().catch(() => [])).join() === [next, next, next].join();
  await eventually('the keys are rotated', isDone);
  await platform.untilReady(tenant.id);
  expect(await music.faults()).toEqual([]);
});

test('the log verifies with its first key, which was replaced four times', async () => {
  const log = async () => text(await platform.owner.download(`/v1/tenants/${tenant.id}/audit/export`));
  const verified = async () => verifyExport(Readable.from([await log()]), { key: firstLogKey });
  // The newest key signs from the next checkpoint on.
  await expect.poll(verified).toMatchObject({ ok: true, problems: [], successionsFollowed: 4 });
});

test('the token opens with its new key, by an edge that has nothing cached', async () => {
  const since = (await platform.sandbox.log()).at(-1)?.seq ?? 0;
  const { back } = await platform.kill('discord-edge');
  await back;
  await platform.untilReady(tenant.id);
  const sessions = (await platform.sandbox.log(since)).filter(({ kind }) => kind === 'resume' || kind === 'identify');
  expect(sessions.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual(['resume resumed']);
});
