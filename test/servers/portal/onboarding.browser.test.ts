// @module-tag chromium
import { readFile } from 'node:fs/promises';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asked, openPortal, type OpenedPortal } from './opened-portal.ts';

/*
 * An onboarding with obstacles: each one is named with its fix, and the checks continue once it is fixed. At the end,
 * the token is replaced and the bot deleted. Each test continues where the previous one ended.
 */
let opened: OpenedPortal;
let owner: Page;
let home: string;
let tenant: string;
let bot: { readonly id: string; readonly token: string; readonly bot: { readonly id: string } };

beforeAll(async () => {
  opened = await openPortal();
});
afterAll(() => opened[Symbol.asyncDispose]());

const check = (title: string) => owner.locator('.check').filter({ hasText: title });
const dialog = (page: Page) => page.getByRole('dialog');

/** Pastes a token, and waits for the reason and the fix on the check with this title. */
async function paste(token: string, title: string, reason: string, fix: string): Promise<void> {
  await owner.getByLabel('Token of the bot').fill(token);
  await owner.getByRole('button', { name: /^Check (?:and start|this token)$/ }).click();
  await check(title).getByText(reason).waitFor();
  await check(title).getByText(fix).waitFor();
  expect(await check(title).getAttribute('data-state')).toBe('failed');
}

test('before there is a bot, each screen says what will appear there', async () => {
  owner = await opened.signIn(await opened.browserOf(), 'Max');
  await owner.getByRole('heading', { name: 'Welcome, Max' }).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  // A user with the wrong account can sign out before creating anything.
  await owner.getByRole('button', { name: 'Account of Max' }).click();
  await owner.getByRole('menuitem', { name: 'Your account' }).waitFor();
  await owner.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  await owner.keyboard.press('Escape');
  await owner.getByLabel('Name').fill('Harmony Records');
  await owner.getByRole('button', { name: 'Continue' }).click();
  await owner.waitForURL(/\/t\/ten_[^/]+\/onboarding$/);
  home = owner.url().replace(/\/onboarding$/, '');
  [, tenant = ''] = home.split('/t/');
  for (const [path, seen] of [
    ['', 'There is no bot yet'],
    ['/live', 'No bot yet'],
    ['/policies', 'No bot yet'],
    ['/members', 'No open invitations'],
    ['/audit', 'create a tenant'],
    ['/settings', 'There is none yet'],
  ] as const) {
    await owner.goto(home + path);
    await owner.locator('#main').getByText(seen).first().waitFor();
    expect(await opened.flaws(owner), path).toEqual([]);
  }
  await owner.getByRole('link', { name: 'Set up the bot' }).click();
  await owner.getByLabel('Token of the bot').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
});

test('a token that is invalid, in use or of an application with an interactions endpoint URL is refused with the reason', async () => {
  const { sandbox } = opened.platform;
  bot = await sandbox.createApplication('Harmony Bot');
  const accepts = 'Discord accepts the token';
  await paste('nonsense', accepts, 'This is not a bot token', 'Copy it from the Bot page');
  // It is not stored, so there is nothing to retry.
  expect(await owner.getByRole('button', { name: /^Try again/ }).count()).toBe(0);
  expect(await opened.flaws(owner)).toEqual([]);
  // A response that arrives after the events that it caused hides nothing, and keeps what was typed.
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  await owner.route('**/v1/tenants/*/onboarding', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    const response = await route.fetch();
    await held;
    return route.fulfill({ response });
  });
  await paste(bot.token.replace(/.{6}$/, 'AAAAAA'), accepts, 'Discord does not accept this token', 'Reset Token');
  await owner.getByLabel('Token of the bot').fill('the next one');
  const answered = owner.waitForResponse((response) => response.request().method() === 'POST');
  letGo();
  await (await answered).finished();
  await owner.unrouteAll();
  await owner.getByRole('button', { name: 'Check this token' }).and(owner.locator(':enabled')).waitFor();
  expect(await owner.getByLabel('Token of the bot').inputValue()).toBe('the next one');
  expect(await check(accepts).getAttribute('data-state')).toBe('failed');

  const taken = await opened.platform.onboard('Somebody else', opened.hall.guild);
  const duplicate = 'No other tenant uses this application';
  await paste(
    taken.application.token,
    duplicate,
    'Another tenant already uses this application',
    'Use your own application',
  );
  expect(await opened.flaws(owner)).toEqual([]);

  await sandbox.setInteractionsEndpoint(bot.id, 'https://example.com/interactions');
  await paste(
    bot.token,
    'Discord sends its interactions to this platform',
    'would not receive commands',
    'Clear "Interactions Endpoint URL"',
  );
  expect(await check(accepts).getAttribute('data-state')).toBe('passed');
  expect(await opened.flaws(owner)).toEqual([]);
  await sandbox.setInteractionsEndpoint(bot.id, null);
});

test('a bot that waits for its invitation still does after the browser is closed, on another device', async () => {
  await owner.getByLabel('Token of the bot').fill(bot.token);
  await owner.getByRole('button', { name: 'Check this token' }).click();
  const invite = () => owner.getByRole('link', { name: 'Invite the bot to a server' });
  expect(await invite().getAttribute('href')).toContain(bot.id);
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.goto(home);
  await owner.getByRole('heading', { name: 'Not in any server yet' }).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.context().close();

  const path = `/t/${tenant}/onboarding`;
  owner = await opened.signIn(await opened.browserOf(390), 'Max', path);
  expect(new URL(owner.url()).pathname).toBe(path);
  expect(await invite().getAttribute('href')).toContain(bot.id);
  expect(await check('Discord accepts the token').getAttribute('data-state')).toBe('passed');
  expect(await owner.getByLabel('Token of the bot').count()).toBe(0);
});

test('a channel where the bot may not speak is named and rechecked by itself; a failed check is retried on request', async () => {
  const { guild, lounge, music, max } = opened.hall;
  const { sandbox } = opened.platform;
  const deny = PermissionFlagsBits.Connect | PermissionFlagsBits.Speak;
  await sandbox.denyInChannel(guild, lounge, bot.bot.id, deny);
  await sandbox.person({ guild, channel: music, user: max, applicationId: bot.id }).joinVoice(lounge);
  await sandbox.install(guild, bot.id);
  const place = check('The bot has the permissions to play in a voice channel');
  await place
    .getByText('In the voice channel "Lounge" of "Harmony Hall" the bot lacks these permissions: Connect, Speak.')
    .waitFor();
  await place.getByText(/open the channel's settings, select Permissions/).waitFor();
  await place.getByRole('button', { name: 'Play here' }).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);

  const comeBack = await opened.keepAway('audio');
  try {
    await sandbox.denyInChannel(guild, lounge, bot.bot.id, 0n);
    await owner.getByRole('button', { name: /^Try again/ }).waitFor();
    expect(await owner.locator('.check[data-state=failed] .row-text').allInnerTexts()).not.toEqual([]);
    expect(await owner.locator('.check[data-state=failed] .check-fix').allInnerTexts()).not.toEqual([]);
    expect(await opened.flaws(owner)).toEqual([]);
  } finally {
    await comeBack();
  }
  // The one that has just come back may not play this tenant yet: then the check says so, and offers it again.
  const again = owner.getByRole('button', { name: /^Try again/ });
  const heard = async () => {
    if (await again.isVisible()) await again.click();
    return owner.getByText('Your bot was heard.').isVisible();
  };
  await expect.poll(heard, { interval: 2_000, timeout: 120_000 }).toBe(true);
  expect(await opened.flaws(owner)).toEqual([]);
});

test('a token can only be replaced by one of the same application', async () => {
  const { platform } = opened;
  await owner.setViewportSize({ width: 1280, height: 844 });
  await owner.goto(`${home}/settings`);
  const replace = async (token: string) => {
    await owner.getByLabel('New token').fill(token);
    await owner.getByRole('button', { name: 'Check and replace' }).click();
  };
  const other = await platform.sandbox.createApplication('Another Bot');
  await replace(other.token);
  await owner.getByText(`this tenant's bot is application ${bot.id}`).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await opened.provoked(422);
  const token = await platform.sandbox.resetToken(bot.id);
  await replace(token);
  await owner.getByText('The new token is in use').waitFor();
  expect(await owner.getByLabel('New token').inputValue()).toBe('');
  await platform.untilReady(tenant);
  await owner.goto(home);
  await owner.getByText('The bot answers commands.').waitFor();
});

test('an owner stops the bot and starts it again', async () => {
  const { sandbox } = opened.platform;
  await owner.goto(`${home}/settings`);
  await owner.getByRole('button', { name: 'Stop the bot' }).click();
  await dialog(owner).getByText('answers no commands until you start it again').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog(owner).getByRole('button', { name: 'Stop the bot' }).click();
  await owner.getByRole('button', { name: 'Start the bot again' }).waitFor();
  expect(await sandbox.isConnected(bot.id)).toBe(false);
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.getByRole('button', { name: 'Start the bot again' }).click();
  await owner.getByRole('button', { name: 'Stop the bot' }).waitFor();
  await opened.platform.untilReady(tenant);
});

test('a tenant is renamed, and deleting one with an emoji name takes a word to type instead', async () => {
  const switcher = owner.locator('.sidebar .switcher');
  const rename = async (from: string, to: string) => {
    await expect.poll(() => owner.getByLabel('Name', { exact: true }).inputValue()).toBe(from);
    await owner.getByLabel('Name', { exact: true }).fill(to);
    await owner.getByRole('button', { name: 'Rename' }).click();
    await owner.getByText(`The new name is ${to}`).waitFor();
    await switcher.getByText(to).waitFor();
  };
  const emoji = '🎵'.repeat(40);
  await rename('Harmony Records', emoji);
  expect(await switcher.locator('.switcher-initial').textContent()).toBe('🎵');
  await owner.getByRole('button', { name: 'Delete this tenant' }).click();
  const remove = dialog(owner).getByRole('button', { name: 'Delete permanently' });
  await dialog(owner).getByLabel('Type delete to confirm').fill('delet');
  expect(await remove.isDisabled()).toBe(true);
  await dialog(owner).getByLabel('Type delete to confirm').fill('delete');
  expect(await remove.isDisabled()).toBe(false);
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog(owner).getByRole('button', { name: 'Cancel' }).click();
  await rename(emoji, 'Harmony Records');
});

test('a bot is deleted by typing its name, and then gone everywhere', async () => {
  // The same owner has it open in another tab.
  const tab = await opened.watch(owner.context());
  await tab.goto(home);
  await tab.getByText('The bot answers commands.').waitFor();
  // Background pages are not rendered.
  await owner.bringToFront();
  await owner.getByRole('button', { name: 'Delete this tenant' }).click();
  const remove = dialog(owner).getByRole('button', { name: 'Delete permanently' });
  expect(await remove.isDisabled()).toBe(true);
  await dialog(owner).getByLabel('Type Harmony Records to confirm').fill('Harmony Record');
  expect(await remove.isDisabled()).toBe(true);
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog(owner).getByLabel('Type Harmony Records to confirm').fill('Harmony Records');
  await remove.click();
  await owner.getByText('Harmony Records was deleted').waitFor();
  await owner.waitForURL(/\/tenants\/new$/);
  await owner.getByRole('heading', { name: 'Welcome, Max' }).waitFor();
  const link = owner.getByRole('link', { name: 'Download the certificate' });
  const [download] = await Promise.all([owner.waitForEvent('download'), link.click()]);
  const certificate = await readFile(await download.path(), 'utf8');
  expect(certificate).toMatch(new RegExp(`^bailiwick-deletion/1\\n(?:.*\\n)*tenant: ${tenant}\\n`));
  expect(await opened.flaws(owner)).toEqual([]);
  expect(await opened.platform.sandbox.isConnected(bot.id)).toBe(false);
  await tab.getByRole('heading', { name: 'This tenant was deleted' }).waitFor();
  await tab.bringToFront();
  expect(await tab.getByRole('alert').count()).toBe(1);
  expect(await opened.flaws(tab)).toEqual([]);
  const askedFor: string[] = [];
  tab.on('request', (request) => askedFor.push(request.url()));
  // Longer than the longest delay before a stream is reopened.
  await tab.waitForTimeout(12_000);
  expect(askedFor.filter((url) => url.includes('/v1/tenants/'))).toEqual([]);
  await tab.close();
  await owner.bringToFront();
  expect(await asked(owner, 'GET', `/v1/tenants/${tenant}`)).toBe(404);
  // The pages may have asked for it while it was deleted.
  await opened.provoked(404, `/v1/tenants/${tenant}`);
  await owner.goto(home);
  await owner.getByText('There is nothing at this address').waitFor();
  await owner.goto(`${opened.address}/account`);
  await owner.getByRole('heading', { name: 'Sessions' }).waitFor();
  expect(await owner.getByText('Harmony Records').count()).toBe(0);
  expect(await opened.flaws(owner)).toEqual([]);
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
