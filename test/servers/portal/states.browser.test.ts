// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';

/*
 * What the overview says of a bot, held against what is true: in no server, with its commands sent elsewhere, and
 * suspended. Each is seen as it happens, without a reload.
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
}, 120_000);
afterAll(async () => {
  expect(opened.complaints).toEqual([]);
  await opened[Symbol.asyncDispose]();
});

const stat = (label: string) => page.locator('.stat').filter({ hasText: label });
const addToServer = () => page.locator('#main').getByRole('link', { name: /^Add to a server/ });
const guild = () => page.getByRole('link', { name: /Harmony Hall/ });

test('a bot that works is said to, with its server and its confinement', async () => {
  await guild().waitFor();
  await stat('Discord').getByText('In 1 server', { exact: true }).waitFor();
  await stat('Confinement')
    .getByText(/^\d+ layers?$/)
    .waitFor();
  expect(await opened.flaws(page)).toEqual([]);
});

test('a bot that is in a server can be added to another one, from the overview and from the live queue', async () => {
  for (const path of ['', '/live']) {
    await page.goto(bot.home + path);
    expect(await addToServer().getAttribute('href'), path).toContain(bot.application.id);
  }
  await page.goto(bot.home);
  await guild().waitFor();
});

test('a bot that was kicked from its last server answers nobody, until it is invited again', async () => {
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

test('a bot whose commands go to an interactions endpoint is not ready, and its owner reads why', async () => {
  const { sandbox } = opened.platform;
  await sandbox.setInteractionsEndpoint(bot.application.id, 'http://127.0.0.1:1/');
  await sandbox.disconnect(bot.application.id, 4_000);
  await page.getByText(/The application has an interactions endpoint URL/).waitFor();
  await page.getByText('Not working properly').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await sandbox.setInteractionsEndpoint(bot.application.id, null);
  await sandbox.disconnect(bot.application.id, 4_000);
  await page.getByText('The bot answers commands.').waitFor();
}, 90_000);

test('a bot that is suspended has no commands at Discord and nothing that confines it, and gets both back', async () => {
  const { guild: place, music, max } = opened.hall;
  const commands = () => opened.platform.sandbox.commandNames(place, music, max);
  await expect.poll(async () => (await commands()).length).toBe(8);
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
  await expect.poll(async () => (await commands()).length, { timeout: 10_000 }).toBe(8);
}, 90_000);
