// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';

/*
 * Names of the maximum length, without a place to break the line or all emoji, for a tenant, its server, an invitation
 * and an API key. No screen scrolls sideways on a phone.
 */
const names = { letters: 'W'.repeat(80), emoji: '🎵'.repeat(40) } as const;
let opened: OpenedPortal;
let page: Page;

beforeAll(async () => {
  opened = await openPortal();
  page = await opened.signIn(await opened.browserOf(), 'Max');
});
afterAll(() => opened?.[Symbol.asyncDispose]());

async function isTooWide(where: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    const widest = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (widest > width) found.push(`${where}: ${widest} px of ${width}`);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  return found;
}

/** @returns the link of a new invitation with this note */
async function invite(of: string, note: string): Promise<string> {
  const answer = await page.request.post(`${opened.address}${of}/invitations`, {
    data: { role: 'viewer', note },
    headers: { 'bailiwick-csrf': '1', origin: opened.address },
  });
  expect(answer.status()).toBe(201);
  return ((await answer.json()) as { url: string }).url;
}

/** Every screen of a tenant, with a text that shows once it has loaded. */
const screens = (guild: string): readonly (readonly [path: string, seen: string])[] => [
  ['', 'The bot answers commands.'],
  ['/onboarding', 'Where to find it'],
  [`/live/${guild}`, 'Up next'],
  ['/policies', 'No policy: everything is allowed'],
  [`/policies/${guild}`, 'Everyone'],
  ['/members', 'Withdraw'],
  ['/audit', 'Follow live'],
  ['/keys', 'Revoke'],
  ['/settings', 'Delete this tenant'],
];

test.each(['letters', 'emoji'] as const)('no screen scrolls sideways with long names of %s', async (kind) => {
  const name = names[kind];
  const guild = await opened.platform.sandbox.createGuild(name);
  const bot: BroughtBot = await opened.bringBot(page, name, guild, `Bot of ${kind}`);
  const of = `/v1/tenants/${bot.tenant}`;
  const link = await invite(of, name);
  expect(await asked(page, 'POST', `${of}/api-keys`, { name, scopes: ['read'], expiresInDays: 1 })).toBe(201);
  for (const [path, seen] of screens(guild)) {
    await page.goto(bot.home + path);
    await page.locator('#main').getByText(seen).first().waitFor();
    expect(await isTooWide(path)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Delete this tenant' }).click();
  await page.getByRole('dialog').getByLabel('Type delete to confirm').waitFor();
  expect(await isTooWide('deletion')).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Open menu' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Switch bot/ })
    .click();
  await page.getByRole('menuitem').first().waitFor();
  expect(await isTooWide('menu')).toEqual([]);
  await page.goto(link);
  await page.getByRole('heading', { name: `Join ${name}` }).waitFor();
  expect(await isTooWide('invitation')).toEqual([]);
  await page.goto(`${opened.address}/tenants/new`);
  await page.getByRole('heading', { name: 'Add another bot' }).waitFor();
  expect(await isTooWide('welcome')).toEqual([]);
  await page.goto(`${opened.address}/account`);
  await page.getByText('Your bots').waitFor();
  expect(await isTooWide('account')).toEqual([]);
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
