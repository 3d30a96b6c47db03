// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* What the portal shows of a tenant's keys, and to whom. */
let opened: OpenedPortal;
let tenant: string;
let owner: Page;

const section = (page: Page) =>
  page.locator('section', { has: page.getByRole('heading', { name: 'Encryption and signing keys' }) });

beforeAll(async () => {
  opened = await openPortal();
  const { guild, max, robin } = opened.hall;
  tenant = (await opened.platform.onboard('Harmony Records', guild)).id;
  await opened.platform.signInAs(`discord:${max}`, [tenant]);
  await opened.platform.signInAs(`discord:${robin}`, [tenant]);
  owner = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant}/keys`);
});
afterAll(() => opened[Symbol.asyncDispose]());

test('an owner sees which keys exist, how old they are and what depends on them', async () => {
  const { keys } = await opened.platform.owner.call('GET', `/v1/tenants/${tenant}/keys`, keyReportSchema);
  expect(new Set(keys.map(({ purpose }) => purpose))).toEqual(new Set(['data', 'audit-checkpoint', 'audit-key']));
  const rows = section(owner).locator('.row');
  await section(owner).getByText('Encrypts what is stored').waitFor();
  const shown = await rows.allInnerTexts();
  expect(shown).toHaveLength(keys.length + 1);
  for (const [at, { version, algorithm }] of keys.entries())
    expect(shown[at]).toMatch(
      new RegExp(`Version ${version}, created .+, for \\d+ (?:values?|records?)\\..*${algorithm}.*In use`, 's'),
    );
  expect(shown.map((words) => words.split('\n')[0])).toEqual([
    'Encrypts what is stored',
    'Signs the audit log',
    'Encrypts the key that signs',
    'Automatic rotation',
  ]);
  const made = await rows.locator('time').evaluateAll((times) => times.map((time) => time.getAttribute('datetime')));
  expect(made.slice(0, keys.length)).toEqual(keys.map(({ createdAt }) => createdAt));
  expect(await opened.flaws(owner)).toEqual([]);
});

test('an owner rotates the keys, while the bot stays connected', async () => {
  await section(owner).getByRole('button', { name: 'Rotate keys' }).click();
  const dialog = owner.getByRole('dialog', { name: 'Rotate the keys?' });
  await dialog.getByText('Your bot keeps playing.').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog.getByRole('button', { name: 'Rotate keys' }).click();
  await owner.getByText('The keys were rotated').waitFor();
  await section(owner).getByText('Version 2').first().waitFor();
  const shown = await section(owner).locator('.row').allInnerTexts();
  expect(shown.map((words) => /Version (\d+)/.exec(words)?.[1])).toEqual(['2', '2', '2', undefined]);
  await opened.platform.untilReady(tenant);
});

test('an owner sees when the keys are rotated by themselves, and changes how often', async () => {
  const schedule = section(owner).locator('.row', { hasText: 'Automatic rotation' });
  await schedule.getByText(/^Last rotated .+\. Next rotation: /).waitFor();
  const due = () => schedule.locator('time').last().getAttribute('datetime');
  const before = Date.parse((await due()) ?? '');
  await schedule.getByLabel('Rotate the keys').selectOption({ label: 'Every 30 days' });
  await owner.getByText('The keys will be rotated every 30 days').waitFor();
  await expect.poll(async () => before - Date.parse((await due()) ?? '')).toBe(60 * 86_400_000);
  // Chosen at the command line.
  await opened.platform.owner.call('PUT', `/v1/tenants/${tenant}/keys/schedule`, z.unknown(), { days: 1 });
  await owner.reload();
  await expect.poll(() => schedule.getByLabel('Rotate the keys').inputValue()).toBe('1');
  expect(await opened.flaws(owner)).toEqual([]);
});

test('a rotation that takes longer than a request is followed until it is done', async () => {
  await using database = await opened.platform.connect().then((client) => ({
    client,
    [Symbol.asyncDispose]: () => client.end(),
  }));
  await database.client.query('begin; lock table application_credential in exclusive mode');
  const button = section(owner).getByRole('button', { name: /^Rotat/ });
  await button.click();
  await owner.getByRole('dialog').getByRole('button', { name: 'Rotate keys' }).click();
  await button.getByText('Rotating keys').waitFor();
  expect(await button.isDisabled()).toBe(true);
  expect(await opened.flaws(owner)).toEqual([]);
  await database.client.query('rollback');
  await section(owner).getByText('Version 3').first().waitFor();
  await button.getByText('Rotate keys').waitFor();
  await owner.getByText('The keys were rotated').waitFor();
  await opened.platform.untilReady(tenant);
});

test('a member who loses access to the keys is told so, and a viewer is not offered them', async () => {
  const viewer = await opened.signIn(await opened.browserOf(390), 'Robin', `/t/${tenant}/policies`);
  const menu = viewer.getByRole('button', { name: 'Open menu' });
  const hall = viewer.getByRole('navigation', { name: 'Main' });
  await menu.click();
  const member = `/v1/tenants/${tenant}/members/discord:${opened.hall.robin}`;
  await opened.platform.owner.call('PUT', member, z.unknown(), { role: 'viewer' });
  await hall.getByRole('link', { name: 'Keys' }).click();
  await section(viewer).getByRole('alert').getByText('Your role does not include this').waitFor();
  const refused = opened.complaints.splice(0);
  expect(refused.filter((text) => !/status of 403/.test(text))).toEqual([]);

  await viewer.reload();
  await viewer.getByText('Not available to viewers').waitFor();
  expect(await section(viewer).count()).toBe(0);
  expect(await opened.flaws(viewer)).toEqual([]);
  await menu.click();
  await hall.getByRole('link', { name: 'Policies' }).waitFor();
  expect(await hall.getByRole('link', { name: 'Keys' }).count()).toBe(0);
});

test('without a session, the portal does not request the user’s identity', async () => {
  const page = await opened.watch(await opened.browserOf());
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${opened.address}/t/${tenant}/keys`);
  await page.getByRole('link', { name: 'Sign in with Discord' }).waitFor();
  expect(page.url()).toContain(`returnTo=${encodeURIComponent(`/t/${tenant}/keys`)}`);
  expect(asked.filter((path) => path.startsWith('/v1/'))).toEqual([]);
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
