// @module-tag chromium
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/*
 * The whole onboarding against the sandbox, from nothing to a bot that is heard, using only a browser. Each test
 * continues where the previous one ended.
 */
let opened: OpenedPortal;
let context: BrowserContext;
let owner: Page;
let sandbox: string;

beforeAll(async () => {
  opened = await openPortal();
  context = await opened.browserOf();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
});
afterAll(() => opened?.[Symbol.asyncDispose]());

/** The tab that a link opens. */
async function tabOf(page: Page, link: string | RegExp): Promise<Page> {
  const opening = context.waitForEvent('page');
  await page.getByRole('link', { name: link }).click();
  const tab = await opening;
  tab.on('console', (message) => {
    if (message.type() === 'error') opened.complaints.push(message.text());
  });
  await tab.waitForLoadState();
  return tab;
}

test('with the sandbox, the token form links to its developer portal and never to Discord', async () => {
  owner = await opened.signIn(context, 'Max');
  await owner.getByLabel('Name').fill('Harmony Records');
  await owner.locator('form button[type=submit]').click();
  await owner.getByLabel('Token of the bot').waitFor();
  const links = await owner.locator('a[href]').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  expect(links.filter((href) => /discord\.com/.test(href))).toEqual([]);
  expect(links.filter((href) => href.endsWith('/developers/applications'))).toHaveLength(1);
  expect(await opened.flaws(owner)).toEqual([]);
});

test('an application created there has a token, which the portal accepts', async () => {
  const developers = await tabOf(owner, /sandbox developer portal/);
  expect(await developers.title()).toContain('Sandbox');
  await developers.getByLabel('Name of the new application').fill('Harmony Bot');
  await developers.getByRole('button', { name: 'Create application' }).click();
  await developers.getByLabel('Token of Harmony Bot', { exact: true }).waitFor();
  await developers.getByRole('button', { name: 'Copy' }).click();
  await developers.getByText('Token copied').waitFor();
  await developers.close();
  await owner.bringToFront();
  await owner.getByLabel('Token of the bot').focus();
  await owner.keyboard.press('Control+V');
  await owner.getByRole('button', { name: 'Check and start' }).click();
  await owner.getByRole('link', { name: /^Invite the bot to a server/ }).waitFor();
});

test('the bot is invited on a page that says that it is the sandbox and not Discord', async () => {
  const consent = await tabOf(owner, /^Invite the bot to a server/);
  sandbox = new URL(consent.url()).origin;
  expect(await consent.title()).toContain('Sandbox, not Discord');
  await consent.getByText('nothing here reaches discord.com').waitFor();
  expect(await opened.findings(consent)).toEqual([]);
  await consent.getByLabel('You are').selectOption({ label: 'Ada' });
  await consent.getByRole('button', { name: 'Authorize' }).click();
  await consent.getByText('Harmony Bot was added to Harmony Hall').waitFor();
  await consent.close();
});

test('a member joins a voice channel in the chat, and the bot is heard', async () => {
  const chat = await context.newPage();
  await chat.goto(`${sandbox}/?guild=Harmony+Hall&channel=music&user=Max`);
  await chat.getByRole('button', { name: 'Join the voice channel Lounge' }).click();
  await chat.getByText('Voice connected').waitFor();
  await owner.bringToFront();
  await owner.getByText('Your bot was heard.').waitFor();
  expect(opened.complaints).toEqual([]);
});
