import process from 'node:process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostedTenant, ProcessName } from '#test/e2e/platform.ts';
import { asked, openPortal, patienceMs, type OpenedPortal } from './opened-portal.ts';

/* Those who run the platform, with a customer beside them who sees what they do; and what people see without the api. */
let opened: OpenedPortal;
let operator: Page;
/** Max, an owner of the tenant whom the operator invited. */
let customer: Page;
let tenant: HostedTenant;
let home: string;

beforeAll(async () => {
  opened = await openPortal();
  operator = await opened.signInAsOperator(await opened.browserOf());
}, 180_000);
afterAll(() => opened[Symbol.asyncDispose](), 60_000);

const dialog = (page: Page) => page.getByRole('dialog');
const rowOf = (page: Page, name: string) => page.locator('.row').filter({ has: page.getByText(name, { exact: true }) });

test('an operator finds nobody at first, and then every bot, page by page', async () => {
  await operator.getByText('Nobody is here yet').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  tenant = await opened.platform.onboard('Harmony', opened.places.guild);
  home = `${opened.address}/t/${tenant.id}`;
  await opened.platform.query(
    "insert into tenant (id, name) select 'ten_' || lpad(n::text, 26, '0'), 'Customer ' || n from generate_series(1, 55) n",
  );
  await operator.reload();
  await rowOf(operator, 'Customer 1').getByText('No bot yet').waitFor();
  expect(await operator.locator('.row').count()).toBe(50);
  await operator.getByRole('button', { name: 'Show more' }).click();
  await rowOf(operator, 'Harmony').getByText('Active').waitFor();
  expect(await operator.locator('.row').count()).toBe(56);
  expect(await operator.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  expect(await opened.flaws(operator)).toEqual([]);
}, 120_000);

test('a bot that is suspended goes off in Discord, its owner reads why, and it comes back', async () => {
  const { platform } = opened;
  const url = await operator.evaluate(async (id) => {
    const headers = { 'content-type': 'application/json', 'bailiwick-csrf': '1' };
    const body = JSON.stringify({ role: 'owner' });
    const answer = await fetch(`/v1/tenants/${id}/invitations`, { method: 'POST', headers, body });
    return ((await answer.json()) as { url: string }).url;
  }, tenant.id);
  customer = await opened.signIn(await opened.browserOf(), 'Max', url.slice(opened.address.length));
  await customer.getByRole('button', { name: 'Accept the invitation' }).click();
  await customer.waitForURL(home);
  await customer.getByText('Answers its members').waitFor();
  await customer.getByRole('link', { name: /Harmony Hall/ }).waitFor();

  const reason = 'The invoice of October is open.';
  await operator.getByRole('button', { name: 'Suspend Harmony' }).click();
  await dialog(operator).getByLabel('Reason').fill(reason);
  expect(await opened.flaws(operator)).toEqual([]);
  await dialog(operator).getByRole('button', { name: 'Suspend' }).click();
  await operator.getByText('Harmony is suspended').waitFor();
  await rowOf(operator, 'Harmony').getByText(reason).waitFor();
  await expect.poll(() => platform.sandbox.isConnected(tenant.application.id), { timeout: patienceMs }).toBe(false);
  // Without a reload: whoever looks at it sees it happen.
  await customer.getByText('Suspended').waitFor();
  await customer.getByText(reason).waitFor();
  await customer.getByRole('heading', { name: 'The bot is stopped' }).waitFor();
  expect(await opened.flaws(customer)).toEqual([]);
  for (const path of ['/live', '/policies']) {
    await customer.goto(home + path);
    await customer.getByRole('heading', { name: 'The bot is stopped' }).waitFor();
  }
  await customer.goto(`${home}/settings`);
  await customer.getByText('Only they can start it again.').waitFor();
  expect(await opened.flaws(customer)).toEqual([]);
  expect(await asked(customer, 'POST', `/v1/tenants/${tenant.id}/resume`)).toBe(403);
  await opened.provoked(403);

  await customer.goto(home);
  await customer.getByText('Suspended').waitFor();
  await operator.getByRole('button', { name: 'Resume Harmony' }).click();
  await operator.getByText('Harmony starts again').waitFor();
  await rowOf(operator, 'Harmony').getByText('Active').waitFor();
  await customer.getByText('Answers its members').waitFor();
  await customer.getByRole('link', { name: /Harmony Hall/ }).waitFor();
  expect(await platform.sandbox.isConnected(tenant.application.id)).toBe(true);
}, 120_000);

test('an operator looks into a bot and controls nothing that it plays', async () => {
  await operator.getByRole('link', { name: 'Harmony', exact: true }).click();
  await operator.getByText('Answers its members').waitFor();
  await operator.getByRole('link', { name: /Harmony Hall/ }).click();
  await operator.getByRole('heading', { name: 'Nothing plays' }).waitFor();
  expect(await operator.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  expect(await operator.getByRole('button', { name: 'Add' }).count()).toBe(0);
  expect(await opened.flaws(operator)).toEqual([]);
  const pause = `/v1/tenants/${tenant.id}/guilds/${opened.places.guild}/player/pause`;
  expect(await asked(operator, 'POST', pause)).toBe(403);
  expect(await asked(customer, 'GET', '/v1/operator/tenants')).toBe(403);
  await customer.goto(`${opened.address}/operator/health`);
  await customer.getByText('There is nothing at this address').waitFor();
  await opened.provoked(403);
}, 90_000);

/** Ends a process and keeps it away: who would start it again stands still until the returned function is called. */
async function keepAway(name: ProcessName): Promise<() => Promise<unknown>> {
  const { launcher } = opened.platform;
  process.kill(launcher.pid, 'SIGSTOP');
  const goOn = () => process.kill(launcher.pid, 'SIGCONT');
  try {
    const { back } = await opened.platform.kill(name);
    return () => {
      goOn();
      return back;
    };
  } catch (error) {
    goOn();
    throw error;
  }
}

test('the health of every process is there, and of one that was killed its cause, until it is back', async () => {
  await operator.getByRole('link', { name: 'Health' }).click();
  await operator.getByText('All 7 processes are healthy').waitFor();
  const processes = operator.locator('section').filter({ has: operator.getByRole('heading', { name: 'Processes' }) });
  expect((await processes.locator('.row-title').allTextContents()).sort()).toEqual(
    ['api', 'audio', 'discord-edge', 'gateway-proxy', 'supervisor', 'token-service', 'worker'].sort(),
  );
  await rowOf(operator, 'lavalink:main').getByText('Closed').waitFor();
  await rowOf(operator, 'main').getByText('Answers').waitFor();
  expect(await opened.flaws(operator)).toEqual([]);
  const comeBack = await keepAway('audio');
  try {
    const row = processes.locator('.row').filter({ has: operator.getByText('audio', { exact: true }) });
    await row.getByText('Unreachable').waitFor();
    expect(await row.innerText()).toMatch(/audio\n.+\nUnreachable/);
    await operator.getByText(/^Not well: .*audio/).waitFor();
    expect(await opened.flaws(operator)).toEqual([]);
  } finally {
    await comeBack();
  }
  await operator.getByText('All 7 processes are healthy').waitFor();
}, 120_000);

test('without the api each screen says so, and goes on where it was when it is tried again', async () => {
  const screens = ['Live queue', 'Policies', 'Members', 'Audit log', 'Settings', 'Overview'];
  await customer.goto(home);
  // What was looked at before is here; what was not has yet to be fetched.
  await customer.getByText('Answers its members').waitFor();
  await customer.getByRole('link', { name: 'Members' }).click();
  await customer.getByText('People who work on this bot').waitFor();
  const comeBack = await keepAway('api');
  let back = Promise.resolve<unknown>(undefined);
  try {
    await customer.getByRole('link', { name: 'Audit log' }).click();
    await customer.getByRole('heading', { name: 'Not connected' }).waitFor();
    expect(await opened.flaws(customer)).toEqual([]);
    await customer.getByRole('button', { name: 'Try again' }).click();
    await customer.getByRole('heading', { name: 'Not connected' }).waitFor();
    await operator.getByRole('link', { name: 'All bots' }).click();
    await operator
      .getByRole('button', { name: /^Suspend/ })
      .or(operator.getByRole('alert'))
      .first()
      .waitFor();
  } finally {
    back = comeBack();
    await back;
  }
  await customer.getByRole('button', { name: 'Try again' }).click();
  await customer.getByText('Follow live').waitFor();
  for (const screen of screens) {
    await customer.locator('.sidebar').getByRole('link', { name: screen }).click();
    await customer.locator('#main').getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => customer.getByRole('alert').count(), { timeout: patienceMs }).toBe(0);
  }
}, 120_000);

test('no page has complained of anything', () => {
  expect(opened.complaints).toEqual([]);
});
