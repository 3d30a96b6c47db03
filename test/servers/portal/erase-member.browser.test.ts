// @module-tag chromium
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { textOf } from '#test/e2e/sandbox.ts';
import { asked, openPortal, type BroughtBot, type OpenedPortal } from './opened-portal.ts';

/* A member of a Discord server asks to be forgotten, and the owner of the bot does that in the portal's settings. */
let opened: OpenedPortal;
let owner: Page;
let bot: BroughtBot;

beforeAll(async () => {
  opened = await openPortal();
  owner = await opened.signIn(await opened.browserOf(), 'Max');
  bot = await opened.bringBot(owner, 'Harmony Records', opened.hall.guild);
});
afterAll(() => opened[Symbol.asyncDispose]());

const dialog = () => owner.getByRole('dialog');
const userId = () => owner.getByLabel('Discord user ID');
const erase = () => owner.getByRole('button', { name: 'Erase', exact: true });

async function takePart(user: string, playlist: string): Promise<void> {
  const { hall, platform } = opened;
  const person = platform.sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user,
    applicationId: bot.application.id,
  });
  await person.joinVoice(hall.lounge);
  expect(textOf(await person.type('play', { query: 'overnight express' }))).toMatch(/^(Playing|Added)/);
  await person.type('playlist create', { name: playlist });
  await eventually('the log names the member', async () => (await leavesNaming(user)) > 0);
}

const listsOf = async (user: string): Promise<number> =>
  (await opened.platform.query('select 1 from track_list where owner = $1', [user])).length;
const leavesNaming = async (user: string): Promise<number> =>
  (await opened.platform.query('select 1 from audit_leaf where strpos(record, $1) > 0', [user])).length;

test('says what will happen, does nothing if that is not what was wanted, and then erases everything', async () => {
  const { robin } = opened.hall;
  await takePart(robin, 'Rainy evenings');
  await owner.goto(`${bot.home}/settings`);
  await userId().fill('Robin');
  await owner.getByText('A Discord ID is digits only.').waitFor();
  expect(await erase().isDisabled()).toBe(true);
  await userId().fill(robin);
  await erase().click();
  await dialog().getByText('Favourites and playlists are deleted').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  // Their playlist, and what they have played most.
  expect(await listsOf(robin)).toBeGreaterThan(0);
  await erase().click();
  await dialog().getByRole('button', { name: 'Erase permanently' }).click();
  await owner.getByText('The data was erased.').waitFor();
  expect(await userId().inputValue()).toBe('');
  expect(await listsOf(robin)).toBe(0);
  expect(await leavesNaming(robin)).toBe(0);
  await owner.goto(`${bot.home}/audit`);
  await owner.getByText('A former member').first().waitFor();
  expect(await owner.getByText(robin).count()).toBe(0);
  expect(await opened.flaws(owner)).toEqual([]);
  expect(opened.complaints).toEqual([]);
});

test('says so if permissions still name the member', async () => {
  const { dana, guild } = opened.hall;
  const rule = { id: 'r', effect: 'deny', who: { users: [dana] }, commands: ['stop'] };
  const policy = { rules: [rule], otherwise: 'allow' };
  const saved = await owner.evaluate(
    async ([path, body]) => {
      const headers = { 'bailiwick-csrf': '1', 'content-type': 'application/json', 'if-match': '*' };
      return (await fetch(path, { method: 'PUT', headers, body })).status;
    },
    [`/v1/tenants/${bot.tenant}/guilds/${guild}/policy`, JSON.stringify(policy)] as const,
  );
  expect(saved).toBe(200);
  await owner.goto(`${bot.home}/settings`);
  await userId().fill(dana);
  await erase().click();
  await dialog().getByRole('button', { name: 'Erase permanently' }).click();
  await owner.getByText('Your permissions still name this member.').waitFor();
});

test('refuses somebody who is in the team, and says what to do first', async () => {
  const { max } = opened.hall;
  await owner.goto(`${bot.home}/settings`);
  await userId().fill(max);
  await erase().click();
  await dialog().getByRole('button', { name: 'Erase permanently' }).click();
  await owner.getByText('This person has a role in the tenant. Remove them from its members first.').waitFor();
  await opened.provoked(409, '/data');
  expect(await asked(owner, 'GET', `/v1/tenants/${bot.tenant}`)).toBe(200);
  expect(opened.complaints).toEqual([]);
});
