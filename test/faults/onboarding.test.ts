// @module-tag linux
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { auditLogOf } from '#test/e2e/audit-log.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { RunningPlatform } from '#test/e2e/platform.ts';
import { openHall } from './hall.ts';
import { completedSteps, freeze, lock, unstored, waitsToStore, type Hold } from './holds.ts';

/*
 * A bot is onboarded, and the api is killed in each step: in the middle, or when it is done and not stored. Nobody asks
 * again: the next process finishes it as if nothing had happened. Then the same for taking an onboarding back.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;

beforeAll(async () => {
  ({ platform, hall } = await openHall(stack, 'The neighbour'));
});
afterAll(() => stack.disposeAsync());

const names = [
  'check and store the token',
  'start the bot',
  'wait for its commands',
  'wait for its invitation',
  'choose a voice channel',
  'be heard',
];

interface Interruption {
  readonly when: string;
  readonly hold: Hold;
  readonly isReached: (tenant: string) => Promise<boolean>;
  /** How often the supervisor is asked to start the bot, which it does once. */
  readonly starts?: number;
}

const inTheMiddle = (when: string, hold: Hold, complete: number): Interruption => ({
  when: `in the middle of "${when}"`,
  hold,
  async isReached(tenant) {
    if ((await ownSteps(tenant))?.length !== complete) return false;
    await delay(500);
    return (await ownSteps(tenant))?.length === complete;
  },
});

const interruptions: readonly Interruption[] = [
  inTheMiddle('check and store the token', lock('application_credential'), 0),
  { ...inTheMiddle('start the bot', freeze('supervisor'), 1), starts: 2 },
  inTheMiddle('be heard', freeze('audio'), 5),
  ...names.map((name) => ({
    when: `after "${name}", before that is stored`,
    hold: unstored(name),
    isReached: () => waitsToStore(platform),
  })),
];

/** The steps that are complete; not the stored ends of those that wait for a person. */
const ownSteps = async (tenant: string) =>
  (await completedSteps(platform, `onboarding-${tenant}`))?.filter((name) => names.includes(name));

/** A tenant with an application that is in the guild, or will be. */
async function begin(name: string, { isInvited }: { isInvited: boolean }) {
  const { owner, sandbox } = platform;
  const { id } = await owner.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name });
  const application = await sandbox.createApplication(name);
  if (isInvited) await sandbox.install(hall.guild, application.id);
  return { id, application, paste: () => paste(id, application.token) };
}

const paste = (id: string, token: string) =>
  platform.owner.call('POST', `/v1/tenants/${id}/onboarding`, z.unknown(), { token }).catch(() => undefined);

/** Read from the database only, so that nothing but the api itself continues it. */
async function documentOf(tenant: string) {
  const [row] = await platform.query<{ document: { checks: Record<string, { state: string }>; worked: boolean } }>(
    'select document from onboarding where tenant_id = $1',
    [tenant],
  );
  return row?.document;
}

/** How the world looks once a bot has been onboarded, without what differs from one to the next. */
async function worldOf({ id, application }: Awaited<ReturnType<typeof begin>>) {
  const { records } = await auditLogOf(platform.owner, id);
  const count = (action: string, kind: string) =>
    records.filter((each) => each.action === action && each.kind === kind && each.outcome === 'succeeded').length;
  const log = (await platform.sandbox.log()).filter(({ applicationId }) => applicationId === application.id);
  const { checks = {}, ...document } = (await documentOf(id)) ?? {};
  const statuses = await platform.query<{ status: string }>(
    'select status from workflows.workflow_status where starts_with(workflow_uuid, $1)',
    [`onboarding-${id}-`],
  );
  return {
    checks: Object.fromEntries(Object.entries(checks).map(([check, { state }]) => [check, state])),
    document: { ...document, by: '', hearing: '', inviteUrl: '', pass: 0 },
    tokensStored: count('credential.store', 'change'),
    activations: count('tenant.update', 'lifecycle'),
    starts: count('instance.start', 'lifecycle'),
    sessions: log.filter(({ kind }) => kind === 'identify').length,
    bots: (await platform.bots()).length,
    instances: (await platform.query('select 1 from instance where tenant_id = $1', [id])).length,
    players: (await platform.sandbox.players()).filter(({ userId }) => userId === application.bot.id).length,
    workflows: statuses.map(({ status }) => status),
  };
}

const isDone = async (tenant: string): Promise<boolean> => {
  const done = "select 1 from workflows.workflow_status where starts_with(workflow_uuid, $1) and status = 'SUCCESS'";
  return (
    (await documentOf(tenant))?.worked === true && (await platform.query(done, [`onboarding-${tenant}-`])).length === 1
  );
};

const remove = (tenant: string) => platform.owner.call('DELETE', `/v1/tenants/${tenant}`, z.unknown());

let undisturbed: Awaited<ReturnType<typeof worldOf>>;

test('undisturbed, it ends with one bot that was heard', async () => {
  const newly = await begin('Undisturbed', { isInvited: true });
  await newly.paste();
  await eventually('it is done', () => isDone(newly.id));
  undisturbed = await worldOf(newly);
  expect(undisturbed).toMatchObject({
    document: { worked: true, probing: null },
    tokensStored: 1,
    activations: 1,
    starts: 1,
    sessions: 1,
    bots: 2,
    instances: 1,
    players: 0,
    workflows: ['SUCCESS'],
  });
  await remove(newly.id);
});

test.each(interruptions)(
  'killed $when, it ends as if nothing had happened',
  async ({ hold, isReached, starts = 1 }) => {
    const newly = await begin('Interrupted', { isInvited: true });
    const release = await hold(platform);
    try {
      const asked = newly.paste();
      await eventually('it is there', () => isReached(newly.id));
      const { back } = await platform.kill('api');
      await asked;
      await release();
      await back;
    } finally {
      await release();
    }
    await eventually('it is done', () => isDone(newly.id));
    expect(await worldOf(newly)).toEqual({ ...undisturbed, starts });
    await remove(newly.id);
  },
);

test.each(['undo start the bot', 'undo check and store the token'])(
  'killed after "%s", before that is stored, it is taken back all the same',
  async (step) => {
    const { owner, query } = platform;
    const { id, paste: pasteToken } = await begin('Regretted', { isInvited: false });
    await pasteToken();
    await eventually('it waits for its invitation', async () => (await ownSteps(id))?.length === 3);
    const [workflow] = await query<{ id: string }>(
      'select workflow_uuid as id from workflows.workflow_status where starts_with(workflow_uuid, $1)',
      [`onboarding-${id}-`],
    );
    const release = await unstored(step)(platform);
    try {
      await owner.call('POST', `/v1/operator/workflows/${workflow?.id}/compensate`, z.unknown());
      await eventually('it is there', () => waitsToStore(platform));
      const { back } = await platform.kill('api');
      await release();
      await back;
    } finally {
      await release();
    }
    const list = z.object({
      items: z.array(z.looseObject({ tenant: z.string().nullable(), status: z.string(), compensation: z.unknown() })),
    });
    const stands = async () =>
      (await owner.call('GET', '/v1/operator/workflows', list).catch(() => undefined))?.items.find(
        ({ tenant }) => tenant === id,
      );
    const done = { status: 'done', failure: null };
    await eventually('it is', async () => JSON.stringify((await stands())?.compensation) === JSON.stringify(done));
    expect(await stands()).toMatchObject({ status: 'failed' });
    const [tenant] = await query('select status, application_id from tenant where id = $1', [id]);
    expect(tenant).toEqual({ status: 'created', application_id: null });
    expect(await query('select 1 from application_credential where tenant_id = $1', [id])).toEqual([]);
    // The neighbour's.
    expect(await platform.bots()).toHaveLength(1);
    await remove(id);
  },
);

test('the neighbour answers', async () => {
  const [other] = await platform.query<{ id: string }>("select id from tenant where name = 'The neighbour'");
  await platform.untilReady(other?.id ?? '');
});
