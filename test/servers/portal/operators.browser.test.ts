// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { thisMachine } from '#infra/leases/replica-settings.ts';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';
import { keyProcesses } from '../vault/live-platform.ts';

/* Operators of the platform, and a customer who sees the effects; then what people see while the api is down. */
let opened: OpenedPortal;
let operator: Page;
/** Max, who owns a bot there. */
let customer: Page;
let bot: BroughtBot;
let home: string;

beforeAll(async () => {
  opened = await openPortal();
  operator = await opened.signInAsOperator(await opened.browserOf());
});
afterAll(() => opened[Symbol.asyncDispose]());

const dialog = (page: Page) => page.getByRole('dialog');
const rowOf = (page: Page, name: string) => page.locator('.row').filter({ has: page.getByText(name, { exact: true }) });

test('an operator sees no bots at first, and later every bot, page by page', async () => {
  await operator.getByText('No bots yet').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  customer = await opened.signIn(await opened.browserOf(), 'Max');
  bot = await opened.bringBot(customer, 'Harmony', opened.hall.guild);
  ({ home } = bot);
  await opened.platform.query(
    "insert into tenant (id, name) select 'ten_' || lpad(n::text, 26, '0'), 'Customer ' || n from generate_series(1, 55) n",
  );
  await operator.reload();
  await rowOf(operator, 'Customer 1').getByText('Not set up').waitFor();
  expect(await operator.locator('.row').count()).toBe(50);
  await operator.getByRole('button', { name: 'Show more' }).click();
  await rowOf(operator, 'Harmony').getByText('Ready', { exact: true }).waitFor();
  expect(await operator.locator('.row').count()).toBe(56);
  expect(await operator.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  expect(await opened.flaws(operator)).toEqual([]);
});

test('an operator sees what is done at certain times, has it done now, and has a read model rebuilt', async () => {
  await operator.getByRole('link', { name: 'Schedules' }).click();
  await rowOf(operator, 'expired-rows').getByText('Done', { exact: true }).waitFor();
  await rowOf(operator, 'database-upkeep').getByText('Not run yet').waitFor();
  await operator.getByRole('button', { name: 'Run now: database-upkeep' }).click();
  await rowOf(operator, 'database-upkeep')
    .getByText(/Looked at \d+ tables/)
    .waitFor();
  await operator.getByRole('button', { name: 'Rebuild play-statistics' }).click();
  await operator.getByText('play-statistics is being rebuilt').waitFor();
  await expect.poll(() => operator.getByRole('button', { name: 'Rebuild play-statistics' }).isEnabled()).toBe(true);
  const tenant = `ten_${'1'.padStart(26, '0')}`;
  await opened.platform.query(
    `insert into tenant (id, name) values ('${tenant}', 'Customer 1') on conflict do nothing`,
  );
  const event = {
    tenant,
    stream: 'music-session/1',
    version: 1,
    atMs: 1,
    id: `evt_${'0'.repeat(26)}`,
    schemaVersion: 1,
    place: { transaction: '1', position: '1' },
    type: 'TrackStarted',
    facts: { entryId: 'ent_1' },
  };
  await opened.platform.query(
    `insert into event_dead_letter (id, consumer, carrier, origin, reason, detail, tenant_id, event)
       values ('edl_${'1'.repeat(26)}', 'webhooks', 'kafka', 'a', 'handler', 'It broke', '${tenant}', '${JSON.stringify(event)}'),
         ('edl_${'2'.repeat(26)}', 'webhooks', 'kafka', 'b', 'signature', 'Nobody signed it', null, null)`,
  );
  const letter = operator.locator('.row').filter({ hasText: 'TrackStarted for webhooks' });
  await letter.getByText('Not handled').waitFor();
  await operator.getByText('Nobody signed it').waitFor();
  await operator.getByRole('button', { name: 'Replay TrackStarted for webhooks' }).click();
  await letter.getByText('Replayed', { exact: true }).waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  await operator.getByRole('link', { name: 'All bots' }).click();
});

test('a suspended bot goes offline in Discord, its owner sees the reason, and it comes back', async () => {
  const { platform } = opened;
  await customer.goto(home);
  await customer.getByText('The bot answers commands.').waitFor();
  await customer.getByRole('link', { name: /Harmony Hall/ }).waitFor();

  const reason = 'The invoice of October is open.';
  await operator.getByRole('button', { name: 'Suspend Harmony' }).click();
  await dialog(operator).getByLabel('Reason').fill(reason);
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByRole('button', { name: 'Suspend' }).click();
  await operator.getByText('Harmony is suspended').waitFor();
  await rowOf(operator, 'Harmony').getByText(reason).waitFor();
  await expect.poll(() => platform.sandbox.isConnected(bot.application.id)).toBe(false);
  // Without a reload.
  await customer.getByText('Suspended', { exact: true }).waitFor();
  await customer.getByText(reason).waitFor();
  await customer.getByRole('heading', { name: 'The bot is stopped' }).waitFor();
  expect(await opened.flaws(customer)).toEqual([]);
  for (const path of ['/live', '/policies']) {
    await customer.goto(home + path);
    await customer.getByRole('heading', { name: 'The bot is stopped' }).waitFor();
  }
  await customer.goto(`${home}/settings`);
  await customer.getByText('Only an operator can start it again.').waitFor();
  expect(await opened.flaws(customer)).toEqual([]);
  expect(await asked(customer, 'POST', `/v1/tenants/${bot.tenant}/resume`)).toBe(403);
  await opened.provoked(403);

  await customer.goto(home);
  await customer.getByText('Suspended', { exact: true }).waitFor();
  await operator.getByRole('button', { name: 'Resume Harmony' }).click();
  await operator.getByText('Harmony starts again').waitFor();
  await rowOf(operator, 'Harmony').getByText('Ready', { exact: true }).waitFor();
  await customer.getByText('The bot answers commands.').waitFor();
  await customer.getByRole('link', { name: /Harmony Hall/ }).waitFor();
  expect(await platform.sandbox.isConnected(bot.application.id)).toBe(true);
});

test('an operator sees what the platform carries out, and retries what failed', async () => {
  const { platform, address } = opened;
  await operator.goto(`${address}/operator/workflows`);
  await operator.getByText('No workflows yet').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  expect(await asked(customer, 'POST', `/v1/tenants/${bot.tenant}/keys/rotate`)).toBe(200);
  const row = operator.locator('.row').filter({ hasText: bot.tenant });
  await row.getByText('Rotation of keys').waitFor();
  await row.getByText('Done', { exact: true }).waitFor();
  await row.getByText('complete: rotate the key of discord-edge, rotate the key of worker').waitFor();
  // As if it had been given up after half an hour.
  await platform.query(
    "update workflows.workflow_status set status = 'ERROR' where starts_with(workflow_uuid, 'key-rotation-')",
  );
  await row.getByText('Failed', { exact: true }).waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  await row.getByRole('button', { name: 'Retry' }).click();
  await row.getByText('Done', { exact: true }).waitFor();
  expect(await row.getByRole('button', { name: 'Retry' }).count()).toBe(0);
  expect(await row.getByRole('button', { name: 'Take back' }).count()).toBe(0);

  // A bot that is never invited: it is taken back, and its tenant can begin again.
  const { owner, sandbox } = platform;
  const { id } = await owner.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Regretted' });
  const application = await sandbox.createApplication('Regretted Bot');
  await owner.call('POST', `/v1/tenants/${id}/onboarding`, z.unknown(), { token: application.token });
  const onboarding = operator.locator('.row').filter({ hasText: id });
  await onboarding.getByText('Onboarding of a bot').waitFor();
  await onboarding.getByText('At: wait for its invitation').waitFor();
  await onboarding.getByText('Running', { exact: true }).waitFor();
  await onboarding.getByRole('button', { name: 'Take back' }).click();
  await dialog(operator).getByText('its tenant is as it was before').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByRole('button', { name: 'Take back' }).click();
  await onboarding.getByText('Taken back', { exact: true }).waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  expect(await onboarding.getByRole('button').count()).toBe(0);
  expect(await platform.query('select status from tenant where id = $1', [id])).toEqual([{ status: 'created' }]);
  await expect.poll(() => sandbox.isConnected(application.id)).toBe(false);
  await owner.call('DELETE', `/v1/tenants/${id}`, z.unknown());
  await operator.goto(`${address}/operator`);
  await operator.getByRole('button', { name: 'Show more' }).click();
  await rowOf(operator, 'Harmony').waitFor();
});

test('an operator can view a bot but not control its playback', async () => {
  await operator.getByRole('link', { name: 'Harmony', exact: true }).click();
  await operator.getByText('The bot answers commands.').waitFor();
  await operator.getByRole('link', { name: /Harmony Hall/ }).click();
  await operator.getByRole('heading', { name: 'Nothing is playing' }).waitFor();
  expect(await operator.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  expect(await operator.getByRole('button', { name: 'Add' }).count()).toBe(0);
  expect(await opened.flaws(operator)).toEqual([]);
  const pause = `/v1/tenants/${bot.tenant}/guilds/${opened.hall.guild}/player/pause`;
  expect(await asked(operator, 'POST', pause)).toBe(403);
  expect(await asked(customer, 'GET', '/v1/operator/tenants')).toBe(403);
  await customer.goto(`${opened.address}/operator/health`);
  await customer.getByText('There is nothing at this address').waitFor();
  await opened.provoked(403);
});

test('an operator is added by Discord ID, is one from the next sign-in, and cannot be removed as the last', async () => {
  const before = await opened.browserOf();
  await opened.signIn(before, 'Dana');
  await before.close();
  const [person] = await opened.platform.query('select subject from person order by updated_at desc limit 1');
  const id = String(person?.['subject']).replace('discord:', '');

  await operator.getByRole('link', { name: 'Operators' }).click();
  await operator.getByText('No operators yet').waitFor();
  await operator.getByRole('button', { name: 'Add operator' }).click();
  await dialog(operator).getByLabel('Discord ID').fill('Dana');
  await dialog(operator).getByRole('button', { name: 'Add operator' }).click();
  await dialog(operator).getByText('This is not a Discord ID.').waitFor();
  await opened.provoked(400);
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByLabel('Discord ID').fill(id);
  await dialog(operator).getByRole('button', { name: 'Add operator' }).click();
  await rowOf(operator, 'Dana').getByText(id).waitFor();
  expect(await opened.flaws(operator)).toEqual([]);

  const context = await opened.browserOf();
  const dana = await opened.signIn(context, 'Dana', '/operator/operators');
  await rowOf(dana, 'Dana').getByText('you', { exact: true }).waitFor();
  await dana.getByRole('button', { name: 'Remove Dana' }).click();
  await dialog(dana).getByRole('button', { name: 'Remove' }).click();
  await dana.getByText('This is the last operator').waitFor();
  await opened.provoked(409);
  await context.close();
});

test('a Lavalink node is added, drained and removed', async () => {
  await operator.getByRole('link', { name: 'Lavalink nodes' }).click();
  await rowOf(operator, 'main').getByText('In use').waitFor();
  await operator.getByRole('button', { name: 'Add node' }).click();
  await dialog(operator).getByLabel('ID', { exact: true }).fill('oslo');
  await dialog(operator).getByLabel('Address').fill('http://lavalink.example.com');
  await dialog(operator).getByLabel('Password', { exact: true }).fill('a-password-of-oslo');
  await dialog(operator).getByLabel('Voice regions').fill('stockholm, rotterdam');
  await dialog(operator).getByRole('button', { name: 'Add node' }).click();
  await dialog(operator).getByRole('alert').waitFor();
  await opened.provoked(400);
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByLabel('Address').fill('http://127.0.0.1:9');
  await dialog(operator).getByRole('button', { name: 'Add node' }).click();
  const row = operator.locator('.row').filter({ has: operator.getByText('http://127.0.0.1:9') });
  await row.getByText('Players: 0 · near stockholm, rotterdam').waitFor();
  await row.getByRole('button', { name: 'Drain oslo' }).click();
  await row.getByText('Drained').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  await row.getByRole('button', { name: 'Remove oslo' }).click();
  await dialog(operator).getByRole('button', { name: 'Remove' }).click();
  await operator.getByText('oslo is removed').waitFor();
  await row.waitFor({ state: 'detached' });
});

test('where a bot runs is shown, and it is moved and released; the only machine cannot be drained', async () => {
  await operator.getByRole('link', { name: 'Machines' }).click();
  const name = thisMachine();
  await rowOf(operator, name).getByText('In use').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  await operator.getByRole('button', { name: `Drain ${name}` }).click();
  await operator.getByText(`No other machine could take over from ${name}`).waitFor();
  await opened.provoked(409);

  await operator.getByRole('link', { name: 'All bots' }).click();
  const where = operator.getByRole('button', { name: 'Where it runs: Harmony' });
  await rowOf(operator, 'Customer 1').waitFor();
  if ((await where.count()) === 0) await operator.getByRole('button', { name: 'Show more' }).click();
  await where.click();
  await dialog(operator).getByText('The platform decides where it runs.').waitFor();
  expect(await dialog(operator).getByText(name, { exact: true }).count()).toBe(3);
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByRole('combobox', { name: 'Move to' }).click();
  await operator.getByRole('option', { name }).click();
  await dialog(operator).getByRole('button', { name: 'Move' }).click();
  await dialog(operator).getByText('It was moved here by an operator').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByRole('button', { name: 'Release' }).click();
  await dialog(operator).getByText('The platform decides where it runs.').waitFor();
  await dialog(operator).getByRole('button', { name: 'Cancel' }).click();
});

test('the health of every process is shown, with the cause for a killed one until it is back', async () => {
  await operator.getByRole('link', { name: 'Health' }).click();
  await operator.getByText('All 7 processes are healthy').waitFor();
  const processes = operator.locator('section').filter({ has: operator.getByRole('heading', { name: 'Processes' }) });
  expect((await processes.locator('.row-title').allTextContents()).sort()).toEqual(
    ['api', 'audio', 'discord-edge', 'gateway-proxy', 'supervisor', 'token-service', 'worker'].sort(),
  );
  const keys = operator
    .locator('section')
    .filter({ has: operator.getByRole('heading', { name: 'Keys', exact: true }) });
  expect((await keys.locator('.row-title').allTextContents()).sort()).toEqual([...keyProcesses].sort());
  expect(await keys.getByText('Works', { exact: true }).count()).toBe(keyProcesses.length);
  await rowOf(operator, 'lavalink:main').getByText('Closed').waitFor();
  await rowOf(operator, 'main').getByText('Available').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  const comeBack = await opened.keepAway('audio');
  try {
    const row = processes.locator('.row').filter({ has: operator.getByText('audio', { exact: true }) });
    await row.getByText('Unreachable').waitFor();
    expect(await row.innerText()).toMatch(/audio\n.+\nUnreachable/);
    await operator.getByText(/^Unhealthy: .*audio/).waitFor();
    expect(await opened.flaws(operator)).toEqual([]);
  } finally {
    await comeBack();
  }
  await operator.getByText('All 7 processes are healthy').waitFor();
});

test('without the api, each screen says so, and recovers by itself once it is back', async () => {
  const screens = [
    'Live queue',
    'Policies',
    'Server settings',
    'Members',
    'Timeline',
    'Audit log',
    'Webhooks',
    'Settings',
    'Overview',
  ];
  await customer.goto(home);
  // Screens visited before are loaded; the others still have to be fetched.
  await customer.getByText('The bot answers commands.').waitFor();
  await customer.getByRole('link', { name: 'Members' }).click();
  await customer.getByText('People who manage this bot').waitFor();
  const comeBack = await opened.keepAway('api');
  try {
    await customer.getByRole('link', { name: 'Audit log' }).click();
    await customer.getByRole('heading', { name: 'Not connected' }).waitFor();
    expect(await opened.flaws(customer)).toEqual([]);
    await customer.getByRole('button', { name: 'Try now' }).click();
    await customer.getByRole('heading', { name: 'Not connected' }).waitFor();
    await operator.getByRole('link', { name: 'All bots' }).click();
    await operator
      .getByRole('button', { name: /^Suspend/ })
      .or(operator.getByRole('alert'))
      .first()
      .waitFor();
  } finally {
    await comeBack();
  }
  // Nobody presses anything: the screen retries by itself.
  await customer.getByText('Follow live').waitFor();
  for (const screen of screens) {
    await customer.locator('.sidebar').getByRole('link', { name: screen, exact: true }).click();
    await customer.locator('#main').getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => customer.getByRole('alert').count()).toBe(0);
  }
  for (const text of opened.complaints.splice(0))
    expect(text).toMatch(
      /status of 50[23] |^(?:TypeError: |portal\.screen-failed )Failed to fetch dynamically imported/,
    );
});

test('failed loads are retried for as long as the page is open, with increasing delays', async () => {
  await customer.goto(home);
  await customer.getByText('The bot answers commands.').waitFor();
  const askedAt: number[] = [];
  await customer.route('**/v1/**', (route) => {
    if (new URL(route.request().url()).pathname === '/v1/me') askedAt.push(performance.now());
    return route.abort();
  });
  await customer.getByRole('link', { name: 'Audit log' }).click();
  await customer.getByRole('heading', { name: 'Not connected' }).waitFor();
  const countdown = customer.getByText(/^Next attempt in \d+ s$/);
  await countdown.waitFor();
  await expect.poll(() => askedAt.length).toBe(3);
  await countdown.waitFor();
  const [first = 0, second = 0, third = 0] = askedAt;
  expect(third - second).toBeGreaterThan((second - first) * 1.5);
  await customer.unrouteAll();
  await customer.getByText('Follow live').waitFor();
  for (const text of opened.complaints.splice(0)) expect(text).toContain('net::ERR_FAILED');
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
