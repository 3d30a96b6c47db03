// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';
import { shownCommands } from '#test/e2e/shown-commands.ts';

/*
 * The overview's status of a bot, compared with its actual state: in no server, with an interactions endpoint URL, and
 * suspended. Each change shows without a reload.
 */
let opened: OpenedPortal;
let page: Page;
let bot: BroughtBot;

beforeAll(async () => {
  opened = await openPortal();
  page = await opened.signIn(await opened.browserOf(), 'Max');
  bot = await opened.bringBot(page, 'Harmony', opened.hall.guild);
  await page.goto(bot.home);
  await page.getByText('The bot answers commands.').waitFor();
});
afterAll(async () => {
  expect(opened.complaints).toEqual([]);
  await opened[Symbol.asyncDispose]();
});

const stat = (label: string) => page.locator('.stat').filter({ hasText: label });
const addToServer = () => page.locator('#main').getByRole('link', { name: /^Add to a server/ });
const guild = () => page.getByRole('link', { name: /Harmony Hall/ });

test('a working bot is shown as such, with its server and its confinement', async () => {
  await guild().waitFor();
  await stat('Discord').getByText('In 1 server', { exact: true }).waitFor();
  await stat('Confinement')
    .getByText(/^\d+ layers?$/)
    .waitFor();
  expect(await opened.flaws(page)).toEqual([]);
});

test('a bot in a server can be added to another one, from the overview and from the live queue', async () => {
  for (const path of ['', '/live']) {
    await page.goto(bot.home + path);
    expect(await addToServer().getAttribute('href'), path).toContain(bot.application.id);
  }
  await page.goto(bot.home);
  await guild().waitFor();
});

test('a bot kicked from its last server is shown as in no server until it is invited again', async () => {
  await opened.platform.sandbox.kick(opened.hall.guild, bot.application.id);
  await page.getByText('In no server', { exact: true }).waitFor();
  await page.getByText('The bot is not in any server. Invite it to one.').waitFor();
  await page.getByRole('heading', { name: 'Not in any server yet' }).waitFor();
  await stat('Discord').getByText('In 0 servers', { exact: true }).waitFor();
  expect(await guild().count()).toBe(0);
  expect(await addToServer().getAttribute('href')).toContain(bot.application.id);
  expect(await opened.flaws(page)).toEqual([]);
  await opened.platform.sandbox.install(opened.hall.guild, bot.application.id);
  await page.getByText('The bot answers commands.').waitFor();
  await guild().waitFor();
});

test('a bot with an interactions endpoint URL is not ready, and its owner sees the reason', async () => {
  const { sandbox } = opened.platform;
  await sandbox.setInteractionsEndpoint(bot.application.id, 'http://127.0.0.1:1/');
  await sandbox.disconnect(bot.application.id, 4_000);
  await page.getByText(/The application has an interactions endpoint URL/).waitFor();
  await page.getByText('Not working properly').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await sandbox.setInteractionsEndpoint(bot.application.id, null);
  await sandbox.disconnect(bot.application.id, 4_000);
  await page.getByText('The bot answers commands.').waitFor();
});

test('a suspended bot has no commands at Discord and no confined process, and gets both back', async () => {
  const { guild: place, music, max } = opened.hall;
  const commands = () => opened.platform.sandbox.commandNames(place, music, max);
  await expect.poll(async () => (await commands()).length).toBe(shownCommands.length);
  expect(await asked(page, 'POST', `/v1/tenants/${bot.tenant}/suspend`, { reason: 'A test.' })).toBe(200);
  await page.getByText('Suspended', { exact: true }).waitFor();
  await page.getByText('The bot is suspended and not running. A test.').waitFor();
  await stat('Confinement').getByText('No process is running.').waitFor();
  await stat('Discord').getByText('Not connected', { exact: true }).waitFor();
  expect(await commands()).toEqual([]);
  expect(await guild().count()).toBe(0);
  expect(await opened.flaws(page)).toEqual([]);
  expect(await asked(page, 'POST', `/v1/tenants/${bot.tenant}/resume`)).toBe(200);
  await page.getByText('The bot answers commands.').waitFor();
  await expect.poll(async () => (await commands()).length).toBe(shownCommands.length);
});
