// @module-tag linux
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { auditLogOf, verifyText, type AuditLog } from '#test/e2e/audit-log.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { storedTexts } from '#test/e2e/no-secret.ts';
import type { HostedTenant, ProcessName, RunningPlatform } from '#test/e2e/platform.ts';
import { textOf } from '#test/e2e/sandbox.ts';
import { openHall } from '../hall.ts';
import { completedSteps, freeze, lock, unstored, waitsToStore, type Hold } from '../holds.ts';

/*
 * One member after the other is erased at a tenant, and a process is killed in each step: in the middle, or when it is
 * done and not stored. Nobody asks again: the erasure ends, once, the music plays on for others, and nothing that is
 * stored has the members' ids or the names that they chose.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let earliest: AuditLog;
const erased: { readonly id: string; readonly name: string }[] = [];

beforeAll(async () => {
  ({ platform, hall, tenant } = await openHall(stack, 'Forgetful'));
  const max = personAs(hall.max);
  await max.joinVoice(hall.lounge);
  expect(textOf(await max.type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
  await max.type('loop', { mode: 'track' });
  await eventually('its log has a key', async () => {
    earliest = await auditLogOf(platform.owner, tenant.id).catch(() => earliest);
    return earliest !== undefined;
  });
});
afterAll(() => stack.disposeAsync());

const personAs = (user: string) =>
  platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id });

/** A member who leaves their id and their words wherever a member can. */
async function takePart(number: number): Promise<{ id: string; name: string }> {
  const name = `Peregrine ${number} of Underhill`;
  const id = await platform.sandbox.addPerson(hall.guild, `peregrine-${number}`);
  const person = personAs(id);
  await person.joinVoice(hall.lounge);
  await person.type('play', { query: 'first snow' });
  await person.type('favourite add');
  await person.type('playlist create', { name });
  expect(textOf(await person.type('playlist add', { name, query: 'cloud inventory' }))).toContain('Added');
  return { id, name };
}

const names = [
  'erase from the audit log',
  'erase from sessions and lists',
  'forget the name',
  'replace the key of discord-edge',
  'replace the key of worker',
  'replace the key of audio',
  'record that it is done',
];

interface Interruption {
  readonly when: string;
  readonly killed: ProcessName;
  readonly hold: Hold;
  readonly isReached: () => Promise<boolean>;
}

const ownSteps = () => completedSteps(platform, `erasure-${tenant.id}`);

/** @param complete how many steps are before it */
const inTheMiddle = (killed: ProcessName, complete: number, hold: Hold): Interruption => ({
  when: `in the middle of "${names[complete]}"`,
  killed,
  hold,
  async isReached() {
    if ((await ownSteps())?.length !== complete) return false;
    await delay(500);
    return (await ownSteps())?.length === complete;
  },
});

const interruptions: readonly Interruption[] = [
  inTheMiddle('api', 0, freeze('worker')),
  inTheMiddle('worker', 0, lock('audit_leaf')),
  inTheMiddle('audio', 1, lock('track_list')),
  inTheMiddle('discord-edge', 3, lock('application_credential')),
  inTheMiddle('worker', 4, lock('audit_key')),
  ...names.map((name): Interruption => ({
    when: `after "${name}", before that is stored`,
    killed: 'api',
    hold: unstored(name),
    isReached: () => waitsToStore(platform),
  })),
];

test.each(interruptions.map((one, index) => ({ ...one, index })))(
  '$killed is killed $when',
  async ({ killed, hold, isReached, index }) => {
    const member = await takePart(index);
    await eventually('the log names the member', async () =>
      (await auditLogOf(platform.owner, tenant.id)).exported.includes(member.id),
    );
    const before = (await ends()).length;
    const release = await hold(platform);
    const asked = platform.owner
      .call('DELETE', `/v1/tenants/${tenant.id}/discord-members/${member.id}/data`, z.unknown())
      .catch(() => undefined);
    try {
      await eventually('it is in that step', isReached);
      const { back } = await platform.kill(killed);
      await release();
      await asked;
      await back;
    } finally {
      await release();
    }
    await eventually('it has ended', async () => (await ends().catch(() => [])).length > before);
    erased.push(member);
    await platform.untilReady(tenant.id);
  },
);

/** What the log says of erasures that have ended; each has a target of its own. */
async function ends(): Promise<string[]> {
  const { records } = await auditLogOf(platform.owner, tenant.id);
  return records
    .filter(({ action, outcome }) => action === 'member.erase' && outcome === 'succeeded')
    .map(({ target }) => String(target));
}

test('nothing that is stored has their ids, or the names that they chose', async () => {
  expect(erased).toHaveLength(interruptions.length);
  const words = erased.flatMap(({ id, name }) => [id, name]);
  const found = async () => {
    const columns: string[] = [];
    for await (const { column, texts } of storedTexts(platform)) {
      const text = texts.join('\n');
      for (const word of words) if (text.includes(word)) columns.push(`${column}: ${word}`);
    }
    return columns;
  };
  // What a workflow was asked for is forgotten a quarter of a minute after its end.
  await eventually('the workflows are forgotten', async () => (await found()).every((each) => !/workflow/.test(each)));
  expect(await found()).toEqual([]);
  const lists = await platform.query<{ owner: string }>('select distinct owner from track_list');
  // What the server has heard, and what whoever is still there has played most.
  expect(lists).toContainEqual({ owner: hall.guild });
  const gone = new Set(erased.map(({ id }) => id));
  expect(lists.filter(({ owner }) => gone.has(owner))).toEqual([]);
});

test('the log verifies, and continues what was exported before', async () => {
  // Once each.
  expect(await ends()).toHaveLength(erased.length);
  const log = await auditLogOf(platform.owner, tenant.id);
  for (const { id } of erased) expect(log.exported).not.toContain(id);
  const checkpoint = z.object({ checkpoint: z.string() }).parse(JSON.parse(earliest.exported.split('\n')[0] ?? ''));
  const report = await verifyText(log.exported, earliest.key, checkpoint.checkpoint);
  expect(report).toMatchObject({ ok: true, problems: [] });
  expect(report.redacted).toBeGreaterThan(erased.length);
  expect(await verifyText(earliest.exported, earliest.key)).toMatchObject({ ok: true });
});
