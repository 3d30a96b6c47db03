// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';

/* What played in a server is looked at afterwards, by dragging to a moment. */
let opened: OpenedPortal;
let page: Page;
let bot: BroughtBot;

beforeAll(async () => {
  opened = await openPortal();
  page = await opened.signIn(await opened.browserOf(), 'Max');
  bot = await opened.bringBot(page, 'Harmony Records', opened.hall.guild);
  await member(opened.hall.max).joinVoice(opened.hall.lounge);
});
afterAll(() => opened[Symbol.asyncDispose]());

function member(user: string): Person {
  const { guild, music } = opened.hall;
  return opened.platform.sandbox.person({ guild, channel: music, user, applicationId: bot.application.id });
}

const heard = () => page.locator('.queue .row-title').first().textContent();

test('a moment shows what played then, and another one what played after that', async () => {
  const { hall } = opened;
  expect(textOf(await member(hall.max).type('play', { query: 'weather systems' }))).toMatch(/^Playing/);
  expect(textOf(await member(hall.max).type('play', { query: 'cloud inventory' }))).toMatch(/^Added/);
  await page.goto(`${bot.home}/live`);
  await expect.poll(() => page.locator('.deck-title').textContent()).toBe('Weather Systems');
  const first = new Date().toISOString();
  // A second apart on the slider, too.
  await page.waitForTimeout(1_500);
  expect(textOf(await member(hall.max).type('skip'))).not.toBe('');
  await expect.poll(() => page.locator('.deck-title').textContent()).toBe('Cloud Inventory');

  await page.getByRole('link', { name: 'Timeline' }).click();
  await expect.poll(heard).toBe('Cloud Inventory');
  await page.getByText(/Playing at 0:0\d, volume \d+ %, added by Max/).waitFor();
  expect(await opened.flaws(page)).toEqual([]);

  await page.goto(`${bot.home}/timeline/${hall.guild}?at=${first}`);
  await expect.poll(heard).toBe('Weather Systems');
  expect(await page.locator('.queue .row-title').allTextContents()).toEqual(['Weather Systems', 'Cloud Inventory']);
  await page.getByRole('button', { name: 'Next track' }).click();
  await expect.poll(heard).toBe('Cloud Inventory');
  expect(new URL(page.url()).searchParams.get('at')).not.toBe(first);
  await page.getByRole('slider', { name: 'Moment' }).press('Home');
  await page.getByText('Nothing is known').waitFor();
  expect(opened.complaints).toEqual([]);
});

test('what was played is drawn by the hour and day, with names, as tables, and as files', async () => {
  await page.getByRole('link', { name: 'Statistics' }).click();
  await page.getByRole('heading', { name: '2 tracks played' }).waitFor();
  await page.getByText('As a table').click();
  const days = page.getByRole('region', { name: 'Tracks over time' }).getByRole('row');
  expect(await days.count()).toBe(8);
  expect(await days.last().getByRole('cell').allTextContents()).toEqual(['2', '0', '1', '0', '0']);
  // Of the last hour, of the last day, and of the days that are shown.
  await expect.poll(() => page.getByText('Weather Systems').count()).toBe(3);
  await page.getByText('Tracks a minute in the last hour').waitFor();
  await page.getByText('Max', { exact: true }).last().waitFor();
  const cells = page.getByRole('region', { name: 'Busiest hours' }).getByRole('cell');
  expect((await cells.allTextContents()).map(Number).reduce((sum, each) => sum + each, 0)).toBe(2);
  expect(await opened.flaws(page)).toEqual([]);
  await page.getByText('Today', { exact: true }).click();
  await expect.poll(() => days.count()).toBeGreaterThan(20);
  await page.getByRole('combobox', { name: 'Server' }).selectOption({ label: 'Harmony Hall' });
  await page.getByRole('heading', { name: '2 tracks played' }).waitFor();
  expect(new URL(page.url()).searchParams.get('server')).toBe(opened.hall.guild);
  await page.getByRole('button', { name: 'CSV' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Most played' }).click();
  expect((await saving).suggestedFilename()).toMatch(/^statistics-tracks-ten_.*\.csv$/);
  expect(opened.complaints).toEqual([]);
});

test('a moment shows what the bot and its Discord token were, and who had suspended it and why', async () => {
  const operator = await opened.signInAsOperator(await opened.browserOf());
  await operator.getByRole('button', { name: 'Suspend Harmony Records' }).click();
  const dialog = operator.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('A complaint');
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await operator.getByText('Harmony Records is suspended').waitFor();
  const suspended = new Date().toISOString();
  await operator.getByRole('button', { name: 'Resume Harmony Records' }).click();
  await operator.getByText('Harmony Records starts again').waitFor();

  const then = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Bot', exact: true }) });
  await page.goto(`${bot.home}/timeline/${opened.hall.guild}?at=${suspended}`);
  await then.getByText('Suspended: Harmony Records').waitFor();
  await then.getByText('by Operator: A complaint').waitFor();
  await then.getByText('Discord token accepted').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await page.goto(`${bot.home}/timeline/${opened.hall.guild}?at=${new Date().toISOString()}`);
  await then.getByText('Active: Harmony Records').waitFor();
  expect(opened.complaints).toEqual([]);
});
