// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSettings, settingsResponseSchema, type GuildSettings } from '#services/contracts/settings.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* A server's settings as an owner works with them; each test continues where the previous one ended. */
let opened: OpenedPortal;
let tenant: string;
let owner: Page;

const path = () => `/v1/tenants/${tenant}/guilds/${opened.hall.guild}/settings`;
const stored = () => opened.platform.owner.call('GET', path(), settingsResponseSchema);
/** By somebody else, who replaces whatever there is. */
const saveElsewhere = (settings: GuildSettings) =>
  opened.platform.owner.call('PUT', path(), settingsResponseSchema, settings, { 'if-match': '*' });
const unsaved = (page: Page) => page.getByRole('region', { name: 'Unsaved changes' });
const save = (page: Page) => unsaved(page).getByRole('button', { name: 'Save' }).click();

beforeAll(async () => {
  opened = await openPortal();
  const { guild, max, robin } = opened.hall;
  tenant = (await opened.platform.onboard('Harmony Records', guild)).id;
  await opened.platform.signInAs(`discord:${max}`, [tenant]);
  await opened.platform.signInAs(`discord:${robin}`, [tenant]);
  await opened.platform.query("update tenant_member set role = 'viewer' where subject = $1", [`discord:${robin}`]);
  owner = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant}`);
});
afterAll(() => opened[Symbol.asyncDispose]());

test('an owner finds the settings of a server, changes some and saves them together', async () => {
  await owner.getByRole('link', { name: 'Server settings' }).click();
  await owner.getByRole('heading', { name: 'Server settings' }).waitFor();
  await owner.getByLabel('Language').selectOption({ label: 'Deutsch' });
  await owner.getByLabel('Leaving').selectOption({ label: 'After 30 minutes' });
  await owner.getByLabel('What is playing').selectOption({ label: '#music' });
  await owner.getByLabel('Longest queue').selectOption({ label: '25 tracks' });
  await owner.getByLabel('Filter at the start').selectOption({ label: 'Nightcore' });
  await owner.getByLabel('Left out of videos').selectOption({ label: 'Advertising' });
  await unsaved(owner).getByText('6 changes').waitFor();
  expect(await stored()).toEqual({ settings: defaultSettings, version: 0 });
  expect(await opened.flaws(owner)).toEqual([]);
  await save(owner);
  await owner.getByRole('status').getByText('Saved.').waitFor();
  await unsaved(owner).waitFor({ state: 'detached' });
  expect(await stored()).toEqual({
    settings: {
      ...defaultSettings,
      language: 'de',
      leaveAfterSec: 1_800,
      announceIn: opened.hall.music,
      queueLimit: 25,
      startFilter: 'nightcore',
      skipSegments: 'sponsors',
    },
    version: 1,
  });
  if (process.env['BAILIWICK_LOOK']) await owner.screenshot({ path: process.env['BAILIWICK_LOOK'], fullPage: true });
});

test('everything can be reached and changed with the keyboard alone', async () => {
  await owner.getByLabel('Language').focus();
  await owner.keyboard.press('Tab');
  await owner.keyboard.press('Space');
  await owner.keyboard.press('Tab');
  for (let step = 0; step < 4; step += 1) await owner.keyboard.press('ArrowLeft');
  expect(
    await owner.getByRole('slider', { name: 'Volume at the start, in percent' }).getAttribute('aria-valuenow'),
  ).toBe('80');
  for (let step = 0; step < 6; step += 1) await owner.keyboard.press('Tab');
  await owner.keyboard.press('Space');
  expect(await owner.getByRole('switch', { name: 'Fair queue' }).isChecked()).toBe(true);
  expect(await opened.flaws(owner)).toEqual([]);
  for (let step = 0; step < 4; step += 1) await owner.keyboard.press('Tab');
  await owner.keyboard.press('Enter');
  await expect.poll(async () => (await stored()).version).toBe(2);
  expect((await stored()).settings).toMatchObject({ volume: 80, fair: true, language: 'de' });
});

test('what somebody else saved meanwhile is shown, and nothing of it is lost', async () => {
  await owner.getByLabel('Language').selectOption({ label: 'Français' });
  const { settings } = await stored();
  await saveElsewhere({ ...settings, stay: true, queueLimit: null });
  await save(owner);
  const conflict = owner.getByRole('alert').filter({ hasText: 'Someone else changed these settings meanwhile' });
  const proceed = conflict.getByRole('button', { name: 'Apply my changes on top' });
  await proceed.waitFor();
  expect(await conflict.getByRole('listitem').allTextContents()).toEqual([
    'Leaving: Never',
    'Longest queue: 10,000 tracks',
  ]);
  await opened.provoked(412);
  expect(await opened.flaws(owner)).toEqual([]);
  expect(await unsaved(owner).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await proceed.click();
  await unsaved(owner).getByText('1 change').waitFor();
  await save(owner);
  await expect.poll(async () => (await stored()).version).toBe(4);
  expect((await stored()).settings).toEqual({ ...settings, stay: true, queueLimit: null, language: 'fr' });
});

test('a request channel that Discord does not let the bot read is refused, with what to switch on', async () => {
  await owner.getByLabel('Request channel').selectOption({ label: '#music' });
  await save(owner);
  await owner.getByRole('alert').filter({ hasText: 'Message Content Intent' }).waitFor();
  await opened.provoked(409);
  expect(await opened.flaws(owner)).toEqual([]);
  await unsaved(owner).getByRole('button', { name: 'Discard' }).click();
  expect((await stored()).version).toBe(4);
});

test('whoever leaves with unsaved changes is asked first', async () => {
  await owner.getByLabel('Leaving').selectOption({ label: 'After 1 hour' });
  await owner.getByRole('link', { name: 'Members' }).click();
  const dialog = owner.getByRole('dialog', { name: 'Leave without saving?' });
  await dialog.getByText('Your changes to the settings of Harmony Hall are not saved.').waitFor();
  await dialog.getByRole('button', { name: 'Keep editing' }).click();
  await unsaved(owner).getByRole('button', { name: 'Discard' }).click();
  expect(await owner.getByLabel('Leaving').inputValue()).toBe('stay');
  expect((await stored()).version).toBe(4);
});

test('a viewer sees the settings and can change none, on a phone', async () => {
  const viewer = await opened.signIn(await opened.browserOf(390), 'Robin', `/t/${tenant}/servers/${opened.hall.guild}`);
  await viewer.getByText('Your role can see these settings but not change them.').waitFor();
  expect(await viewer.getByLabel('Language').inputValue()).toBe('fr');
  const controls = viewer.locator('main').locator('select, input:not([type=hidden])');
  expect(await controls.and(viewer.locator(':enabled')).count()).toBe(0);
  expect(await controls.count()).toBeGreaterThan(4);
  expect(await opened.flaws(viewer)).toEqual([]);
  expect(opened.complaints).toEqual([]);
});
