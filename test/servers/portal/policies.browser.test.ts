// @module-tag chromium
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import { guildPolicySchema, type GuildPolicy } from '#policies/guild-policy.ts';
import { parsePolicyYaml } from '#policies/policy-yaml.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import type { HostedTenant } from '#test/e2e/platform.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* A server's policy as its owner works with it; each test continues where the previous one ended. */
let opened: OpenedPortal;
let tenant: HostedTenant;
/** Max, who owns the tenant and is a member of the server too. */
let owner: Page;
/** The URL of `/t/<tenant>`. */
let home: string;
let policy: GuildPolicy;

const versionSchema = z.object({ version: z.number(), policy: guildPolicySchema });
const inForce = (guild: string) =>
  opened.platform.owner.call('GET', `/v1/tenants/${tenant.id}/guilds/${guild}/policy`, versionSchema);

/** Chooses from the menu beside the tabs. */
async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Import, export or copy the policy' }).click();
  await page.getByRole('menuitem', { name }).click();
}

const answerTo = (page: Page, command: string) => page.getByRole('listitem', { name: `/${command}`, exact: true });

beforeAll(async () => {
  opened = await openPortal();
  const { guild, max, robin, dj } = opened.hall;
  tenant = await opened.platform.onboard('Harmony Records', guild);
  await opened.platform.signInAs(`discord:${max}`, [tenant.id]);
  home = `${opened.address}/t/${tenant.id}`;
  owner = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant.id}/policies/${guild}`);
  policy = {
    rules: [
      {
        id: 'quiet-nights',
        effect: 'deny',
        who: { everyone: true },
        commands: ['play'],
        when: { zone: 'Asia/Tokyo', hours: { from: '22:00', to: '06:00' } },
      },
      { id: 'max-may-stop', effect: 'allow', who: { users: [snowflake(max)] }, commands: ['stop'] },
      { id: 'not-the-queue', effect: 'deny', who: { users: [snowflake(robin)] }, commands: ['queue'] },
    ],
    otherwise: 'allow',
    dj: { roles: [snowflake(dj)] },
    voteSkip: { share: 0.5 },
    sources: ['youtube', 'soundcloud'],
    quotas: { maxQueuedPerMember: 3, maxTrackLengthSec: 600 },
  };
});
afterAll(() => opened[Symbol.asyncDispose]());

test('a document with faults is refused with their locations, and a valid one is reviewed before saving', async () => {
  const { guild } = opened.hall;
  await choose(owner, 'Import YAML or JSON');
  const dialog = owner.getByRole('dialog');
  const check = dialog.getByRole('button', { name: 'Check', exact: true });
  await dialog.getByLabel('Or paste it').fill('rules: [\notherwise: : allow');
  await check.click();
  await dialog.getByRole('alert').getByText('at line 2').waitFor();
  await dialog.getByLabel('Or paste it').fill('rules: []\notherwise: maybe\nloudness: 11');
  await check.click();
  await dialog.getByRole('alert').getByText('2 faults').waitFor();
  const faults = await dialog.getByRole('alert').getByRole('listitem').allTextContents();
  expect(faults).toEqual([
    'Commands that no rule mentions must be one of allow, deny',
    'Loudness is not a known field',
  ]);
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog.getByLabel('Or paste it').fill('rules: []\notherwise: allow');
  await check.click();
  await dialog.getByText('This is the policy that is already in force').waitFor();
  const file = { name: 'policy.json', mimeType: 'application/json' };
  await dialog.locator('input[type=file]').setInputFiles({ ...file, buffer: Buffer.alloc(maxDocumentBytes + 1, ' ') });
  await dialog.getByText('larger than any policy').waitFor();
  // The browser itself logs each refused check.
  expect(opened.complaints.splice(0)).toEqual([
    expect.stringContaining('status of 400'),
    expect.stringContaining('status of 422'),
  ]);

  await dialog.locator('input[type=file]').setInputFiles({ ...file, buffer: Buffer.from(JSON.stringify(policy)) });
  await check.click();
  await owner.getByRole('button', { name: 'Review and save' }).click();
  await dialog.getByText('Max may use /stop').waitFor();
  await dialog.getByText(/Nobody may use \/play from 22:00 to 06:00/).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  expect(await inForce(guild)).toMatchObject({ version: 0, policy: { rules: [] } });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await owner.getByText('Version 1 is in force').waitFor();
  expect(await inForce(guild)).toEqual({ version: 1, policy });
});

test('the policy in force is exported as equivalent YAML', async () => {
  const [download] = await Promise.all([owner.waitForEvent('download'), choose(owner, 'Export as YAML')]);
  expect(download.suggestedFilename()).toMatch(/\.yaml$/);
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toMatch(/^rules:\n/);
  expect(parsePolicyYaml(text)).toEqual(policy);
});

test('a test as a member uses the user’s own time zone, and names the deciding rule and the terms', async () => {
  const { guild, robin } = opened.hall;
  // A user in Tokyo, where 23:00 is 14:00 UTC.
  const elsewhere = await owner
    .context()
    .browser()
    ?.newContext({
      timezoneId: 'Asia/Tokyo',
      reducedMotion: 'reduce',
      storageState: await owner.context().storageState(),
    });
  if (!elsewhere) throw new Error('there is no browser');
  const page = await opened.watch(elsewhere);
  await page.goto(`${home}/policies/${guild}`);
  await page.getByRole('tab', { name: 'Test as a member' }).click();
  await page.getByText('At a set time').click();
  await page.getByText('In your time zone (Asia/Tokyo)').waitFor();
  await page.getByLabel('Date and time').fill('2026-06-03T23:00');
  const play = answerTo(page, 'play');
  await play.getByLabel('Denied').waitFor();
  expect(await play.innerText()).toMatch(/Nobody may use \/play from 22:00 to 06:00.*quiet-nights/s);
  await page.getByLabel('Date and time').fill('2026-06-03T14:00');
  await play.getByLabel('Allowed').waitFor();
  expect(await play.getByRole('list', { name: 'Conditions' }).getByRole('listitem').allTextContents()).toEqual([
    'At most 3 queued tracks at a time',
    'Tracks of at most 10 minutes',
    'Only from YouTube and SoundCloud',
  ]);
  expect(await answerTo(page, 'skip').innerText()).toContain('Takes effect once 50% of the listeners ask for it');
  expect(await answerTo(page, 'pause').innerText()).toContain(
    'Only DJs (managers of the server and DJ) can use playback commands',
  );

  const member = page.getByRole('combobox', { name: 'Member', exact: true });
  await answerTo(page, 'stop').getByLabel('Denied').waitFor();
  await member.fill('ma');
  await page.getByRole('option', { name: 'Max' }).click();
  await answerTo(page, 'stop').getByLabel('Allowed').waitFor();
  expect(await answerTo(page, 'stop').innerText()).toMatch(/Max may use \/stop.*max-may-stop/s);
  // Members of the server who are not in the tenant are found by name too, with their roles.
  await member.fill('da');
  await page.getByRole('option', { name: 'Dana' }).click();
  await answerTo(page, 'stop').getByLabel('Allowed').waitFor();
  await member.fill('zzz');
  await page.getByText('No member name starts with this.').waitFor();
  // Anybody can be found by id.
  await member.fill(robin);
  await page.getByRole('option', { name: robin }).click();
  await answerTo(page, 'queue').getByLabel('Denied').waitFor();
  expect(await answerTo(page, 'queue').innerText()).toContain('Robin may not use /queue');
  await page.getByRole('combobox', { name: 'Roles' }).click();
  await page.getByRole('option', { name: 'DJ', exact: true }).click();
  await answerTo(page, 'pause').getByLabel('Allowed').waitFor();
  await expect.poll(() => play.innerText()).not.toContain('queued tracks at a time');
  await page.keyboard.press('Escape');
  expect(await opened.flaws(page)).toEqual([]);
  await elsewhere.close();
});

test('a policy is copied to another server after the changes there were shown', async () => {
  const { sandbox } = opened.platform;
  const other = await sandbox.createGuild('Second Stage');
  await sandbox.install(other, tenant.application.id);
  await owner.goto(`${home}/policies/${other}`);
  await owner.getByRole('heading', { name: 'Second Stage' }).waitFor();
  await owner.goto(`${home}/policies/${opened.hall.guild}`);
  await choose(owner, 'Copy to another server');
  const dialog = owner.getByRole('dialog');
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'Second Stage' });
  await dialog
    .getByText('Only DJs (managers of the server and DJ of Harmony Hall) can use playback commands')
    .waitFor();
  await dialog.getByText('nobody there has the roles of Harmony Hall').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  expect((await inForce(other)).version).toBe(0);
  await dialog.getByRole('button', { name: 'Copy policy' }).click();
  await owner.getByText(/Second Stage.* now has the policy of .*Harmony Hall/).waitFor();
  expect(await inForce(other)).toEqual({ version: 1, policy });
});

test('history and audit log show the names of people and places, and their ids', async () => {
  const { guild, max, music, lounge, dj } = opened.hall;
  const rollBack = `/v1/tenants/${tenant.id}/guilds/${guild}/policy/rollback`;
  await opened.platform.owner.call('POST', rollBack, versionSchema, { version: 1 }, { 'if-match': '"1"' });
  await owner.goto(`${home}/policies/${guild}`);
  await owner.getByRole('tab', { name: 'History' }).click();
  await owner
    .getByTitle(`discord:${max}`)
    .and(owner.getByText('Max', { exact: true }))
    .waitFor();
  await owner
    .getByTitle(/^operator:/)
    .and(owner.getByText('Operator', { exact: true }))
    .waitFor();

  const member = opened.platform.sandbox.person({
    guild,
    channel: music,
    user: max,
    applicationId: tenant.application.id,
  });
  await member.joinVoice(lounge);
  await member.type('pause');
  await opened.untilLogged(tenant.id, `actor=${max}&outcome=denied`);
  await owner.goto(`${home}/audit?outcome=denied`);
  const record = owner.getByRole('button', { name: 'Max /pause' });
  await record.getByTitle(max, { exact: true }).waitFor();
  await record.click();
  const drawer = owner.getByRole('dialog');
  await drawer.getByText('With the role DJ.').waitFor();
  expect(await drawer.getByText('With the role DJ.').getAttribute('title')).toBe(dj);
  await drawer.getByText('Harmony Hall').waitFor();
  await drawer.getByText('#music').waitFor();
  const facts = await drawer.locator('.facts').innerText();
  for (const id of [max, guild, music]) expect(facts).toContain(id);
  expect(await opened.flaws(owner)).toEqual([]);

  await owner.goto(`${home}/audit?action=policy.write`);
  await owner.getByRole('button', { name: 'Operator policy.write' }).click();
  await drawer.getByText(/^operator:/).waitFor();
});

test('an allow overruled by a deny says so, and a draft with faults keeps the last results', async () => {
  const { guild, dj } = opened.hall;
  const put = (body: object) =>
    opened.platform.owner.call('PUT', `/v1/tenants/${tenant.id}/guilds/${guild}/policy`, versionSchema, body, {
      'if-match': '*',
    });
  await put({
    rules: [
      { id: 'no-stop', effect: 'deny', who: { roles: [guild] }, commands: ['stop'] },
      { id: 'djs-stop', effect: 'allow', who: { roles: [dj] }, commands: ['stop'] },
      { id: 'gone', effect: 'deny', who: { roles: ['123'] }, commands: ['play'], channels: ['456'] },
    ],
    otherwise: 'allow',
  });
  const page = owner;
  await page.goto(`${home}/policies/${guild}`);
  const why = 'Denied by rule 1 (no-stop): deny wins';
  await page.getByRole('button', { name: `DJ, /stop: ${why}` }).waitFor();
  await page.getByRole('list', { name: 'Allowed here, but denied' }).getByText(why).waitFor();
  await page.getByRole('button', { name: 'Everyone, /stop: Denied by rule 1 (no-stop); set here: deny' }).waitFor();
  // Parts of the policy without effect are named where it is edited.
  await page.getByText('This rule never applies: no-stop denies').waitFor();
  await page.getByText('This server has no role 123').waitFor();
  await page.getByText('The bot sees no channel 456').waitFor();
  expect(await opened.flaws(page)).toEqual([]);

  await page.getByRole('tab', { name: 'Channels and hours' }).click();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add rule' }).click();
  // There are no defaults: each field asks.
  await dialog.getByText('Choose what the rule does').waitFor();
  expect(await dialog.getByText('Choose at least one').count()).toBe(2);
  await dialog.getByText('Denies', { exact: true }).click();
  // Blurred without Tab, which would open the next field's list over the next click target.
  const whom = dialog.getByRole('combobox', { name: 'Applies to' });
  await whom.click();
  await page.getByRole('option', { name: 'Everyone' }).click();
  await whom.blur();
  const commands = dialog.getByRole('combobox', { name: 'Commands' });
  await commands.click();
  await page.getByRole('option', { name: 'Every command' }).click();
  await commands.blur();
  await dialog.getByRole('switch', { name: 'Only at certain times' }).click();
  await dialog.getByLabel('To', { exact: true }).fill('22:00');
  await dialog.getByText('Choose an end time that differs from the start time').waitFor();
  await dialog.getByLabel('To', { exact: true }).fill('06:00');
  const zone = dialog.getByRole('combobox', { name: 'Time zone' });
  await zone.fill('berlin');
  await page.getByRole('option', { name: 'Europe/Berlin' }).click();
  expect(await zone.inputValue()).toBe('Europe/Berlin');
  expect(await opened.flaws(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add rule' }).click();
  await page.getByText('Nobody may use any command from 22:00 to 06:00 (Europe/Berlin)').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();

  // For this browser, the API refuses the draft: the last results stay, dimmed.
  const faults = [{ at: '/rules/0/when/zone', code: 'invalid', message: 'must be an IANA time zone' }];
  const problem = {
    type: 'about:blank',
    title: 'The policy has 1 fault.',
    status: 422,
    code: 'policy.invalid',
    faults,
  };
  await page.route('**/policy/{validate,dry-run}', (route) =>
    route.fulfill({ status: 422, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  );
  await page.getByRole('tab', { name: 'Permissions' }).click();
  await page.getByRole('button', { name: /^Everyone, \/queue/ }).click();
  await page.getByRole('alert').getByText('Rule 1, time zone').waitFor();
  await page.getByText('These results are for your last draft without errors.').waitFor();
  await page.getByRole('button', { name: /^DJ, \/stop: Denied/ }).waitFor();
  expect(await page.getByRole('button', { name: 'Review and save' }).isDisabled()).toBe(true);
  await page.unroute('**/policy/{validate,dry-run}');
  await page.getByRole('button', { name: 'Discard' }).click();
  opened.complaints.splice(0);
  await put(policy);
});

/** Denies this command to everyone, only in the draft. */
async function denyEveryone(page: Page, command: string): Promise<void> {
  const cell = page.getByRole('button', { name: new RegExp(`^Everyone, /${command}`) });
  await cell.click();
  await cell.click();
  await page.getByRole('region', { name: 'Unsaved changes' }).waitFor();
}

test('the portal asks before a link, a button or Back leaves unsaved changes', async () => {
  const { guild } = opened.hall;
  const page = owner;
  await page.goto(`${home}/policies`);
  await page.getByRole('link', { name: /Harmony Hall/ }).click();
  await denyEveryone(page, 'nowplaying');
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
  const stays = async () => {
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(page.url()).toBe(`${home}/policies/${guild}`);
    await page.getByRole('region', { name: 'Unsaved changes' }).waitFor();
  };
  await page.getByRole('link', { name: 'Overview' }).first().click();
  expect(await opened.flaws(page)).toEqual([]);
  await stays();
  await page.getByRole('button', { name: /^Account:/ }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
  await stays();
  await page.goBack();
  await stays();
  await page.goBack();
  await stays();
  await page.goBack();
  await dialog.getByRole('button', { name: 'Discard and leave' }).click();
  await page.waitForURL(`${home}/policies`);
  // The changes are gone, and nothing asks any more.
  await page.getByRole('link', { name: /Harmony Hall/ }).click();
  await page.getByRole('button', { name: /^Everyone, \/nowplaying: Allowed/ }).waitFor();
  expect(await page.getByRole('region', { name: 'Unsaved changes' }).count()).toBe(0);
  await denyEveryone(page, 'nowplaying');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.waitForURL(home);
  await page.goBack();
  await page.waitForURL(`${home}/policies/${guild}`);
  expect(await dialog.count()).toBe(0);
});

test('a draft survives a reload and the end of its session, but not a sign-out', async () => {
  const { guild } = opened.hall;
  const page = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant.id}/policies/${guild}`);
  await denyEveryone(page, 'nowplaying');
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await page.getByText('Your unsaved changes are back').waitFor();
  expect(await opened.flaws(page)).toEqual([]);

  await page.getByRole('button', { name: 'Review and save' }).click();
  // Ends only the newest sign-in, this page's; Max's other pages stay signed in.
  await opened.platform.query(
    'update sign_in set ended_at = now() where id = (select id from sign_in where subject = $1 order by created_at desc limit 1)',
    [`discord:${opened.hall.max}`],
  );
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Your session ended. Sign in again: your changes are kept.').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await opened.provoked(401);
  const again = async () => {
    await page.getByRole('link', { name: 'Sign in with Discord' }).click();
    await page.locator('select').first().selectOption({ label: 'Max' });
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(`${home}/policies/${guild}`);
  };
  await again();
  await page.getByText('Your unsaved changes are back').waitFor();
  await page.getByRole('button', { name: 'Review and save' }).click();
  await page.getByRole('dialog').getByText('Nobody may use /nowplaying').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Not yet' }).click();

  await page.getByRole('button', { name: /^Account:/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Discard and leave' }).click();
  await page.getByRole('link', { name: 'Sign in with Discord' }).waitFor();
  expect(await page.getByText('your changes are kept').count()).toBe(0);
  expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes('draft')))).toEqual([]);
  await page.close();
});

test('the history shows what each version changed, what a rollback would change, and who saved meanwhile', async () => {
  const { guild } = opened.hall;
  const page = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant.id}/policies/${guild}`);
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('button', { name: 'View changes: Version 1', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^Saved by Max/).waitFor();
  await dialog.getByRole('list', { name: 'Changed when it was saved' }).getByText('Max may use /stop').waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'View changes: Initial policy' }).click();
  await dialog.getByRole('list', { name: 'Rolling back to it would change' }).getByText('Max may use /stop').waitFor();

  // Somebody else saves while the dialog is open.
  const before = (await inForce(guild)).version;
  const path = `/v1/tenants/${tenant.id}/guilds/${guild}/policy`;
  const put = (body: object) => opened.platform.owner.call('PUT', path, versionSchema, body, { 'if-match': '*' });
  await put({ ...policy, otherwise: 'deny' });
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await dialog.getByText('Someone else has saved a new version.').waitFor();
  await opened.provoked(412);
  expect((await inForce(guild)).version).toBe(before + 1);
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await page.getByRole('tab', { name: 'Permissions' }).click();
  await denyEveryone(page, 'nowplaying');
  await put(policy);
  await page.getByRole('button', { name: 'Review and save' }).click();
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.getByText(`Operator saved version ${before + 2} meanwhile`).waitFor();
  await dialog
    .getByRole('list', { name: 'Their changes' })
    .getByText('Commands that no rule mentions are allowed')
    .waitFor();
  expect(await opened.flaws(page)).toEqual([]);
  await opened.provoked(412);
  await dialog.getByRole('button', { name: 'Apply my changes on top' }).click();
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText(`Version ${before + 3} is in force`).waitFor();
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('button', { name: `View changes: Version ${before + 2}`, exact: true }).click();
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await page.getByText(`Rolled back to version ${before + 2}`).waitFor();
  expect(await inForce(guild)).toEqual({ version: before + 4, policy });
  await page.close();
});

test('no page reported an error', () => {
  expect(opened.complaints).toEqual([]);
});
