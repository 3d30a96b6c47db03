import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { HostedTenant } from '#test/e2e/platform.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* The audit log as the members of a tenant read it; each test continues where the previous one ended. */
let opened: OpenedPortal;
let tenant: HostedTenant;
let page: Page;
/** The URL of `/t/<tenant>/audit`. */
let log: string;

const sentence = /voice channel/;
const records = () => page.locator('.record');
const member = (user: string) => {
  const { guild, music } = opened.hall;
  return opened.platform.sandbox.person({ guild, channel: music, user, applicationId: tenant.application.id });
};

beforeAll(async () => {
  opened = await openPortal();
  const { guild, max, dana, robin } = opened.hall;
  tenant = await opened.platform.onboard('Harmony Records', guild);
  await opened.platform.signInAs(`discord:${max}`, [tenant.id]);
  log = `${opened.address}/t/${tenant.id}/audit`;
  // Robin is in no voice channel: the command is allowed, but fails.
  await member(robin).type('play', { query: 'night shift' });
  await member(dana).type('queue');
  await opened.untilLogged(tenant.id, `by=people&actor=${dana}`);
  page = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant.id}/audit`);
});
afterAll(() => opened[Symbol.asyncDispose]());

test('the log initially shows what people did, with their names, and says why a command failed', async () => {
  const { robin } = opened.hall;
  const failed = page.getByRole('button', { name: 'Robin /play' });
  await failed.waitFor();
  expect(await failed.innerText()).toMatch(/^Failed/);
  expect(await failed.innerText()).toMatch(sentence);
  // Only one record shows it, and the member's id is in its tooltip.
  expect(await failed.count()).toBe(1);
  await failed.getByTitle(robin, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Dana /queue' }).waitFor();
  expect(await page.getByText('routine actions of the platform').count()).toBe(0);
  expect((await records().allInnerTexts()).join()).not.toContain('discord.rest');
  expect(await opened.flaws(page)).toEqual([]);

  await failed.click();
  const drawer = page.getByRole('dialog');
  const why = drawer.getByRole('region', { name: 'Why it failed' });
  await why.getByText(sentence).waitFor();
  await why.getByText('player.member-not-in-voice').waitFor();
  await drawer.getByRole('region', { name: 'Why', exact: true }).getByText('Why it was allowed').waitFor();
  expect(await drawer.locator('.facts').innerText()).toContain(robin);
  expect(await opened.flaws(page)).toEqual([]);
  await drawer.getByRole('button', { name: 'Show only this actor' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('actor')).toBe(robin);
  await failed.waitFor();
  await expect.poll(() => page.getByRole('button', { name: /\/queue/ }).count()).toBe(0);
});

test('the explanation of a decision includes what failed afterwards', async () => {
  const listed = z.object({ items: z.array(z.object({ record: z.object({ decision: z.string() }) })) });
  const { items } = await opened.platform.owner.call(
    'GET',
    `/v1/tenants/${tenant.id}/audit/records?outcome=failed&by=people`,
    listed,
  );
  const explained = await opened.platform.owner.call(
    'GET',
    `/v1/tenants/${tenant.id}/decisions/${items[0]?.record.decision}`,
    z.object({ allowed: z.boolean(), failures: z.array(z.object({ reason: z.string(), message: z.string() })) }),
  );
  expect(explained).toMatchObject({ allowed: true, failures: [{ reason: 'player.member-not-in-voice' }] });
  expect(explained.failures[0]?.message).toMatch(sentence);
});

test('one switch shows everything, and the URL keeps it', async () => {
  await page.goto(log);
  await page.getByText('Everything', { exact: true }).click();
  await page.getByText('routine actions of the platform').first().waitFor();
  expect(new URL(page.url()).search).toBe('?show=everything');
  expect(await opened.flaws(page)).toEqual([]);
  await page.getByText('Actions by people', { exact: true }).click();
  await page.getByText('routine actions of the platform').first().waitFor({ state: 'hidden' });
  expect(new URL(page.url()).search).toBe('');
});

test('a search finds text in records and explains what it covers and that exports ignore it', async () => {
  await page.goto(log);
  const search = page.getByRole('searchbox', { name: 'Search' });
  await page.getByText('Names of people and of tracks are not in the log').waitFor();
  await search.fill('NOT-IN-VOICE');
  await search.press('Enter');
  await expect.poll(() => new URL(page.url()).searchParams.get('text')).toBe('NOT-IN-VOICE');
  await page.getByRole('button', { name: 'Robin /play' }).waitFor();
  await expect.poll(() => records().count()).toBe(1);
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByText('The search does not narrow an export').waitFor();
  const href = await page.getByRole('menuitem').first().getAttribute('href');
  expect(href).not.toContain('text=');
  await page.keyboard.press('Escape');

  await search.fill('nothing says this');
  await search.press('Enter');
  await page.getByText('Nothing matches').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await page.getByRole('button', { name: 'Show everything' }).click();
  await page.getByText('No record matches these filters').waitFor();
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
