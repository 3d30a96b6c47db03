// @module-tag chromium
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';

/* Playback in two servers, seen and controlled from the portal and from Discord, and its records in the audit log. */
let opened: OpenedPortal;
let page: Page;
let bot: BroughtBot;
let corner: { guild: string; general: string; nook: string; toni: string };

beforeAll(async () => {
  opened = await openPortal();
  const { hall, platform } = opened;
  page = await opened.signIn(await opened.browserOf(), 'Max');
  bot = await opened.bringBot(page, 'Harmony Records', hall.guild);
  const quiet = (await platform.sandbox.state()).guilds.find(({ name }) => name === 'Quiet Corner');
  const channel = (name: string) => quiet?.channels.find((one) => one.name === name)?.id ?? '';
  const toni = quiet?.members.find(({ user }) => user.username.toLowerCase() === 'toni')?.userId ?? '';
  corner = { guild: quiet?.id ?? '', general: channel('general'), nook: channel('Nook'), toni };
  for (const user of [hall.max, hall.dana, hall.robin]) await member(user).joinVoice(hall.lounge);
});
afterAll(() => opened[Symbol.asyncDispose]());

function member(user: string): Person {
  const { guild, music } = opened.hall;
  return opened.platform.sandbox.person({ guild, channel: music, user, applicationId: bot.application.id });
}

const queue = () => page.locator('.queue .row-title').allTextContents();
const heading = () => page.locator('.deck-title').textContent();
const volume = () => page.locator('.volume-number').textContent();

/** How long it takes until `read` returns `wanted`, in ms. */
async function untilSo<Value>(read: () => Promise<Value>, wanted: Value): Promise<number> {
  const since = performance.now();
  await expect.poll(read, { interval: 20 }).toEqual(wanted);
  return performance.now() - since;
}

/** The median, because a single slow change on a busy machine proves nothing. */
const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? Infinity;

test('what members do in Discord shows on the page within a second', async () => {
  const { hall } = opened;
  await page.goto(`${bot.home}/live`);
  await page.getByRole('heading', { name: 'Nothing is playing' }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  const times: number[] = [];
  expect(textOf(await member(hall.max).type('play', { query: 'weather systems' }))).toMatch(/^Playing/);
  times.push(await untilSo(heading, 'Weather Systems'));
  for (const [at, query] of ['cloud inventory', 'first snow', 'harbour lights'].entries()) {
    expect(textOf(await member([hall.dana, hall.robin][at % 2] ?? '').type('play', { query }))).toMatch(/^Added/);
    times.push(await untilSo(async () => (await queue()).length, at + 1));
  }
  expect(textOf(await member(hall.max).type('volume', { percent: 40 }))).toContain('40');
  times.push(await untilSo(volume, '40 %'));
  expect(textOf(await member(hall.dana).type('skip'))).not.toBe('');
  times.push(await untilSo(heading, 'Cloud Inventory'));
  expect(await queue()).toEqual(['First Snow, Far Away', 'Harbour Lights']);
  expect(median(times), times.join()).toBeLessThan(1_000);
  expect(await opened.flaws(page)).toEqual([]);
});

test('queue and volume changes made on the page apply in Discord within a second', async () => {
  const { hall, platform } = opened;
  const times: number[] = [];
  const upcoming = async () => textOf(await member(hall.robin).type('queue'));
  await page.getByRole('button', { name: 'Actions for Harbour Lights' }).click();
  expect(await opened.flaws(page)).toEqual([]);
  await page.getByRole('menuitem', { name: 'Play next' }).click();
  times.push(await untilSo(queue, ['Harbour Lights', 'First Snow, Far Away']));
  expect(await upcoming()).toMatch(/Harbour Lights[^]*First Snow, Far Away/);
  await page.getByRole('button', { name: 'Actions for First Snow, Far Away' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  times.push(await untilSo(queue, ['Harbour Lights']));
  expect(await upcoming()).not.toContain('First Snow');
  await page.getByRole('textbox', { name: /Add a track/ }).fill('glass winter');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  times.push(await untilSo(queue, ['Harbour Lights', 'Glass Winter']));

  const played = async () => (await platform.sandbox.players()).find(({ guildId }) => guildId === hall.guild);
  await page.getByRole('slider', { name: 'Volume' }).focus();
  await page.keyboard.press('ArrowRight');
  times.push(await untilSo(async () => (await played())?.volume, 45));
  await page.getByRole('button', { name: 'Pause' }).click();
  times.push(await untilSo(async () => (await played())?.paused, true));
  await page.getByRole('button', { name: 'Resume' }).click();
  times.push(await untilSo(async () => (await played())?.paused, false));
  await page.getByRole('button', { name: 'Skip' }).click();
  times.push(await untilSo(async () => (await played())?.title, 'Harbour Lights'));
  expect(median(times), times.join()).toBeLessThan(1_000);
  // A failed action says so, and changes nothing.
  await page.getByRole('textbox', { name: /Add a track/ }).fill('nothing');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Nothing was found. Try other words.').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await opened.provoked(404);
  expect(await queue()).toEqual(['Glass Winter']);
});

test('each server has its own queue, and the overview shows what is playing in each', async () => {
  const { hall, platform } = opened;
  await platform.sandbox.install(corner.guild, bot.application.id);
  await page.goto(bot.home);
  await page.getByRole('link', { name: /Quiet Corner/ }).waitFor();
  const seat = { guild: corner.guild, channel: corner.general, user: corner.toni, applicationId: bot.application.id };
  const toni = platform.sandbox.person(seat);
  await toni.joinVoice(corner.nook);
  await expect.poll(async () => textOf(await toni.type('play', { query: 'night shift' }))).toMatch(/^(Playing|Added)/);
  await page.getByRole('link', { name: /Quiet Corner.*Night Shift/ }).waitFor();
  await page.getByRole('link', { name: /Harmony Hall.*Harbour Lights/ }).waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await page.getByRole('link', { name: /Quiet Corner/ }).click();
  await page.getByRole('heading', { name: 'Night Shift' }).waitFor();
  expect(await queue()).toEqual([]);
  expect(await opened.flaws(page)).toEqual([]);
  await page.getByLabel('Server').selectOption('Harmony Hall');
  await page.getByRole('heading', { name: 'Harbour Lights' }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/t/${bot.tenant}/live/${hall.guild}`);
  await page.getByRole('button', { name: 'Stop and leave' }).click();
  await page.getByRole('heading', { name: 'Nothing is playing' }).waitFor();
  await expect
    .poll(async () => (await platform.sandbox.players()).filter(({ title }) => title).map(({ guildId }) => guildId))
    .toEqual([corner.guild]);
});

const records = (): Locator => page.locator('.record:not(.upkeep)');
const settled = () => expect.poll(() => page.locator('[aria-label=Loading]').count()).toBe(0);

test('the log is filtered by outcome, actor, action, server and time, and each filter is in the URL', async () => {
  const { hall } = opened;
  const policy = `/v1/tenants/${bot.tenant}/guilds/${hall.guild}/policy`;
  await page.evaluate(async (path) => {
    const rules = [{ id: 'quiet', effect: 'deny', who: { everyone: true }, commands: ['stop'] }];
    const headers = { 'content-type': 'application/json', 'bailiwick-csrf': '1', 'if-match': '"0"' };
    await fetch(path, { method: 'PUT', headers, body: JSON.stringify({ rules, otherwise: 'allow' }) });
  }, policy);
  expect(await asked(page, 'GET', policy)).toBe(200);
  await expect.poll(async () => textOf(await member(hall.dana).type('stop'))).toContain('do not let you use /stop');

  await opened.untilLogged(bot.tenant, `actor=${hall.dana}&outcome=denied`);
  await page.goto(`${bot.home}/audit`);
  await records().first().waitFor();
  const outcome = page.getByLabel('Outcome');
  await outcome.focus();
  await page.keyboard.press('d');
  await expect.poll(() => new URL(page.url()).search).toBe('?outcome=denied');
  await records().filter({ hasText: '/stop' }).first().waitFor();
  const words = (await records().allInnerTexts()).map((text) => text.split('\n')[0]);
  expect(new Set(words)).toEqual(new Set(['Denied']));
  // Keyboard users keep the focus.
  expect(await outcome.evaluate((element) => element.matches(':focus'))).toBe(true);
  expect(await opened.flaws(page)).toEqual([]);

  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect.poll(() => new URL(page.url()).search).toBe('');
  await page.getByLabel('Person or service').fill(hall.dana);
  await page.getByLabel('Person or service').press('Enter');
  await expect.poll(() => new URL(page.url()).searchParams.get('actor')).toBe(hall.dana);
  await settled();
  await records().filter({ hasText: '/skip' }).first().waitFor();
  for (const text of await records().allInnerTexts()) expect(text).toContain('Dana');

  await page.goto(`${bot.home}/audit`);
  await page.getByLabel('Action', { exact: true }).selectOption('policy.write');
  await expect.poll(() => records().count()).toBe(1);
  await page.getByLabel('Action', { exact: true }).selectOption('player.enqueue');
  await page.getByLabel('Server').selectOption('Quiet Corner');
  await records().filter({ hasText: 'Toni' }).first().waitFor();
  await settled();
  for (const text of await records().allInnerTexts()) expect(text).toContain('Toni');

  await page.goto(`${bot.home}/audit`);
  await page.getByLabel('Until').fill('2020-01-01T00:00');
  await page.getByLabel('Until').press('Enter');
  await page.getByText('Nothing matches').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await page.reload();
  await page.getByText('Nothing matches').waitFor();
  expect(await page.getByLabel('Until').inputValue()).toBe('2020-01-01T00:00');
  await page.getByLabel('Until').fill('');
  await page.getByLabel('From').fill('2020-01-01T00:00');
  await page.getByLabel('From').blur();
  await records()
    .filter({ hasText: 'tenant.create' })
    .or(page.getByRole('button', { name: 'Show more' }))
    .first()
    .waitFor();
  await page.getByLabel('Kind').selectOption('Bot lifecycle');
  await records().filter({ hasText: 'tenant.create' }).waitFor();
});

test('while following the log, a new record appears by itself and says why something was denied', async () => {
  const { hall } = opened;
  await page.goto(`${bot.home}/audit`);
  await records().first().waitFor();
  await page.getByRole('switch', { name: 'Follow live' }).click();
  await page.getByText('Live', { exact: true }).waitFor();
  const before = await records().filter({ hasText: '/nowplaying' }).count();
  expect(before).toBe(0);
  expect((await member(hall.robin).type('nowplaying')).state).toBe('answered');
  await records().filter({ hasText: '/nowplaying' }).first().waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await records().filter({ hasText: '/stop' }).filter({ hasText: 'Denied' }).first().click();
  const drawer = page.getByRole('dialog');
  const why = drawer.getByRole('region', { name: 'Why' });
  await why.getByText('Why it was denied').waitFor();
  await why.getByText('quiet').first().waitFor();
  await why.getByText('What would have allowed it').waitFor();
  await drawer.getByText('Harmony Hall').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await drawer.getByRole('button', { name: 'Close' }).click();
  await drawer.waitFor({ state: 'hidden' });
});

test('the filtered log is exported as CSV, as OCSF and compressed', async () => {
  await page.goto(`${bot.home}/audit?action=policy.write`);
  await records().first().waitFor();
  const take = async (name: string): Promise<{ name: string; bytes: Buffer }> => {
    await page.getByRole('button', { name: 'Export' }).click();
    const item = page.getByRole('menuitem', { name, exact: true });
    const [download] = await Promise.all([page.waitForEvent('download'), item.click()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menu').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await page.keyboard.press('Escape');
  const csv = await take('CSV, for spreadsheets');
  expect(csv.name).toMatch(/\.csv$/);
  const rows = csv.bytes.toString().trim().split('\r\n');
  expect(rows[0]).toMatch(/^line,index,time,kind,action,/);
  const told = rows.filter((row) => row.startsWith('record,'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(',policy.write,succeeded,');
  const ocsf = await take('OCSF, for a SIEM');
  const lines = ocsf.bytes.toString().trim().split('\n');
  expect(lines, 'as many as under the heading of the CSV').toHaveLength(rows.length - 1);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ class_uid: expect.any(Number) });
  const packed = await take('NDJSON, gzip');
  expect(packed.name).toMatch(/\.ndjson\.gz$/);
  expect(JSON.parse(gunzipSync(packed.bytes).toString().split('\n')[0] ?? '')).toMatchObject({
    format: 'bailiwick-audit/1',
    tenant: bot.tenant,
    selection: { action: 'policy.write' },
  });
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
