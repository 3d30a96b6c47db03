// @module-tag chromium
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyExport } from '#security/audit/verify.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/*
 * A customer's way through the portal, one person after the other. Each test continues where the previous one ended.
 */
let opened: OpenedPortal;
let owner: Page;
/** The URL of `/t/<tenant>`. */
let home: string;
let bot: { readonly id: string; readonly token: string };

beforeAll(async () => {
  opened = await openPortal();
});
afterAll(() => opened[Symbol.asyncDispose]());

/** The upper bound of a good cumulative layout shift (web.dev). */
const steady = 0.1;

/** The page's layout shift since it was opened (Layout Instability, W3C), without shifts caused by user input. */
const layoutShift = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list, observer) => {
          observer.disconnect();
          const shifts = list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[];
          resolve(shifts.reduce((sum, { value, hadRecentInput }) => sum + (hadRecentInput ? 0 : value), 0));
          // Browsers know this entry type, Node's types do not.
        }).observe({ type: 'layout-shift' as 'mark', buffered: true });
        // The observer is not called if nothing shifted.
        setTimeout(() => resolve(0), 500);
      }),
  );

const member = (user: string): Person => {
  const { guild, music } = opened.hall;
  return opened.platform.sandbox.person({ guild, channel: music, user, applicationId: bot.id });
};

test('a new customer signs in with Discord, brings a bot, and hears it play', async () => {
  owner = await opened.signIn(await opened.browserOf(), 'Max');
  await owner.getByRole('textbox').first().fill('Harmony Records');
  await owner.getByRole('button', { name: 'Continue' }).click();
  await owner.waitForURL(/\/t\/ten_[^/]+\/onboarding$/);
  home = owner.url().replace(/\/onboarding$/, '');

  bot = await opened.platform.sandbox.createApplication('Harmony Bot');
  await owner.getByLabel('Token of the bot').fill(bot.token);
  await owner.getByRole('button', { name: 'Check and start' }).click();
  const invite = owner.getByRole('link', { name: 'Invite the bot to a server' });
  expect(await invite.getAttribute('href')).toContain(bot.id);
  await opened.platform.sandbox.install(opened.hall.guild, bot.id);
  await owner.getByText('Your bot was heard.').waitFor();
  expect(await opened.findings(owner)).toEqual([]);
});

test('what is playing in Discord shows at once, and the playback controls work', async () => {
  const max = member(opened.hall.max);
  await max.joinVoice(opened.hall.lounge);
  for (const query of ['weather systems', 'cloud inventory'])
    expect(textOf(await max.type('play', { query }))).toMatch(/^(Playing|Added)/);
  await owner.goto(`${home}/live`);
  await owner.getByRole('heading', { name: 'Weather Systems' }).waitFor();
  await owner.getByText('Cloud Inventory').waitFor();
  expect(await opened.findings(owner)).toEqual([]);
  await owner.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => (await opened.platform.sandbox.players()).map(({ paused }) => paused)).toEqual([true]);
  expect(textOf(await max.type('resume'))).not.toBe('');
  await owner.getByRole('button', { name: 'Pause' }).waitFor();
  await owner.getByRole('button', { name: 'Skip' }).click();
  await owner.getByRole('heading', { name: 'Cloud Inventory' }).waitFor();
});

test('a policy changed in the matrix takes effect in Discord, and its record is in the exported audit log', async () => {
  await owner.goto(`${home}/policies/${opened.hall.guild}`);
  const skip = owner.getByRole('button', { name: /^Everyone, \/skip/ });
  await skip.click();
  await skip.click();
  await owner.getByRole('button', { name: 'Review and save' }).click();
  await owner.getByText('Nobody may use /skip').waitFor();
  await owner.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await owner.getByText('Version 1 is in force').waitFor();
  expect(await opened.findings(owner)).toEqual([]);
  await expect
    .poll(async () => textOf(await member(opened.hall.max).type('skip')))
    .toContain('do not let you use /skip');

  await opened.untilLogged(home.split('/t/')[1] ?? '', 'outcome=denied&action=player.skip');
  await owner.goto(`${home}/audit`);
  await owner
    .getByRole('button', { name: /policy\.write/ })
    .first()
    .waitFor();
  expect(await opened.findings(owner)).toEqual([]);
  const key = await owner.evaluate(async (tenant) => {
    const answer = await fetch(`/v1/tenants/${tenant}/audit/key`);
    return ((await answer.json()) as { key: string }).key;
  }, home.split('/t/')[1]);
  await owner.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([owner.waitForEvent('download'), owner.getByRole('menuitem').first().click()]);
  const file = await download.path();
  expect(await readFile(file, 'utf8')).toContain('"action":"policy.write"');
  expect(await verifyExport(createReadStream(file), { key })).toMatchObject({ ok: true, whole: true, problems: [] });
});

test('every cell of the matrix shows its decision, and a denial is explained with what would have allowed it', async () => {
  const [, tenant = ''] = home.split('/t/');
  const page = owner;
  await page.goto(`${home}/policies/${opened.hall.guild}`);
  await page.getByRole('button', { name: /^Everyone, \/skip: Denied by rule 1 \(everyone-deny\)/ }).waitFor();
  await expect.poll(() => page.locator('.cell[data-outcome=unknown]').count()).toBe(0);
  const shown = await page
    .locator('tbody .cell')
    .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-outcome')));
  const decided = await page.evaluate(
    async ([id, guild]) => {
      const read = async (path: string) => (await fetch(`/v1/tenants/${id}/guilds/${guild}${path}`)).json();
      const { roles } = (await read('')) as { roles: { id: string; managed: boolean }[] };
      const rows = ['', ...roles.filter(({ managed }) => !managed).map((role) => role.id)].map(async (role) => {
        const { cells } = (await read(`/policy/effective?roles=${role}`)) as { cells: { allowed: boolean }[] };
        return cells.map(({ allowed }) => (allowed ? 'allowed' : 'denied'));
      });
      return (await Promise.all(rows)).flat();
    },
    [tenant, opened.hall.guild],
  );
  expect(decided).toContain('denied');
  expect(shown).toEqual(decided);

  await page.goto(`${home}/audit?outcome=denied`);
  await page
    .getByRole('button', { name: /\/skip/ })
    .first()
    .click();
  const why = page.getByRole('region', { name: 'Why' });
  await why.getByText('everyone-deny').first().waitFor();
  await why.getByText('What would have allowed it').waitFor();
});

test.each([
  ['desktop', 1280, 'light'],
  ['phone', 390, 'dark'],
] as const)(
  'no page has a serious accessibility finding, scrolls sideways or shifts its layout: %s, %i, %s',
  async (_, width, colorScheme) => {
    await owner.setViewportSize({ width, height: 844 });
    await owner.emulateMedia({ colorScheme });
    const guild = opened.hall.guild;
    const pages: readonly [string, string | RegExp][] = [
      ['', 'Now playing'],
      ['/onboarding', 'Your bot was heard.'],
      [`/live/${guild}`, 'Up next'],
      ['/policies', 'Policies'],
      [`/policies/${guild}`, 'Permissions'],
      ['/members', 'Invitations'],
      ['/audit', 'Follow live'],
      ['/keys', 'Public key of the audit log'],
      ['/settings', 'Ownership'],
      ['/nowhere', 'There is nothing at this address'],
    ];
    for (const [path, seen] of pages) {
      await owner.goto(home + path);
      await owner.locator('#main').getByText(seen).first().waitFor();
      await expect.poll(() => owner.locator('[role=status][aria-label=Loading]').count()).toBe(0);
      expect(await opened.findings(owner), path).toEqual([]);
      expect(await owner.evaluate('document.documentElement.scrollWidth <= innerWidth'), path).toBe(true);
      expect(await layoutShift(owner), path).toBeLessThan(steady);
    }
    await owner.setViewportSize({ width: 1280, height: 844 });
  },
);

test('a one-time code that was never issued is refused with a message', async () => {
  const page = await opened.watch(await opened.browserOf());
  await page.goto(`${opened.address}/sign-in?returnTo=/operator/health`);
  await page.getByRole('button', { name: 'Operator sign-in' }).click();
  await page.getByLabel('One-time code').fill('not-the-one-time-sign-in');
  await page.getByRole('button', { name: 'Sign in as operator' }).click();
  await page.getByText('This sign-in is invalid, expired or already used').waitFor();
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  expect(await opened.findings(page)).toEqual([]);
  // Only this one refusal: without a session, the portal does not request /v1/me.
  expect(opened.complaints.splice(0)).toEqual([expect.stringContaining('status of 401')]);
});

test('an API key allows what it was created for, and a policy is rolled back to an earlier version', async () => {
  const [, tenant = ''] = home.split('/t/');
  await owner.goto(`${home}/keys`);
  await owner.getByRole('button', { name: 'Create a key' }).first().click();
  await owner.getByLabel('Name').fill('Nightly look');
  await owner.getByRole('button', { name: 'Create the key' }).click();
  const key = await owner.getByLabel('the key', { exact: true }).textContent();
  await owner.getByRole('button', { name: 'Done' }).click();
  await owner.getByText('Nightly look').waitFor();
  const asked = (method: string, path: string) =>
    fetch(`${opened.address}/v1/tenants/${tenant}${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  expect((await asked('GET', '')).status).toBe(200);
  expect((await asked('POST', `/guilds/${opened.hall.guild}/player/skip`)).status).toBe(403);

  await owner.goto(`${home}/policies/${opened.hall.guild}`);
  const stop = owner.getByRole('button', { name: /^Everyone, \/stop/ });
  await stop.click();
  await stop.click();
  await owner.getByRole('button', { name: 'Review and save' }).click();
  await owner.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await owner.getByText('Version 2 is in force').waitFor();
  await owner.getByRole('tab', { name: 'History' }).click();
  await owner.getByRole('button', { name: 'View changes: Version 1' }).click();
  await owner.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await owner.getByText('Rolled back to version 1').waitFor();
  await owner.getByRole('tab', { name: 'Permissions' }).click();
  await owner.getByRole('button', { name: /^Everyone, \/stop: Allowed/ }).waitFor();
  await owner.getByRole('button', { name: /^Everyone, \/skip: Denied/ }).waitFor();
});

test('a person invited as a viewer can look but not change anything, on a phone', async () => {
  await owner.goto(`${home}/members`);
  const [, tenant = ''] = home.split('/t/');
  const { url } = await owner.evaluate(async (id) => {
    const answer = await fetch(`/v1/tenants/${id}/invitations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'bailiwick-csrf': '1' },
      body: JSON.stringify({ role: 'viewer' }),
    });
    return (await answer.json()) as { url: string };
  }, tenant);
  const viewer = await opened.signIn(await opened.browserOf(390), 'Robin', url.slice(new URL(url).origin.length));
  await viewer.getByRole('button', { name: /accept|join/i }).click();
  await viewer.waitForURL(new RegExp(`/t/${tenant}`));
  await viewer.goto(`${home}/live`);
  await viewer.getByRole('heading', { name: 'Cloud Inventory' }).waitFor();
  const skip = viewer.getByRole('button', { name: 'Skip' }).and(viewer.locator(':enabled'));
  expect(await skip.count()).toBe(0);
  expect(await opened.findings(viewer)).toEqual([]);
  const status = await viewer.evaluate(
    async ([id, guild]) => {
      const headers = { 'bailiwick-csrf': '1' };
      return (await fetch(`/v1/tenants/${id}/guilds/${guild}/player/skip`, { method: 'POST', headers })).status;
    },
    [tenant, opened.hall.guild],
  );
  expect(status).toBe(403);
  const { complaints } = opened;
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/status of 403/.test(text)));
});

test('the portal under test is the production build that users get', async () => {
  const page = await (await opened.browserOf()).newPage();
  const scripts: Promise<string>[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith('.js')) scripts.push(response.text());
  });
  await page.goto(`${opened.address}/sign-in`);
  await page.getByRole('link', { name: 'Sign in with Discord' }).waitFor();
  const code = (await Promise.all(scripts)).join('\n');
  expect(code).toContain('createElement');
  expect(code).not.toMatch(/jsxDEV|_debugInfo/);
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
