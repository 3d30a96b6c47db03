// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MemberRole } from '#policies/roles.ts';
import { textOf } from '#test/e2e/sandbox.ts';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';

/*
 * People who manage a bot together: invitations, roles, removal, transfer of ownership, and two editing the same
 * policy. Each test continues where the previous one ended.
 */
let opened: OpenedPortal;
/** Max, who owns the tenant at first. */
let owner: Page;
/** The URL of `/t/<tenant>`. */
let home: string;
let tenant: string;
let bot: BroughtBot;
const people = {} as Record<'admin' | 'auditor' | 'viewer', Page>;
const names = { admin: 'Ada', auditor: 'Dana', viewer: 'Robin' } as const;

beforeAll(async () => {
  opened = await openPortal();
  owner = await opened.signIn(await opened.browserOf(), 'Max');
  bot = await opened.bringBot(owner, 'Harmony Records', opened.hall.guild);
  ({ home, tenant } = bot);
});
afterAll(() => opened[Symbol.asyncDispose]());

const api = (page: Page, method: string, path: string, body?: unknown) =>
  asked(page, method, `/v1/tenants/${tenant}${path}`, body);
const dialog = (page: Page) => page.getByRole('dialog');
const rowOf = (page: Page, name: string) => page.locator('.row').filter({ hasText: name });

/** Creates an invitation through the UI. @returns its path and fragment, to be opened at this portal */
async function invite(role: string, note: string): Promise<string> {
  await owner.goto(`${home}/members`);
  await owner.getByRole('button', { name: 'Invite someone' }).click();
  await dialog(owner).getByRole('radio', { name: role }).check();
  await dialog(owner).getByLabel('Note').fill(note);
  await dialog(owner).getByRole('button', { name: 'Create link' }).click();
  const link = await dialog(owner).getByLabel('the link', { exact: true }).textContent();
  await dialog(owner).getByRole('button', { name: 'Done' }).click();
  return (link ?? '').slice(opened.address.length);
}

test('a sole owner has nobody to transfer ownership to, and invites three people, who accept', async () => {
  await owner.goto(`${home}/settings`);
  await owner.getByText('There is no other member yet').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.getByRole('link', { name: 'Invite someone first' }).click();
  await owner.getByText('No open invitations').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.getByRole('button', { name: 'Invite someone' }).click();
  await dialog(owner).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);

  for (const role of ['admin', 'auditor', 'viewer'] as const) {
    const link = await invite(role[0]?.toUpperCase() + role.slice(1), `For ${names[role]}`);
    await rowOf(owner, `For ${names[role]}`).waitFor();
    const page = await opened.signIn(await opened.browserOf(), names[role], link);
    await page.getByRole('heading', { name: 'Join Harmony Records' }).waitFor();
    await page
      .getByText(`Max invites you to work on the bot Harmony Records Bot as a${role === 'viewer' ? '' : 'n'} ${role}.`)
      .waitFor();
    if (role === 'admin') expect(await opened.flaws(page)).toEqual([]);
    await page.getByRole('button', { name: 'Accept the invitation' }).click();
    await page.waitForURL(home);
    people[role] = page;
  }
  await owner.reload();
  await rowOf(owner, 'Robin').waitFor();
  await owner.getByText('No open invitations').waitFor();
  expect(await owner.getByLabel('Role of Dana').inputValue()).toBe('auditor');
  expect(await opened.flaws(owner)).toEqual([]);
});

test('an invitation works only once, and a withdrawn one not at all; both are refused with a message', async () => {
  const used = await invite('Viewer', 'For one');
  await people.viewer.goto(opened.address + used);
  await people.viewer.getByRole('button', { name: 'Accept the invitation' }).click();
  await people.viewer.waitForURL(home);
  const withdrawn = await invite('Admin', 'For nobody');
  await owner.getByRole('button', { name: 'Withdraw the invitation For nobody' }).click();
  await owner.getByText('The invitation was withdrawn').waitFor();
  const toni = await opened.signIn(await opened.browserOf(), 'Toni', used);
  for (const link of [used, withdrawn]) {
    // The same URL with another fragment would not reload the page.
    await toni.goto('about:blank');
    await toni.goto(opened.address + link);
    await toni.getByText('Ask for a new one.').waitFor();
    await toni.getByRole('heading', { name: 'This invitation is not valid' }).waitFor();
  }
  expect(await opened.flaws(toni)).toEqual([]);
  await opened.provoked(404);
  await toni.getByRole('link', { name: 'Go to your bots', exact: true }).click();
  await toni.getByRole('heading', { name: 'Welcome, Toni' }).waitFor();
  expect(await opened.flaws(toni)).toEqual([]);
  expect(await api(toni, 'GET', '')).toBe(404);
  await opened.provoked(404);
  await toni.context().close();
});

/** The screens of a tenant. */
const whole = [
  'Overview',
  'Live queue',
  'Policies',
  'Server settings',
  'Features',
  'Members',
  'Statistics',
  'Timeline',
  'Audit log',
  'Keys',
  'Webhooks',
  'Settings',
];

/** What each role sees in the navigation, and what the API refuses it when called directly. */
const roles: Readonly<Record<MemberRole, { hall: readonly string[]; refused: readonly [string, string, unknown?][] }>> =
  {
    owner: { hall: whole, refused: [] },
    admin: {
      hall: whole,
      refused: [
        ['POST', '/invitations', { role: 'viewer' }],
        ['POST', '/suspend', { reason: 'a try' }],
        ['POST', '/ownership', { subject: 'discord:1' }],
        ['DELETE', ''],
        ['POST', '/api-keys', { name: 'a try', scopes: ['read'], expiresInDays: 1 }],
        ['PUT', '/features/lyrics', { on: false }],
      ],
    },
    auditor: {
      hall: whole.filter((screen) => screen !== 'Live queue' && screen !== 'Statistics'),
      refused: [
        ['POST', '/invitations', { role: 'viewer' }],
        ['PUT', '/token', { token: 'a.b.c' }],
        ['POST', '/onboarding', { token: 'a.b.c' }],
        ['POST', '/guilds/{guild}/player/pause'],
        ['GET', '/guilds/{guild}/player'],
        ['POST', '/webhooks', { url: 'https://example.com', events: ['track.started'] }],
        ['PUT', '/guilds/{guild}/policy', { rules: [], otherwise: 'allow' }],
      ],
    },
    viewer: {
      hall: ['Overview', 'Live queue', 'Policies', 'Server settings', 'Features', 'Members', 'Settings'],
      refused: [
        ['GET', '/audit/records'],
        ['GET', '/audit/export?format=csv'],
        ['GET', '/api-keys'],
        ['GET', '/audit/key'],
        ['GET', '/webhooks'],
        ['POST', '/webhooks', { url: 'https://example.com', events: ['track.started'] }],
        ['POST', '/guilds/{guild}/player/skip'],
        ['PUT', '/guilds/{guild}/policy', { rules: [], otherwise: 'allow' }],
        ['DELETE', '/members/{other}'],
      ],
    },
  };

test.each(['owner', 'admin', 'auditor', 'viewer'] as const)(
  'the role %s sees what it may do, and the API refuses what the screens do not offer',
  async (role) => {
    const page = role === 'owner' ? owner : people[role];
    const { guild, max } = opened.hall;
    const { hall, refused } = roles[role];
    await page.goto(home);
    await page.getByText('The bot answers commands.').waitFor();
    expect(await page.locator('.sidebar').getByRole('navigation').getByRole('link').allTextContents()).toEqual(hall);
    const allow = async (path: string, seen: string, name: string, yes: boolean) => {
      await page.goto(home + path);
      await page.locator('#main').getByText(seen).first().waitFor();
      await expect
        .poll(() => page.locator('#main').getByRole('button', { name }).count(), {
          message: `${path}: ${name}`,
        })
        .toBe(yes ? 1 : 0);
    };
    const changesPolicies = role === 'owner' || role === 'admin';
    await allow('/members', 'People who manage this bot', 'Invite someone', role === 'owner');
    await expect.poll(() => page.getByLabel('Role of Robin').count()).toBe(role === 'owner' ? 1 : 0);
    if (role === 'viewer') expect(await opened.flaws(page)).toEqual([]);
    await allow(`/live/${guild}`, role === 'auditor' ? 'Not available to auditors' : 'Up next', 'Add', changesPolicies);
    if (role === 'auditor') {
      expect(await opened.flaws(page)).toEqual([]);
      // The link to add the bot to a server is there even without permission to see the servers.
      await page.goto(home);
      const add = page.locator('#main').getByRole('link', { name: /^Add to a server/ });
      expect(await add.getAttribute('href')).toContain(bot.application.id);
    }
    await page.goto(`${home}/policies/${guild}`);
    const cell = page.getByRole('button', { name: /^Everyone, \/stop/ });
    if (changesPolicies) await cell.waitFor();
    else await page.getByText('Your role can view policies but not change them.').waitFor();
    if (!changesPolicies) expect(await opened.flaws(page)).toEqual([]);
    await allow('/settings', 'Leave this tenant', 'Delete this tenant', role === 'owner');
    await allow('/settings', 'Leave this tenant', 'Hand over', role === 'owner');
    if (!changesPolicies) {
      expect(await page.locator('#main form').count()).toBe(0);
      expect(await page.locator('#main').getByRole('button').allTextContents()).toEqual(['Leave this tenant']);
      await page.getByText(/you need to be an owner or an admin: ask Max to change your role\.$/).waitFor();
    }
    expect(await opened.flaws(page)).toEqual([]);
    for (const [method, path, body] of refused) {
      const at = path.replace('{guild}', guild).replace('{other}', encodeURIComponent(`discord:${max}`));
      expect(await api(page, method, at, body), `${role}: ${method} ${path}`).toBe(403);
    }
    if (refused.length > 0) await opened.provoked(403);
    // A screen that the role may not see explains that, even when opened by URL.
    if (role !== 'viewer') return;
    await page.goto(`${home}/audit`);
    await page.getByText('Not available to viewers').waitFor();
    expect(await opened.flaws(page)).toEqual([]);
  },
);

test('two people changing the same policy are told, and both changes are kept', async () => {
  const { guild, lounge, max, music } = opened.hall;
  const pages = [owner, people.admin];
  for (const page of pages) {
    await page.goto(`${home}/policies/${guild}`);
    await page.getByRole('button', { name: /^Everyone, \/stop: Allowed/ }).waitFor();
  }
  const deny = async (page: Page, command: string) => {
    const cell = page.getByRole('button', { name: new RegExp(`^Everyone, /${command}`) });
    await cell.click();
    await cell.click();
    await page.getByRole('button', { name: 'Review and save' }).click();
    await dialog(page).getByText(`Nobody may use /${command}`).waitFor();
    await dialog(page).getByRole('button', { name: 'Save', exact: true }).click();
  };
  await deny(owner, 'stop');
  await owner.getByText('Version 1 is in force').waitFor();
  await deny(people.admin, 'volume');
  await dialog(people.admin).getByText('Max saved version 1 meanwhile').waitFor();
  expect(await opened.flaws(people.admin)).toEqual([]);
  await opened.provoked(412);
  await dialog(people.admin).getByRole('button', { name: 'Apply my changes on top' }).click();
  await dialog(people.admin).getByText('saved version 1 meanwhile').waitFor({ state: 'hidden' });
  const listed = await dialog(people.admin).locator('.changes li').allTextContents();
  expect(listed.join('\n')).toMatch(/^−Removed: Nobody may use \/stop\n\+Added: Nobody may use .*\/stop.*\/volume$/);
  await dialog(people.admin).getByRole('button', { name: 'Save', exact: true }).click();
  await people.admin.getByText('Version 2 is in force').waitFor();
  const seat = { guild, channel: music, user: max, applicationId: bot.application.id };
  const member = opened.platform.sandbox.person(seat);
  await member.joinVoice(lounge);
  await expect
    .poll(async () => textOf(await member.type('volume', { percent: 50 })))
    .toContain('do not let you use /volume');
  expect(textOf(await member.type('stop'))).toContain('do not let you use /stop');
  // The other one, who has no unsaved changes, sees both after a reload.
  await owner.reload();
  for (const command of ['stop', 'volume'])
    await owner.getByRole('button', { name: new RegExp(`^Everyone, /${command}: Denied`) }).waitFor();
});

test('a changed role applies from the next request, and a removed member loses access at once', async () => {
  await owner.goto(`${home}/members`);
  await owner.getByLabel('Role of Robin').selectOption('auditor');
  await owner.getByText('Robin now has the role Auditor').waitFor();
  expect(await api(people.viewer, 'GET', '/audit/records')).toBe(200);
  await people.viewer.goto(`${home}/audit`);
  await people.viewer
    .getByRole('button', { name: /member\.write/ })
    .first()
    .waitFor();
  await owner.getByRole('button', { name: 'Actions for Robin' }).click();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.getByRole('menuitem', { name: 'Remove' }).click();
  await dialog(owner).getByText('They lose access immediately').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog(owner).getByRole('button', { name: 'Remove' }).click();
  await owner.getByText('Robin was removed').waitFor();
  await rowOf(owner, 'Robin').waitFor({ state: 'hidden' });
  expect(await api(people.viewer, 'GET', '')).toBe(404);
  await opened.provoked(404, `/v1/tenants/${tenant}`);
  await people.viewer.goto(`${home}/audit`);
  await people.viewer.getByText('There is nothing at this address').waitFor();
  expect(await opened.flaws(people.viewer)).toEqual([]);
});

test('the account lists the user’s bots, and signing out everywhere ends the session of another browser', async () => {
  const elsewhere = await opened.signIn(await opened.browserOf(390), 'Dana', '/account');
  await elsewhere.getByRole('link', { name: /Harmony Records.*Auditor/ }).waitFor();
  await people.auditor.goto(`${opened.address}/account`);
  await people.auditor.getByRole('button', { name: /^Account:/ }).click();
  await people.auditor.getByRole('menuitemradio', { name: 'Dark' }).click();
  await expect.poll(() => people.auditor.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
  await people.auditor.getByRole('menuitemradio', { name: 'System' }).click();
  expect(await opened.flaws(people.auditor)).toEqual([]);
  await people.auditor.keyboard.press('Escape');
  await people.auditor.getByRole('menu').waitFor({ state: 'hidden' });
  expect(await opened.flaws(people.auditor)).toEqual([]);
  await people.auditor.getByRole('button', { name: 'Sign out everywhere' }).click();
  await people.auditor.waitForURL(/\/sign-in$/);
  await elsewhere.getByRole('link', { name: /Harmony Records/ }).click();
  await elsewhere.getByRole('link', { name: 'Sign in with Discord' }).waitFor();
  expect(new URL(elsewhere.url()).searchParams.get('returnTo')).toBe(new URL(home).pathname);
  expect(await opened.flaws(elsewhere)).toEqual([]);
  await opened.provoked(401);
});

test('ownership of a bot is transferred, and its former owner is an admin', async () => {
  await owner.goto(`${home}/settings`);
  await owner.getByLabel('New owner').selectOption('Ada');
  await owner.getByRole('button', { name: 'Hand over' }).click();
  await dialog(owner).getByText('Ada will own it. Only they can give it back.').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog(owner).getByRole('button', { name: 'Hand over' }).click();
  await owner.getByText('Ada now owns Harmony Records, and you are an admin').waitFor();
  await owner.getByText('Ownership').waitFor({ state: 'hidden' });
  expect(await owner.getByRole('button', { name: /^Delete/ }).count()).toBe(0);
  expect(await api(owner, 'DELETE', '')).toBe(403);
  await opened.provoked(403);
  await people.admin.goto(`${home}/members`);
  await people.admin.getByLabel('Role of Max').waitFor();
  expect(await people.admin.getByLabel('Role of Max').inputValue()).toBe('admin');
  expect(await people.admin.getByLabel('Role of Ada').inputValue()).toBe('owner');
  // The last owner cannot give up the role, and is told why.
  await people.admin.getByLabel('Role of Ada').selectOption('viewer');
  await people.admin.getByText('That did not work').waitFor();
  expect(await people.admin.getByLabel('Role of Ada').inputValue()).toBe('owner');
  await opened.provoked(409);
});

test('a member leaves, and loses access; the last owner cannot, and is told why', async () => {
  await people.admin.goto(`${home}/settings`);
  await people.admin.getByRole('button', { name: 'Leave this tenant' }).click();
  await dialog(people.admin).getByText('You are the last owner').waitFor();
  expect(await opened.flaws(people.admin)).toEqual([]);
  await owner.goto(`${home}/settings`);
  await owner.getByRole('button', { name: 'Leave this tenant' }).click();
  await dialog(owner).getByText('You lose access immediately').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog(owner).getByRole('button', { name: 'Leave', exact: true }).click();
  await owner.getByText('You left Harmony Records').waitFor();
  await owner.waitForURL(/\/tenants\/new$/);
  expect(await api(owner, 'GET', '')).toBe(404);
  await opened.provoked(404);
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
