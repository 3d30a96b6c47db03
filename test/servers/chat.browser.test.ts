// @module-tag chromium
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  Events,
  GatewayIntentBits,
  MessageFlags,
  ModalBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import type { Interaction } from 'discord.js';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '#test/chromium.ts';
import { startSandbox } from '#test/sandbox/sandbox.ts';
import type { Sandbox } from '#test/sandbox/sandbox.ts';
import { createGuild } from '#test/sandbox/world/guilds.ts';
import { wordsIn } from '#services/gateway/src/presentation/language/words.ts';
import { playerView } from '#services/gateway/src/presentation/views/player-view.ts';
import type { Player } from '#services/contracts/player.ts';

let sandbox: Sandbox;
let bot: Client;
let browser: Browser;
const faults: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
  bot = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: sandbox.discord.apiUrl } });
  bot.on(
    Events.InteractionCreate,
    (interaction) => void answer(interaction).catch((error) => faults.push(String(error))),
  );
  const ready = new Promise((resolve) => bot.once(Events.ClientReady, resolve));
  const token = [...sandbox.world.applications.values()].find((application) => application.name === 'Melody')?.token;
  await bot.login(token ?? '');
  await ready;
  await bot.application?.commands.set([
    {
      name: 'greet',
      description: 'Greets somebody',
      options: [{ type: 3, name: 'whom', description: 'A name', required: true, autocomplete: true }],
    },
    { name: 'slow', description: 'Thinks first' },
    { name: 'silent', description: 'Never answers' },
    { name: 'write', description: 'Shows a form' },
    { name: 'Repeat this', type: 3 },
    { name: 'Wave at', type: 2 },
  ]);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await bot?.destroy();
  await sandbox?.[Symbol.asyncDispose]();
});

afterEach(() => expect(faults.splice(0)).toEqual([]));

let finishSlow: (() => void) | undefined;

/**
 * The bot behind the page: a command with autocomplete and a button, a slow one, one that never answers, and a modal.
 */
async function answer(interaction: Interaction): Promise<unknown> {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused();
    return interaction.respond([{ name: `${typed} the Great`, value: `${typed} the Great` }]);
  }
  if (interaction.isButton())
    return interaction.update({ content: `${interaction.user.displayName} waved back.`, components: [] });
  if (interaction.isModalSubmit()) {
    return interaction.reply({
      content: `Noted: ${interaction.fields.getTextInputValue('note')}`,
      flags: MessageFlags.Ephemeral,
    });
  }
  if (interaction.isMessageContextMenuCommand())
    return interaction.reply(`Again: ${interaction.targetMessage.content}`);
  if (interaction.isUserContextMenuCommand()) return interaction.reply(`Hello, ${interaction.targetUser.displayName}!`);
  if (!interaction.isChatInputCommand()) return undefined;
  switch (interaction.commandName) {
    case 'greet': {
      const wave = new ButtonBuilder().setCustomId('wave').setLabel('Wave back').setStyle(ButtonStyle.Primary);
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(wave);
      return interaction.reply({
        content: `Hello, **${interaction.options.getString('whom', true)}**!`,
        components: [row],
      });
    }
    case 'slow':
      await interaction.deferReply();
      await new Promise<void>((resolve) => (finishSlow = resolve));
      return interaction.editReply('Done thinking.');
    case 'write': {
      const note = new TextInputBuilder().setCustomId('note').setLabel('Your note').setStyle(TextInputStyle.Short);
      const row = new ActionRowBuilder<TextInputBuilder>().addComponents(note);
      return interaction.showModal(new ModalBuilder().setCustomId('form').setTitle('A note').addComponents(row));
    }
    default:
      return undefined;
  }
}

async function pageAs(user: string, width = 1280): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 844 } });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(`${sandbox.discord.chatUrl}?guild=Harmony+Hall&channel=music&user=${user}`);
  await page.getByPlaceholder(`as ${user}`).waitFor();
  return page;
}

async function run(page: Page, command: string): Promise<void> {
  await page.locator('#message-input').fill(`/${command}`);
  await page.getByRole('option', { name: `/${command}` }).click();
  await page.getByRole('button', { name: `Run /${command}` }).click();
}

const messages = (page: Page) => page.getByRole('log');

test('Max types a slash, runs a command with a suggested option, presses its button, and sees the answer', async () => {
  const page = await pageAs('Max');
  await page.locator('#message-input').focus();
  await page.keyboard.type('/');
  await page.getByRole('option', { name: '/greet' }).waitFor();
  await page.keyboard.type('gre');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Ada');
  await page.getByRole('option', { name: 'Ada the Great' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await messages(page).getByText('Hello, Ada the Great!').waitFor();
  await messages(page).getByText('/greet').waitFor();
  await messages(page).getByRole('button', { name: 'Wave back' }).click();
  await messages(page).getByText('Max waved back.').waitFor();
  expect(await messages(page).getByRole('button', { name: 'Wave back' }).count()).toBe(0);
  await page.close();
});

test('what an app offers for a message and for a member is used from their menus, with the keyboard too', async () => {
  const page = await pageAs('Max');
  await page.locator('#message-input').fill('Golden Hour');
  await page.keyboard.press('Enter');
  const message = messages(page).locator('article', { hasText: 'Golden Hour' }).first();
  await message.hover();
  await message.locator('summary').click();
  await message.getByRole('button', { name: 'Repeat this' }).click();
  await messages(page).getByText('Again: Golden Hour').waitFor();
  expect(await messages(page).locator('.command-name').last().innerText()).toBe('Repeat this');
  await page.getByLabel('Apps for Dana').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await messages(page).getByText('Hello, Dana!').waitFor();
  await page.close();
});

test('a command with a missing option is not sent, and says so', async () => {
  const page = await pageAs('Max');
  const sent = () => [...sandbox.world.interactions.values()].filter(({ type }) => type === 2).length;
  const before = sent();
  await run(page, 'greet');
  await page.getByText('This option is required').waitFor();
  expect(sent()).toBe(before);
  await page.close();
});

test('a deferred response shows the bot thinking until it arrives', async () => {
  const page = await pageAs('Dana');
  await run(page, 'slow');
  await messages(page).getByText('Melody is thinking…').waitFor();
  await expect.poll(() => finishSlow).toBeTypeOf('function');
  finishSlow?.();
  await messages(page).getByText('Done thinking.').waitFor();
  await page.close();
});

test('a bot that does not respond is reported in Discord’s words', async () => {
  const page = await pageAs('Max');
  await run(page, 'silent');
  await messages(page).getByText('The application did not respond').waitFor();
  await page.close();
});

test('a modal is submitted, and only its sender sees the ephemeral response, as text and not as markup', async () => {
  const [mine, theirs] = [await pageAs('Robin'), await pageAs('Dana')];
  await run(mine, 'write');
  await mine.getByRole('dialog').getByLabel('Your note').fill('<img src=x> & **bold**');
  await mine.getByRole('button', { name: 'Submit' }).click();
  await messages(mine).getByText('Noted: <img src=x> & bold').waitFor();
  await messages(mine).getByText('Only you can see this').waitFor();
  expect(await mine.locator('#messages img').count()).toBe(0);
  expect(await messages(theirs).getByText('Noted:').count()).toBe(0);
  await Promise.all([mine.close(), theirs.close()]);
});

test('a server name that begins with an emoji shows that emoji whole', async () => {
  const [hall] = sandbox.world.guilds.values();
  createGuild(sandbox.world, '👩‍👩‍👧 Éclair', hall?.ownerId ?? '');
  const page = await pageAs('Max');
  await page.locator('[data-initials="👩‍👩‍👧É"]').waitFor();
  await page.close();
});

test('on a phone-sized screen everything is reachable: channels, voice, and the choice of member', async () => {
  const page = await pageAs('Max', 390);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await page.getByRole('button', { name: 'Servers and channels' }).click();
  await page.getByRole('button', { name: 'Join the voice channel Lounge' }).click();
  await page.getByRole('button', { name: 'Servers and channels' }).click();
  await page.getByText('Voice connected').waitFor();
  await page.getByRole('button', { name: 'Leave voice' }).click();
  await page.getByLabel('Act as').selectOption({ label: 'Dana' });
  await page.getByPlaceholder('as Dana').waitFor();
  await page.close();
});

/** Findings of axe-core: the rule and the elements, in what a selector names. */
async function findings(page: Page, within = 'html'): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run('${within}')`,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
}

test.each(['dark', 'light'] as const)(
  'the page has no accessibility violation while a command is filled in, %s',
  async (theme) => {
    const page = await pageAs('Max');
    await page.emulateMedia({ colorScheme: theme });
    await page.reload();
    await run(page, 'greet');
    await page.getByText('This option is required').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.close();
  },
);

const playing = (part: Partial<Player>) =>
  ({
    guild: '1',
    state: 'playing',
    current: {
      entryId: 'ent_1',
      title: 'Harbour Lights',
      author: 'The Tide Tables',
      uri: 'https://music.sandbox.test/track/harbour-lights',
      artworkUrl: 'https://music.sandbox.test/art/harbour-lights.png',
      lengthMs: 214_000,
      isStream: false,
      source: 'sandbox',
      requestedBy: memberNamed('Ada'),
    },
    positionMs: 60_000,
    asOfMs: Date.now(),
    volume: 80,
    loop: 'queue',
    filters: [],
    filterValues: { presets: ['bassboost'], speed: 100, pitch: 100, equaliser: false },
    speed: 1,
    queue: [{ title: 'Salt on the Window' }],
    queueLength: 3,
    reason: null,
    why: null,
    ...part,
  }) as unknown as Player;

const memberNamed = (name: string) =>
  [...sandbox.world.users.values()].find(({ username }) => username.toLowerCase() === name.toLowerCase())?.id;

test.each([
  [1280, 'playing'],
  [390, 'paused'],
] as const)('shows what is playing, with its emoji, %i wide, %s', async (width, state) => {
  const page = await pageAs('Max', width);
  const channel = [...sandbox.world.guilds.values()]
    .flatMap(({ channels }) => channels)
    .find(({ name }) => name === 'music');
  const { layout } = playerView(wordsIn('en'), playing({ state }));
  const body = { components: layout, flags: MessageFlags.IsComponentsV2, allowed_mentions: { parse: [] } };
  await bot.rest.post(`/channels/${channel?.id}/messages`, { body });
  const card = messages(page).locator('.container').last();
  await card.getByRole('heading', { name: state === 'paused' ? 'Paused' : 'Now playing' }).waitFor();
  for (const text of ['Harbour Lights', 'The Tide Tables', '@Ada', 'Salt on the Window', '80%', 'Bass boost'])
    await card.getByText(text).first().waitFor();
  expect(await card.getByRole('button').allTextContents()).toEqual([
    '⏮️Previous',
    state === 'paused' ? '▶️Resume' : '⏸️Pause',
    '⏭️Skip',
    '⏹️Stop',
    '📜Queue',
    '🔁Loop',
    '🔀Shuffle',
    '♾️Autoplay',
    '❤️Favourite',
    '🎤Lyrics',
    '🔉Quieter',
    '🔊Louder',
  ]);
  await card.getByRole('img', { name: /Artwork/ }).waitFor();
  // The page brings its own emoji: a machine may have none.
  await page.evaluate('document.fonts.ready');
  expect(
    await page.evaluate(`[...document.fonts].some((font) => /Emoji/.test(font.family) && font.status === 'loaded')`),
  ).toBe(true);
  expect(await findings(page, '.container')).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  const shot = process.env['SHOT'];
  if (shot) await page.screenshot({ path: `${shot}-${width}.png` });
  await page.close();
});

/** Opens the developer portal from the chat. */
async function developers(width = 1280, theme: 'dark' | 'light' = 'dark'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme: theme });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(sandbox.discord.chatUrl);
  if (width < 800) await page.getByRole('button', { name: 'Servers and channels' }).click();
  await page.getByRole('link', { name: 'Developer portal of the sandbox' }).click();
  await page.getByRole('heading', { name: 'Melody', exact: true }).waitFor();
  return page;
}

const tokenOf = (page: Page, name: string) => page.getByLabel(`Token of ${name}`, { exact: true });
const applicationOf = (name: string) => [...sandbox.world.applications.values()].find((one) => one.name === name);

test('a developer creates an application, copies its token once, and resets it, which revokes the old one', async () => {
  const page = await developers();
  expect(await page.title()).toContain('Sandbox');
  await page.getByLabel('Name of the new application').fill('<b>Echo</b>');
  await page.getByRole('button', { name: 'Create application' }).click();
  const field = tokenOf(page, '<b>Echo</b>');
  await field.waitFor();
  const first = applicationOf('<b>Echo</b>')?.token;
  expect(await field.inputValue()).toBe(first);
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Token copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(first);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.reload();
  await page.getByRole('heading', { name: '<b>Echo</b>', exact: true }).waitFor();
  expect(await page.content()).not.toContain(first);
  expect(await tokenOf(page, '<b>Echo</b>').count()).toBe(0);

  await page.getByRole('button', { name: 'Reset token of <b>Echo</b>' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(applicationOf('<b>Echo</b>')?.token).toBe(first);
  await page.getByRole('button', { name: 'Reset token of <b>Echo</b>' }).click();
  await dialog.getByRole('button', { name: 'Reset token' }).click();
  await field.waitFor();
  expect(await field.inputValue()).toBe(applicationOf('<b>Echo</b>')?.token);
  expect(await field.inputValue()).not.toBe(first);
  await page.context().close();
});

test('a developer invites a bot, and the portal shows where it is', async () => {
  const page = await developers();
  await page.getByLabel('Name of the new application').fill('Guest');
  await page.getByRole('button', { name: 'Create application' }).click();
  const guest = page.getByRole('region', { name: /^Guest / });
  await guest.getByText('In no server yet').waitFor();
  const opening = page.context().waitForEvent('page');
  await guest.getByRole('link', { name: /^Invite to a server/ }).click();
  const consent = await opening;
  await consent.getByLabel('You are').selectOption({ label: 'Ada' });
  expect(await findings(consent)).toEqual([]);
  await consent.getByRole('button', { name: 'Authorize' }).click();
  await consent.getByText('Guest was added to').waitFor();
  await guest.getByText('In Harmony Hall').waitFor();
  await page.context().close();
});

test.each([
  [1280, 'dark'],
  [1280, 'light'],
  [390, 'dark'],
  [390, 'light'],
] as const)('the developer portal has no accessibility violation, %i wide, %s', async (width, theme) => {
  const page = await developers(width, theme);
  await page.getByLabel('Name of the new application').fill('A name of exactly 32 characters.');
  await page.getByRole('button', { name: 'Create application' }).click();
  await page.getByRole('button', { name: 'Copy' }).waitFor();
  expect(await findings(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await page.getByRole('button', { name: 'Reset token of Melody' }).click();
  await page.getByRole('dialog').getByText('stops working at once').waitFor();
  expect(await findings(page)).toEqual([]);
  await page.context().close();
});
