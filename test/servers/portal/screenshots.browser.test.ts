// @module-tag chromium
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf } from '#test/e2e/sandbox.ts';
import { asked, openPortal, type OpenedPortal } from './opened-portal.ts';

/*
 * The screenshots in the README, taken from a running platform so that they stay up to date. `BAILIWICK_SCREENSHOTS=1`
 * writes them; without it, this visits the same screens and checks that the README shows exactly these files.
 */
const folder = 'services/portal/screenshots';
const root = path.resolve(import.meta.dirname, '../../..');
const size = { width: 1280, height: 800 };
const taken: string[] = [];
let opened: OpenedPortal;
let owner: Page;
let chat: Page;

async function take(page: Page, name: string): Promise<void> {
  const file = `${folder}/${name}.png`;
  taken.push(file);
  if (process.env['BAILIWICK_SCREENSHOTS'] !== '1') return;
  await mkdir(path.join(root, folder), { recursive: true });
  await page.screenshot({ path: path.join(root, file), animations: 'disabled' });
}

beforeAll(async () => {
  opened = await openPortal();
  const context = await opened.browserOf(size.width);
  owner = await opened.signIn(context, 'Max');
  chat = await context.newPage();
  await Promise.all([owner, chat].map((page) => page.setViewportSize(size)));
});
afterAll(() => opened[Symbol.asyncDispose]());

test('the README shows the portal and the sandbox as they are', async () => {
  const { hall, platform } = opened;
  const { tenant, home, application } = await opened.bringBot(owner, 'Harmony Records', hall.guild);
  const memberOf = (user: string) =>
    platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: application.id });
  for (const user of [hall.max, hall.dana, hall.robin]) await memberOf(user).joinVoice(hall.lounge);
  const playing = await memberOf(hall.max).type('play', { query: 'weather systems' });
  expect(textOf(playing)).toMatch(/^Playing/);
  await memberOf(hall.dana).type('play', { query: 'cloud inventory' });
  await memberOf(hall.robin).type('play', { query: 'harbour lights' });

  await owner.goto(`${home}/live`);
  await owner.locator('.deck-title').getByText('Weather Systems').waitFor();
  await owner.getByText('Harbour Lights').first().waitFor();
  await take(owner, 'now-playing');

  const policy = { rules: [], otherwise: 'allow', dj: { roles: [hall.dj] }, voteSkip: { share: 0.5 } };
  expect(await asked(owner, 'PUT', `/v1/tenants/${tenant}/guilds/${hall.guild}/policy`, policy)).toBe(200);
  expect(textOf(await memberOf(hall.robin).type('stop'))).not.toBe('');
  await owner.goto(`${home}/policies/${hall.guild}`);
  await owner.getByRole('row').first().waitFor();
  await take(owner, 'permissions');

  await owner.goto(`${home}/audit`);
  await owner.getByText('Robin').or(owner.getByText('/stop')).first().waitFor();
  await take(owner, 'audit-log');

  const address = /Sandbox chat\s+(\S+)/.exec(platform.launcher.output())?.[1] ?? '';
  await chat.goto(`${address}?guild=Harmony+Hall&channel=music&user=Max`);
  await chat.getByText('Weather Systems').first().waitFor();
  await take(chat, 'sandbox-chat');
});

test('the README shows each screenshot', async () => {
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const shown = [...readme.matchAll(/services\/portal\/screenshots\/[\w-]+\.png/g)].map(([file]) => file);
  expect(new Set(shown)).toEqual(new Set(taken));
});
