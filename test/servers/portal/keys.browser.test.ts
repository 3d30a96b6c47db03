import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* What the portal tells of a tenant's keys, and to whom. */
let opened: OpenedPortal;
let tenant: string;
let owner: Page;

const section = (page: Page) =>
  page.locator('section', { has: page.getByRole('heading', { name: 'Keys of your data' }) });

beforeAll(async () => {
  opened = await openPortal();
  const { guild, max, robin } = opened.places;
  tenant = (await opened.platform.onboard('Harmony Records', guild)).id;
  await opened.platform.signInAs(`discord:${max}`, [tenant]);
  await opened.platform.signInAs(`discord:${robin}`, [tenant]);
  await opened.platform.owner.call('PUT', `/v1/tenants/${tenant}/members/discord:${robin}`, z.unknown(), {
    role: 'viewer',
  });
  owner = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant}/keys`);
}, 180_000);
afterAll(() => opened[Symbol.asyncDispose](), 60_000);

test('an owner sees which keys there are, how old they are and what depends on them', async () => {
  const { keys } = await opened.platform.owner.call('GET', `/v1/tenants/${tenant}/keys`, keyReportSchema);
  expect(new Set(keys.map(({ purpose }) => purpose))).toEqual(new Set(['data', 'audit-checkpoint', 'audit-key']));
  const rows = section(owner).locator('.row');
  await rows.first().waitFor();
  const shown = await rows.allInnerTexts();
  expect(shown).toHaveLength(keys.length);
  for (const [at, { version, algorithm }] of keys.entries())
    expect(shown[at]).toMatch(
      new RegExp(`Version ${version}, made .* ago, for \\d+ (?:values?|records?)\\..*${algorithm}.*In use`, 's'),
    );
  expect(shown.map((words) => words.split('\n')[0])).toEqual([
    'Encrypts what is stored',
    'Signs the audit log',
    'Encrypts the key that signs',
  ]);
  const made = await rows.locator('time').evaluateAll((times) => times.map((time) => time.getAttribute('datetime')));
  expect(made).toEqual(keys.map(({ createdAt }) => createdAt));
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    await owner.setViewportSize({ width, height: 844 });
    await owner.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await opened.findings(owner), String(width)).toEqual([]);
    expect(await owner.evaluate('document.documentElement.scrollWidth <= innerWidth'), String(width)).toBe(true);
  }
});

test('what keeps the keys may be away: the page says so, and has them once it is back', async () => {
  const { back } = await opened.platform.kill('worker');
  await owner.reload();
  await section(owner).getByRole('alert').waitFor();
  // The rest of the page does not need it.
  await owner.getByText('Key of the audit log').waitFor();
  await back;
  const again = section(owner).getByRole('button', { name: 'Try again' });
  await expect
    .poll(
      async () => {
        if (await again.isVisible()) await again.click();
        return section(owner).locator('.row').count();
      },
      { timeout: 30_000, interval: 1_000 },
    )
    .toBe(3);
  const away = opened.complaints.splice(0);
  expect(away.filter((text) => !/status of 50[234]/.test(text))).toEqual([]);
}, 60_000);

test('a viewer is told that keys are not for them, and nothing is asked for them', async () => {
  const viewer = await opened.signIn(await opened.browserOf(390), 'Robin', `/t/${tenant}/keys`);
  await viewer.getByRole('heading', { name: 'Not for your role' }).waitFor();
  expect(await section(viewer).count()).toBe(0);
  expect(await opened.findings(viewer)).toEqual([]);
  await viewer.getByRole('button', { name: 'Open the menu' }).click();
  await viewer.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Policies' }).waitFor();
  expect(await viewer.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Keys' }).count()).toBe(0);
});

test('whoever is not signed in is not asked who they are', async () => {
  const page = await opened.watch(await opened.browserOf());
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${opened.address}/t/${tenant}/keys`);
  await page.getByRole('link', { name: 'Sign in with Discord' }).waitFor();
  expect(page.url()).toContain(`returnTo=${encodeURIComponent(`/t/${tenant}/keys`)}`);
  expect(asked.filter((path) => path.startsWith('/v1/'))).toEqual([]);
});

test('no page has complained of anything', () => {
  expect(opened.complaints).toEqual([]);
});
