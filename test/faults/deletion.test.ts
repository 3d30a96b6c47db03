// @module-tag linux
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { parseCertificate } from '#tenants/deletion/certificate.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { RunningPlatform } from '#test/e2e/platform.ts';
import { openHall } from './hall.ts';
import { completedSteps, freeze, lock, type Hold } from './holds.ts';

/*
 * A tenant is deleted, and the api is killed while one step after the other is under way. Nobody asks again: the next
 * process finishes the deletion, and nothing of the tenant is left except its log, which says so once, and a certificate, which
 * counts each row once.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;

beforeAll(async () => {
  ({ platform, hall } = await openHall(stack, 'The neighbour'));
});
afterAll(() => stack.disposeAsync());

/** How each step is held up, and the steps that are complete by then. */
const steps: readonly (readonly [step: string, complete: readonly string[], hold: Hold])[] = [
  ['the first, at the edge', [], freeze('discord-edge')],
  ['the first, at the supervisor', [], freeze('supervisor')],
  ['the second', ['stop the bot'], freeze('audio')],
  ['the third', ['stop the bot', 'delete its music sessions'], lock('application_credential')],
  ['the fourth', ['stop the bot', 'delete its music sessions', 'destroy its token and key'], lock('invitation')],
  [
    'the last',
    [
      'stop the bot',
      'delete its music sessions',
      'destroy its token and key',
      'remove its data',
      'forget its other workflows',
    ],
    freeze('worker'),
  ],
];

test.each(steps)('killed in %s step, the deletion ends all the same', async (step, complete, hold) => {
  const { owner } = platform;
  const tenant = await platform.onboard(step, hall.guild);
  // That Discord has accepted its token is told beside the session's work.
  await eventually('its token is accepted', async () => (await acceptances(tenant.id)) > 0);
  const before = await rowsOf(tenant.id);
  const release = await hold(platform);
  const asked = owner.call('DELETE', `/v1/tenants/${tenant.id}`, z.unknown()).catch(() => undefined);
  const completed = () => completedSteps(platform, `offboarding-${tenant.id}`);
  await eventually('it is in that step', async () => (await completed())?.length === complete.length);
  await delay(300);
  expect(await completed()).toEqual(complete);
  const { back } = await platform.kill('api');
  await asked;
  await release();
  await back;
  await eventually('it is gone', async () => Object.keys(await rowsOf(tenant.id)).length === 0);
  // The neighbour's.
  expect(await platform.bots()).toHaveLength(1);
  await eventually('its log says so', async () => (await closingRecords(tenant.id)) > 0);
  expect(await closingRecords(tenant.id)).toBe(1);
  await eventually('it is certified', async () => (await countsIn(tenant.id)) !== undefined);
  // The deletion itself is told by two events: that it began, and that the token was removed.
  const event = (before['event'] ?? 0) + 2;
  expect(await countsIn(tenant.id)).toEqual({ ...before, event, 'key/discord-edge': 1 });
});

test('another tenant is still there, and answers', async () => {
  const [other] = await platform.query<{ id: string }>('select id from tenant');
  await platform.untilReady(other?.id ?? '');
});

/** The tables that have rows of the tenant, and how many. The log stays, and the counts do until the certificate. */
async function rowsOf(tenant: string): Promise<Record<string, number>> {
  const tables = await platform.query<{ name: string; column: string }>(
    `select relname as name, attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and not attisdropped
         and relname not like 'audit%' and relname <> 'deletion_count'
         and (attname = 'tenant_id' or (attname = 'id' and relname = 'tenant'))`,
  );
  const found: Record<string, number> = {};
  for (const { name, column } of tables) {
    const { length } = await platform.query(`select 1 from ${name} where ${column} = $1`, [tenant]);
    if (length > 0) found[name] = length;
  }
  return found;
}

const acceptances = async (tenant: string): Promise<number> =>
  (await platform.query("select 1 from event where tenant_id = $1 and type = 'CredentialAccepted'", [tenant])).length;

/** What the certificate says was deleted and destroyed, without what there was none of; undefined before it is there. */
async function countsIn(tenant: string): Promise<Record<string, number> | undefined> {
  const [row] = await platform.query<{ certificate: string | null }>(
    'select certificate from deletion where tenant = $1',
    [tenant],
  );
  const [text = ''] = row?.certificate?.split('\n\n') ?? [];
  const certificate = parseCertificate(`${text}\n`);
  if (!certificate) return undefined;
  const counts = [...certificate.deleted, ...certificate.destroyed].filter(({ count }) => count > 0);
  return Object.fromEntries(counts.map(({ store, count }) => [store, count]));
}

async function closingRecords(tenant: string): Promise<number> {
  const rows = await platform.query<{ record: string }>('select record from audit_leaf where tenant_id = $1', [tenant]);
  return rows
    .flatMap(({ record }) => record.split('\n'))
    .map((line) => JSON.parse(line) as { action: string; outcome: string })
    .filter(({ action, outcome }) => action === 'tenant.delete' && outcome === 'succeeded').length;
}
