import { once } from 'node:events';
import { Locale, PermissionFlagsBits } from 'discord-api-types/v10';
import { Client, Events, GatewayIntentBits } from 'discord.js';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { callerFault, callerFaultWith } from '#infra/kernel/errors.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import {
  playerErrorCodes,
  type EnqueueResponse,
  type Player,
  type PlayerEvent,
  type Track,
} from '#services/contracts/player.ts';
import type { Help } from '#services/contracts/help.ts';
import { defaultSettings, type GuildSettings, type SettingsChange } from '#services/contracts/settings.ts';
import type { PolicyChange, ServerPolicy } from '#services/contracts/server-policy.ts';
import { guildPolicySchema } from '#policies/guild-policy.ts';
import { trackFaults } from '#services/contracts/why.ts';
import { interactionOutcome } from '#test/sandbox/control/interactions.ts';
import { updateRole } from '#test/sandbox/world/guilds.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { createApplication, installApplication } from '#test/sandbox/world/applications.ts';
import {
  chooseFromSelect,
  goToVoice,
  pressButton,
  useCommand,
  writeMessage,
} from '#test/sandbox/world/acting/person.ts';
import type { TypedOptions } from '#test/sandbox/world/acting/fill-options.ts';
import type { Guild } from '#test/sandbox/world/types.ts';
import type { LibraryPort } from '../application/library-port.ts';
import type { PlayerPort, QueuedByMember } from '../application/player-port.ts';
import type { PolicyPort } from '../application/policy-port.ts';
import { createBot, type Bot } from './bot.ts';

let sandbox: Sandbox;
let client: Client<true>;
let guild: Guild;
let max: string;
let applicationId: string;
let bot: Bot;
let emit: (event: PlayerEvent) => void = () => undefined;
let audio: FakeAudio;
const silent = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const stopping = new AbortController();

const track = (title: string, entryId = title): Track => ({
  entryId,
  title,
  author: 'Somebody',
  uri: 'https://music.sandbox.test/track/x',
  artworkUrl: null,
  lengthMs: 60_000,
  isStream: false,
  source: 'sandbox',
  requestedBy: null,
});

/** A member with one playlist, who may not change it. */
const refused = () => Promise.reject(callerFault('library.unavailable', 'Playlists cannot be read right now.', 424));
const library: LibraryPort = {
  change: refused,
  play: refused,
  part: refused,
  export: refused,
  playlists: async () => [{ name: 'Evening', length: 3 }],
};

/** What rules the server; a change is kept as it was requested. */
let rules: ServerPolicy;
let requested: PolicyChange | undefined;
const policy: PolicyPort = {
  show: async () => rules,
  async change(_on, request) {
    requested = request;
    return rules;
  },
};

/** A player that does what it is told, or refuses with the fault that a test sets. */
class FakeAudio implements PlayerPort {
  readonly calls: string[] = [];
  fault: Error | undefined;
  delayMs = 0;
  player: Player;
  remembered: unknown;
  outcome: Partial<EnqueueResponse> = {};

  constructor(guildId: string) {
    this.player = {
      guild: snowflake(guildId),
      state: 'playing',
      current: track('First'),
      positionMs: 0,
      asOfMs: Date.now(),
      volume: 100,
      loop: 'off',
      autoplay: false,
      filters: [],
      filterValues: { presets: [], speed: 100, pitch: 100, equaliser: false },
      speed: 1,
      voiceChannel: null,
      textChannel: null,
      queue: [],
      queueLength: 0,
      message: null,
      reason: null,
      why: null,
      version: 1,
    };
  }

  async #did(what: string): Promise<Player> {
    this.calls.push(what);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.fault) throw this.fault;
    return this.player;
  }

  read = () => this.#did('read');
  pause = () => this.#did('pause');
  resume = () => this.#did('resume');
  vote: { votes: number; needed: number; skipped: boolean } | undefined;
  async skip() {
    const player = await this.#did('skip');
    return { player, vote: this.vote };
  }
  async operate(_on: unknown, name: string, request: unknown) {
    const player = await this.#did(request === undefined ? name : `${name} ${JSON.stringify(request)}`);
    return { player, count: 1, first: track('Second') };
  }
  stop = () => this.#did('stop');
  setVolume = (_on: unknown, percent: number) => this.#did(`volume ${percent}`);
  off: string[] = [];
  async help(): Promise<Help> {
    await this.#did('help');
    const denied: Help['denied'] = [
      { command: 'skip', by: 'rules', rule: 'no-skip' },
      { command: 'skipping', by: 'rules', rule: 'no-skip' },
      { command: 'volume', by: 'djs' },
      { command: 'manage', by: 'managers' },
      { command: 'queue', by: 'rules' },
    ];
    return { usable: ['play', 'nowplaying'], denied, off: this.off };
  }
  queued: QueuedByMember = { tracks: [], positions: [], count: 0 };
  async queuedBy(_on: unknown, member: string) {
    await this.#did(`queued by ${member}`);
    return this.queued;
  }
  async lyrics() {
    await this.#did('lyrics');
    const lines = Array.from({ length: 45 }, (_, index) => ({ atMs: index * 5_000, text: `Line ${index + 1}` }));
    return { track: track('First'), positionMs: 112_000, provider: 'Sandbox', lines };
  }
  async slice() {
    await this.#did('slice');
    return [];
  }
  found: Awaited<ReturnType<PlayerPort['search']>> = [
    {
      title: 'Found',
      author: 'Somebody',
      uri: 'https://music.sandbox.test/track/found',
      lengthMs: 61_000,
      isStream: false,
    },
  ];
  async search(_on: unknown, query: string) {
    await this.#did(`search ${query}`);
    return this.found;
  }
  async enqueue(_on: unknown, query: string, placement?: string) {
    const player = await this.#did(`enqueue ${query}${placement ? ` ${placement}` : ''}`);
    const outcome = {
      added: [track(query)],
      addedCount: 1,
      leftOut: [],
      refused: null,
      refusedWhy: null,
      playlistName: null,
    };
    return { ...outcome, player: { ...player, queueLength: 1 }, ...this.outcome };
  }
  async pick(_on: unknown, links: readonly string[]) {
    return this.enqueue(_on, `picked ${links.join(' ')}`);
  }
  settings: GuildSettings = defaultSettings;
  async readSettings() {
    await this.#did('settings');
    return this.settings;
  }
  async changeSettings(_on: unknown, request: SettingsChange) {
    await this.#did(`change ${JSON.stringify(request)}`);
    return this.settings;
  }
  async rememberMessage(_guild: unknown, message: unknown) {
    this.remembered = message;
  }
  follow(listener: (event: PlayerEvent) => void) {
    emit = listener;
  }
}

/** Interactions that the bot says have ended. */
const ended: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
  const { world } = sandbox;
  guild = [...world.guilds.values()].find(({ name }) => name === 'Harmony Hall') as Guild;
  max = memberNamed('max');
  const application = createApplication(world, 'Bot under test', guild.ownerId);
  applicationId = application.id;
  installApplication(world, guild.id, application.id);
  client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    rest: { api: sandbox.discord.apiUrl },
  });
  audio = new FakeAudio(guild.id);
  bot = createBot({
    client,
    // A new fake for each test, behind one port.
    audio: new Proxy({} as PlayerPort, {
      get: (_target, name) => (Reflect.get(audio, name) as (...args: unknown[]) => unknown).bind(audio),
    }),
    library,
    policy,
    transactions: { transactionOf: (id) => `transaction of ${id}`, ended: (id) => ended.push(id) },
    logger: silent,
    clock: systemClock,
    signal: stopping.signal,
  });
  bot.start();
  const ready = once(client, Events.ClientReady);
  await client.login(application.token);
  await ready;
  await client.application.commands.set(bot.commands);
});

afterAll(async () => {
  stopping.abort();
  await client.destroy();
  await sandbox[Symbol.asyncDispose]();
});

beforeEach(async () => {
  guild.locale = undefined;
  audio = new FakeAudio(guild.id);
  await inVoice(max, 'Lounge');
});

function memberNamed(name: string): string {
  const found = guild.members.find(({ userId }) => sandbox.world.user(userId).username.toLowerCase() === name);
  if (!found) throw new Error(`no member ${name}`);
  return found.userId;
}

const channel = (name: string): string => {
  const found = guild.channels.find((one) => one.name === name);
  if (!found) throw new Error(`no channel ${name}`);
  return found.id;
};

async function inVoice(user: string, name: string | null): Promise<void> {
  const channelId = name === null ? null : channel(name);
  goToVoice(sandbox.world, guild.id, user, channelId);
  await vi.waitFor(
    () => expect(client.guilds.cache.get(guild.id)?.voiceStates.cache.get(user)?.channelId ?? null).toBe(channelId),
    { timeout: 15_000 },
  );
}

const seat = (user: string, locale?: Locale) => ({
  guildId: guild.id,
  channelId: channel('music'),
  userId: user,
  locale,
});

/** What the member sees of a command: text, and whether only they see it. */
async function type(command: string, options: TypedOptions = {}, user = max, locale?: Locale) {
  const record = useCommand(sandbox.world, seat(user, locale), { applicationId, command, options });
  return seen(record.id);
}

async function seen(interactionId: string) {
  const record = await interactionOutcome(sandbox.world, interactionId, 'answered', 5_000);
  const ids =
    record.originalMessageId === null ? record.followupIds : [record.originalMessageId, ...record.followupIds];
  const stored = ids.flatMap((id) => sandbox.world.messages.get(id) ?? []);
  const last = stored.at(-1);
  return {
    state: record.state,
    followups: record.followupIds.length,
    text: last?.message.content,
    embeds: last?.message.embeds,
    parts: JSON.stringify(last?.message.components),
    quiet: last?.ephemeralFor === max,
    message: last?.message,
  };
}

test('answers /play with what was added, for everybody', async () => {
  expect(await type('play', { query: 'a song' })).toMatchObject({ state: 'answered', quiet: false });
  expect(audio.calls).toEqual(['enqueue a song']);
});

test('notes which interactions have ended', async () => {
  const { id } = useCommand(sandbox.world, seat(max), { applicationId, command: 'queue', options: {} });
  expect(ended).not.toContain(id);
  await seen(id);
  await vi.waitFor(() => expect(ended).toContain(id));
});

test('plays an uploaded file, by the address that Discord gives it', async () => {
  const song = { filename: 'our song.mp3', size: 4_000_000, contentType: 'audio/mpeg' };
  expect(await type('playnow', { file: song })).toMatchObject({ state: 'answered', quiet: false });
  expect(audio.calls[0]).toMatch(/^enqueue https:\/\/music\.sandbox\.test\/files\/\d+\/\d+\/our%20song\.mp3\?ex=/);
  await type('playnext', { file: song });
  expect(audio.calls[1]).toMatch(/ next$/);
});

test('refuses files that it cannot play, and more or less than one thing to play', async () => {
  const picture = { filename: 'cat.png', size: 1_000, contentType: 'image/png' };
  const concert = { filename: 'concert.flac', size: 100_000_001, contentType: 'audio/flac' };
  expect(await type('playnow', { file: picture })).toMatchObject({
    quiet: true,
    text: expect.stringMatching(/not an audio file/),
  });
  expect(await type('playnow', { file: concert })).toMatchObject({
    quiet: true,
    text: expect.stringMatching(/at most 100 MB/),
  });
  expect(await type('playnow', {})).toMatchObject({ quiet: true, text: expect.stringMatching(/one of the two/) });
  const both = { query: 'a song', file: { ...concert, size: 1 } };
  expect(await type('playnow', both)).toMatchObject({ quiet: true, text: expect.stringMatching(/one of the two/) });
  expect(audio.calls).toEqual([]);
});

/** Picks from the menu of a message. */
function pickFrom(message: { id: string; components?: unknown } | undefined, values: string[], user = max) {
  const [, customId = ''] = /"custom_id":"(bw:search:[^"]*)"/.exec(JSON.stringify(message?.components)) ?? [];
  return chooseFromSelect(sandbox.world, seat(user), { messageId: message?.id ?? '', customId, values });
}

test('/search shows what is found to the member, who picks from it once', async () => {
  const [one, two] = ['one', 'two'].map((name) => `https://music.sandbox.test/track/${name}`);
  const length = { author: 'Somebody', lengthMs: 61_000, isStream: false };
  audio.found = [
    { ...length, title: 'One', uri: one ?? '' },
    { ...length, title: 'Two', uri: two ?? '' },
    { ...length, title: 'Far', uri: `https://music.sandbox.test/${'a'.repeat(100)}` },
  ];
  const answer = await type('search', { query: 'a song' });
  expect(answer).toMatchObject({ quiet: true, embeds: [{ title: 'Found' }] });
  expect(answer.parts).toContain('1. One · Somebody · 1:01');
  expect(answer.parts).not.toContain('Far');
  audio.outcome = { addedCount: 2 };
  const values = [two ?? '', one ?? ''];
  // Refused, it can be picked again.
  audio.fault = callerFault(playerErrorCodes.notInVoice, 'x', 409);
  const refusal = await seen(pickFrom(answer.message, values).id);
  expect(refusal).toMatchObject({ quiet: true, text: 'Join a voice channel first, then try again.' });
  audio.fault = undefined;
  const stale = JSON.parse(JSON.stringify(answer.message)) as NonNullable<typeof answer.message>;
  await interactionOutcome(sandbox.world, pickFrom(answer.message, values).id, 'answered', 5_000);
  expect(audio.calls).toEqual([
    'search a song',
    `enqueue picked ${values.join(' ')}`,
    `enqueue picked ${values.join(' ')}`,
  ]);
  const after = sandbox.world.messages.get(stale.id)?.message;
  expect(after).toMatchObject({ content: 'Added 2 tracks.', embeds: [], components: [] });
  // What is still on another screen no longer works.
  Object.assign(after ?? {}, { components: stale.components });
  expect(await seen(pickFrom(after, values).id)).toMatchObject({
    quiet: true,
    text: expect.stringMatching(/menu no longer/),
  });
  expect(audio.calls).toHaveLength(3);
});

test('/search says so if nothing is found', async () => {
  audio.found = [];
  expect(await type('search', { query: 'nothing' })).toMatchObject({
    quiet: true,
    text: 'I found nothing. Try other words or a link.',
  });
});

test('leaves it to the policies and to audio what a member outside voice is told', async () => {
  await inVoice(max, null);
  audio.fault = callerFault('authorize.denied', 'The rules of this server do not let you use /skip.', 403);
  expect(await type('skip')).toMatchObject({ quiet: true, text: 'The rules of this server do not let you use /skip.' });
  audio.fault = callerFault(playerErrorCodes.notInVoice, 'x', 409);
  expect(await type('skip')).toMatchObject({ quiet: true, text: 'Join a voice channel first, then try again.' });
});

test('says what was added, what was left out, and why', async () => {
  audio.outcome = { refused: 'broken will not play: the music server refused it.' };
  expect((await type('play', { query: 'broken' })).text).toBe('broken will not play: the music server refused it.');
  audio.outcome = {
    addedCount: 1,
    playlistName: 'Best of',
    leftOut: [
      { reason: 'quota', count: 2 },
      { reason: 'too-long', count: 1 },
    ],
  };
  expect((await type('play', { query: 'list' })).text).toBe(
    "Added 1 track of **Best of**.\n2 left out: you have reached this server's limit of tracks in the queue.\n1 left out: longer than this server allows.",
  );
});

test('does not say that it plays what nobody hears', async () => {
  const reason = 'Nobody hears me: I need the permission to speak in this channel.';
  audio.player = { ...audio.player, state: 'waiting', reason };
  audio.outcome = { added: [track('First')] };
  expect((await type('play', { query: 'x' })).text).toBe(`**[First](${track('').uri})** is waiting.\n${reason}`);
  expect((await type('resume')).text).toBe(`No longer paused.\n${reason}`);
  expect((await type('skip')).text).toContain(reason);
  expect((await type('nowplaying')).parts).toContain(reason);
});

test('tells what the bot has no words for in those of the platform', async () => {
  audio.fault = callerFault('voice.moved-away', 'This voice channel has moved.', 409);
  expect(await type('play', { query: 'x' })).toMatchObject({ quiet: true, text: 'This voice channel has moved.' });
});

test('changes nothing for a command that Discord no longer waits for', async () => {
  silent.warn.mockClear();
  const record = useCommand(sandbox.world, seat(max), { applicationId, command: 'play', options: { query: 'late' } });
  record.createdAt -= 4_000;
  const tooLate = [expect.objectContaining({ interaction: record.id }), expect.stringMatching(/expired before/)];
  await vi.waitFor(() => expect(silent.warn.mock.calls).toContainEqual(tooLate), { timeout: 15_000 });
  expect(audio.calls).toEqual([]);
  expect(record.callbackAt).toBeNull();
});

test('answers also when "thinking" was taken away before', async () => {
  audio.fault = callerFault(playerErrorCodes.nothingPlays, 'x', 409);
  audio.delayMs = 100;
  const record = useCommand(sandbox.world, seat(max), { applicationId, command: 'skip' });
  await vi.waitFor(() => expect(record.originalMessageId).not.toBeNull(), { timeout: 15_000 });
  sandbox.world.messages.delete(record.originalMessageId ?? '');
  expect(await seen(record.id)).toMatchObject({ quiet: true, text: 'Nothing is playing right now.' });
});

test('tells everybody how a vote to skip stands, and when it was enough', async () => {
  audio.vote = { votes: 2, needed: 3, skipped: false };
  expect(await type('skip')).toMatchObject({ quiet: false, text: '2 of 3 votes to skip. Others can vote with /skip.' });
  audio.vote = { votes: 3, needed: 3, skipped: true };
  expect((await type('skip', {}, memberNamed('robin'))).text).toMatch(/^Skipped: 3 of 3 votes\. Now: /);
});

test.each([
  [playerErrorCodes.nothingPlays, 'Nothing is playing right now.'],
  ['authorize.denied', 'The rules of this server do not let you use /pause here. An admin can change them.'],
])('tells the member alone of %s', async (code, sentence) => {
  audio.fault = callerFault(code, sentence, 403);
  expect(await type('pause')).toMatchObject({ quiet: true, text: sentence });
});

test('shows a fault of the platform without its insides, and by what the log knows it', async () => {
  audio.fault = new Error('connect ECONNREFUSED 10.0.0.1:5432 password=hunter2');
  const answer = await type('resume');
  expect(answer.quiet).toBe(true);
  expect(answer.text).not.toMatch(/ECONN|hunter2|10\.0/);
  const logged = silent.error.mock.lastCall?.[0] as { readonly interaction: string };
  expect(answer.text).toMatch(new RegExp(`wrong on my side.* Reference: \`${logged.interaction}\`$`));
});

test('defers an answer that takes long, and still refuses quietly', async () => {
  audio.delayMs = 1_500;
  audio.fault = callerFault(playerErrorCodes.nodeAway, 'x', 503);
  expect(await type('pause')).toMatchObject({
    quiet: true,
    text: 'The music server is unavailable right now. Try again in a moment.',
  });
});

test('limits how often a member may set the volume', async () => {
  for (const percent of [10, 20, 30]) expect((await type('volume', { percent })).quiet).toBe(false);
  expect(await type('volume', { percent: 40 })).toMatchObject({
    quiet: true,
    text: expect.stringMatching(/too often/),
  });
  expect(audio.calls).toEqual(['volume 10', 'volume 20', 'volume 30']);
});

test('offers tracks while a member types, and nothing when they cannot be had', async () => {
  const choicesFor = async () => {
    const record = useCommand(sandbox.world, seat(max), {
      applicationId,
      command: 'play',
      options: { query: 'fou' },
      focused: 'query',
    });
    return (await interactionOutcome(sandbox.world, record.id, 'answered', 5_000)).choices;
  };
  expect(await choicesFor()).toEqual([
    { name: 'Found · Somebody · 1:01', value: 'https://music.sandbox.test/track/found' },
  ]);
  audio.fault = callerFault('authorize.denied', 'no', 403);
  expect(await choicesFor()).toEqual([]);
});

test('shows titles from outside as they are: no markdown, no mention', async () => {
  audio.player = { ...audio.player, current: track('**[free](https://evil.test)** @everyone <@1>') };
  const answer = await type('nowplaying');
  const shown = answer.parts;
  expect(shown).toContain('free');
  expect(shown).not.toContain('@everyone');
  expect(shown).not.toContain('<@1>');
  expect(shown).not.toContain('](https://evil.test)');
});

test('opens the lyrics where the music is, and turns their pages by buttons', async () => {
  const first = await type('lyrics');
  expect(JSON.stringify(first.embeds)).toContain('**Line 23**');
  expect(JSON.stringify(first.embeds)).not.toContain('Line 20\\n');
  const record = pressButton(sandbox.world, seat(max), {
    messageId: first.message?.id ?? '',
    customId: 'bw:lyrics:1:turn',
  });
  const turned = await seen(record.id);
  expect(JSON.stringify(turned.embeds)).toContain('Line 1\\n');
});

test('pages through a long queue by its buttons', async () => {
  audio.player = {
    ...audio.player,
    queue: Array.from({ length: 25 }, (_, index) => track(`Song ${index + 1}`)),
    queueLength: 25,
  };
  const first = await type('queue');
  expect(JSON.stringify(first.embeds)).toContain('Song 10');
  const record = pressButton(sandbox.world, seat(max), {
    messageId: first.message?.id ?? '',
    customId: 'bw:queue:2:turn',
  });
  const second = await seen(record.id);
  expect(JSON.stringify(second.embeds)).toContain('Song 20');
  expect(JSON.stringify(second.embeds)).not.toContain('Song 10 ');
  expect(second.message?.id).toBe(first.message?.id);
  const last = pressButton(sandbox.world, seat(max), {
    messageId: first.message?.id ?? '',
    customId: 'bw:queue:3:turn:last',
  });
  expect(JSON.stringify((await seen(last.id)).embeds)).toContain('Song 25');
});

const announced = () =>
  [...sandbox.world.messages.values()].filter(
    ({ message }) => message.author.id === client.user.id && message.channel_id === channel('general'),
  );

test('keeps one message true while tracks come and go, and removes it when the music is over', async () => {
  const base = { ...audio.player, textChannel: snowflake(channel('general')) };
  const show = (player: Player, cause: 'track-start' | 'pause' | 'track-end' = 'track-start') =>
    emit({ kind: 'player', cause, player });
  show({ ...base, version: 2, current: track('One') });
  await vi.waitFor(() => expect(JSON.stringify(announced())).toContain('One'), { timeout: 15_000 });
  const first = announced()[0]?.message.id;
  show({ ...base, version: 3, current: track('One'), state: 'paused' }, 'pause');
  await vi.waitFor(() => expect(JSON.stringify(announced())).toContain('Paused'), { timeout: 15_000 });
  expect(announced().map(({ message }) => message.id)).toEqual([first]);
  show({ ...base, version: 4, current: track('Two') });
  await vi.waitFor(
    () => {
      expect(announced().map(({ message }) => message.id)).toEqual([first]);
      expect(JSON.stringify(announced())).toContain('Two');
    },
    { timeout: 15_000 },
  );
  show({ ...base, version: 5, current: null, state: 'idle' }, 'track-end');
  await vi.waitFor(() => expect(audio.remembered).toBeNull(), { timeout: 15_000 });
  expect(announced()).toEqual([]);
});

test('says in the message why the music stopped', async () => {
  const base = { ...audio.player, textChannel: snowflake(channel('general')) };
  emit({ kind: 'player', cause: 'track-start', player: { ...base, version: 20, current: track('Broken') } });
  await vi.waitFor(() => expect(JSON.stringify(announced())).toContain('Broken'), { timeout: 15_000 });
  const reason = 'Stopped after 5 failures in a row.';
  const stopped: Player = { ...base, version: 21, current: null, state: 'idle', queueLength: 1, reason };
  emit({ kind: 'player', cause: 'failure', player: stopped });
  await vi.waitFor(() => expect(JSON.stringify(announced())).toContain(reason), { timeout: 15_000 });
  expect(JSON.stringify(announced())).toContain('1 in the queue. Use /resume to play them.');
  expect(JSON.stringify(announced())).not.toContain('custom_id');
  const [over] = announced();
  emit({ kind: 'player', cause: 'track-start', player: { ...base, version: 22, current: track('Mended') } });
  await vi.waitFor(() => expect(JSON.stringify(announced())).toContain('Mended'), { timeout: 15_000 });
  expect(announced()).toHaveLength(1);
  expect(announced()[0]?.message.id).not.toBe(over?.message.id);
  emit({ kind: 'player', cause: 'stop', player: { ...base, version: 23, current: null, state: 'idle' } });
  await vi.waitFor(() => expect(announced()).toEqual([]), { timeout: 15_000 });
});

test('takes over the message of a bot that was here before', async () => {
  const base = { ...audio.player, textChannel: snowflake(channel('general')) };
  emit({ kind: 'player', cause: 'track-start', player: { ...base, version: 10, current: track('Before') } });
  await vi.waitFor(() => expect(audio.remembered).toMatchObject({ channelId: channel('general') }), {
    timeout: 15_000,
  });
  const message = audio.remembered as Player['message'];
  const count = announced().length;
  const restarted = { ...base, version: 11, current: track('Before'), message, volume: 40 };
  emit({ kind: 'player', cause: 'snapshot', player: restarted });
  await vi.waitFor(() => expect(JSON.stringify(announced())).toContain('40%'), { timeout: 15_000 });
  expect(announced()).toHaveLength(count);
});

test('while playlists cannot be read, the member alone is told so, once', async () => {
  const { quiet, text, followups } = await type('favourite add');
  // What is deferred for the member alone is answered in place: nobody else sees it begin.
  expect({ quiet, text, followups }).toEqual({
    quiet: true,
    text: 'Favourites, playlists and the history cannot be read right now. Try again in a few minutes; the music continues.',
    followups: 0,
  });
  expect(await type('playlist show', { name: 'Evening' })).toMatchObject({ quiet: true, text });
});

test('a subcommand shows the playlists that the member has to them alone', async () => {
  const { quiet, embeds } = await type('playlist list');
  expect(quiet).toBe(true);
  expect(embeds?.[0]?.description).toBe('**Evening** · 3 tracks');
});

test('help marks what the member may not use', async () => {
  const { quiet, embeds } = await type('help');
  expect(quiet).toBe(true);
  expect(embeds?.[0]?.description).toMatch(/^`\/play` Play/m);
  expect(embeds?.[0]?.description).toMatch(/^🔒 `\/playnext`/m);
  expect(embeds?.[0]?.description).toMatch(/^`\/favourite add`/m);
});

const inGerman = (command: string, options: Record<string, string | number | boolean> = {}) =>
  type(command, options, memberNamed('robin'), Locale.German);

test('tells everybody in the language of the server, and a member alone in their own', async () => {
  guild.locale = Locale.French;
  expect((await inGerman('stop')).text).toBe('Musique arrêtée et file vidée.');
  expect(JSON.stringify((await inGerman('queue')).embeds)).toContain('Die Warteschlange ist leer.');
  expect(JSON.stringify((await inGerman('help')).embeds)).toContain('`/abspielen` Spielt einen Titel');
  audio.fault = callerFault(playerErrorCodes.nothingPlays, 'Nothing is playing right now.', 409);
  expect((await inGerman('stop')).text).toBe('Gerade läuft nichts.');
});

test('speaks English where it does not speak the language', async () => {
  guild.locale = Locale.Japanese;
  expect((await type('previous', {}, memberNamed('robin'), Locale.Korean)).text).toMatch(/^Back\./);
});

/** A member may use a command five times in a row. */
let refusals = 0;

test.each([
  [
    callerFaultWith({ by: 'djs' }, 'authorize.denied', 'Only DJs …', 403),
    '/wiederholen dürfen nur die DJs dieses Servers benutzen.',
  ],
  [
    callerFaultWith({ by: 'rules' }, 'authorize.denied', 'The rules …', 403),
    'Die Regeln dieses Servers erlauben dir /wiederholen hier nicht. Ein Admin kann sie ändern.',
  ],
  [
    callerFaultWith({ position: 1_200, last: 3 }, playerErrorCodes.noSuchPosition, 'The queue has …', 404),
    'Platz 1.200 gibt es nicht; der letzte ist 3. Sieh in der /warteschlange nach.',
  ],
  [
    callerFaultWith({ mostSec: 300 }, playerErrorCodes.trackTooLong, 'This server …', 422),
    'Dieser Server spielt nur Titel bis 5 Minuten.',
  ],
  [
    callerFault(playerErrorCodes.trackTooLong, 'This server plays short tracks.', 422),
    'This server plays short tracks.',
  ],
  [callerFault('player.of-a-later-release', 'This is new.', 409), 'This is new.'],
])('a refusal is told in the language of the member: %s', async (fault, sentence) => {
  audio.fault = fault;
  refusals += 1;
  const member = memberNamed(refusals % 2 === 0 ? 'dana' : 'robin');
  expect(await type('loop', { mode: 'off' }, member, Locale.German)).toMatchObject({ text: sentence });
});

test('why nothing is heard, and which filters are on, is shown in the language of the server', async () => {
  guild.locale = Locale.PortugueseBR;
  const why = { code: 'skipped', params: { title: 'Broken', fault: trackFaults.stalled } } as const;
  const filterValues = { presets: ['treble' as const], speed: 150, pitch: 100, equaliser: true };
  audio.player = { ...audio.player, state: 'waiting', reason: 'English', why, filterValues };
  expect((await type('previous', {}, memberNamed('robin'))).text).toContain(
    '“Broken” foi pulada: a origem parou de entregá-la.',
  );
  expect((await inGerman('speed', { percent: 150 })).text).toBe('Filtros: Mais agudos, Velocidade 150%, Equalizador.');
});

const tellSettings = (settings: Partial<GuildSettings>, version: number) =>
  emit({
    kind: 'settings',
    guild: snowflake(guild.id),
    settings: { ...defaultSettings, ...settings },
    version,
  });

test('the language that the server has set counts before that of Discord, from the event on', async () => {
  guild.locale = Locale.French;
  tellSettings({ language: 'es-ES' }, 2);
  expect((await type('stop', {}, memberNamed('dana'))).text).toBe('Música detenida y cola vaciada.');
  // An event that was overtaken changes nothing.
  tellSettings({ language: 'de' }, 1);
  expect((await type('stop', {}, memberNamed('dana'))).text).toBe('Música detenida y cola vaciada.');
  tellSettings({ language: null }, 3);
  expect((await type('stop', {}, memberNamed('dana'))).text).toBe('Musique arrêtée et file vidée.');
});

test('what is playing is shown where the server wants it, or not at all', async () => {
  const base = { ...audio.player, textChannel: snowflake(channel('general')) };
  const count = () =>
    [...sandbox.world.messages.values()].filter(({ message }) => message.author.id === client.user.id);
  tellSettings({ announce: false }, 4);
  emit({ kind: 'player', cause: 'track-start', player: { ...base, version: 30, current: track('Silent') } });
  tellSettings({ announceIn: snowflake(channel('music')) }, 5);
  emit({ kind: 'player', cause: 'track-start', player: { ...base, version: 31, current: track('Elsewhere') } });
  await vi.waitFor(() => expect(JSON.stringify(count())).toContain('Elsewhere'), { timeout: 15_000 });
  expect(JSON.stringify(count())).not.toContain('Silent');
  expect(JSON.stringify(announced())).not.toContain('Elsewhere');
  tellSettings({}, 6);
  emit({ kind: 'player', cause: 'stop', player: { ...base, version: 32, current: null, state: 'idle' } });
});

test('shows the settings in words, and asks for one that is to be changed', async () => {
  const chosen = { language: 'fr', volume: 40, startFilter: 'rock', leaveAfterSec: 600, announce: false } as const;
  audio.settings = { ...defaultSettings, ...chosen };
  const { quiet, embeds } = await type('settings show', {}, max, Locale.German);
  expect(quiet).toBe(true);
  expect(embeds?.[0]?.description?.replaceAll('\u00A0', ' ')).toBe(
    '**Sprache** · Français\n**Lautstärke am Anfang** · 40 %\n**Filter am Anfang** · Rock\n' +
      '**Geht** · Nach 10 Minuten ohne Zuhörer oder Musik\n**Zeigt, was läuft** · Nirgends\n' +
      '**Warteschlange** · In der Reihenfolge, in der Titel hinzukommen. Höchstens 10.000 Titel\n' +
      '**Status des Sprachkanals** · Was läuft\n**Aus Videos ausgelassen** · Nichts\n' +
      '**Nimmt Nachrichten als Musikwünsche** · Nirgends',
  );
  expect((await inGerman('settings change')).text).toMatch(/^Nenne mindestens eine Einstellung/);
  expect(audio.calls).toEqual(['settings']);
  await inGerman('settings change', { filter: 'off', leave: 10, announce: 'off', status: 'false' });
  expect(audio.calls.at(-1)).toBe('change {"filter":"off","leave":10,"announce":"off","status":false}');
});

test.each([
  ['play', 'You may use `/play` here.'],
  ['/skipto', 'the rule “no\\-skip” of this server denies it. An admin can change the rules.'],
  ['SPEED', 'Only DJs of this server may use /speed.'],
  ['settings change', 'Only members who may manage this server can use /settings change.'],
  ['history', 'no rule of this server allows it to you'],
  ['playnext', 'no rule of this server allows it to you'],
  ['nonsense', 'There is no such command.'],
])('/why explains %s', async (command, sentence) => {
  refusals += 1;
  const { text } = await type('why', { command }, memberNamed(refusals % 2 === 0 ? 'dana' : 'robin'));
  expect(text).toContain(sentence);
});

test('help leaves out what the server does not have, and /why says so', async () => {
  audio.off = ['lyrics', 'sharing'];
  const shown = JSON.stringify((await type('help')).embeds);
  expect(shown).not.toMatch(/`\/(lyrics|playlist share|playlist copy)`/);
  expect(shown).toMatch(/`\/playlist list`/);
  expect((await type('why', { command: 'lyrics' }, memberNamed('robin'))).text).toBe(
    'This has been switched off for this server.',
  );
  audio.off = [];
  expect(JSON.stringify((await type('help')).embeds)).toContain('`/lyrics`');
});

test('/why suggests commands by their names in the language of the member, and knows them by these', async () => {
  const record = useCommand(sandbox.world, seat(max, Locale.German), {
    applicationId,
    command: 'why',
    options: { command: '/über' },
    focused: 'command',
  });
  const { choices } = await interactionOutcome(sandbox.world, record.id, 'answered', 5_000);
  expect(choices).toEqual([{ name: '/überspringen', value: 'skip' }]);
  expect((await type('why', { command: 'überspringen' }, max, Locale.German)).text).toContain(
    'Die Regel „no\\-skip“ dieses Servers verbietet es.',
  );
});

const evening: ServerPolicy = {
  version: 4,
  policy: guildPolicySchema.parse({
    rules: [
      {
        id: 'evening',
        effect: 'allow',
        who: { roles: ['7'], permissions: ['manage-guild'] },
        commands: ['sound', 'skip'],
        channels: ['9'],
        when: { zone: 'Europe/Berlin', weekdays: ['sat', 'sun'], hours: { from: '18:00', to: '23:00' } },
      },
    ],
    otherwise: 'deny',
    dj: { roles: ['8'], commands: ['playback'] },
    voteSkip: { share: 0.5 },
    sources: ['youtube'],
    quotas: { maxQueuedPerMember: 1, maxTrackLengthSec: 600 },
  }),
};

test('/policy show says the rules of the server in the words of the member', async () => {
  rules = evening;
  const { quiet, embeds } = await type('policy show', {}, max, Locale.German);
  expect(quiet).toBe(true);
  expect(embeds?.[0]?.description?.replaceAll('\u00A0', ' ')).toBe(
    [
      '✅ **evening** · <@&7> und Server verwalten · Klang und `/überspringen` · <#9> · Sa und So 18:00–23:00 (Europe/Berlin)',
      'Was keine Regel erwähnt, darf niemand.',
      'DJs vorbehalten: Wiedergabe. Die anderen dürfen überspringen, was sie sich selbst gewünscht haben.',
      'DJs sind <@&8>, alle, die diesen Server verwalten, und wer mit mir allein ist.',
      'Zum Überspringen müssen 50 % der Zuhörenden stimmen; DJs brauchen das nicht.',
      'Titel kommen nur von youtube.',
      'Höchstens 1 Titel eines Mitglieds in der Warteschlange.',
      'Titel dauern höchstens 10 Minuten.',
    ].join('\n'),
  );
});

test('/policy show of many and long rules says how many it leaves out', async () => {
  const rule = (index: number) => ({
    id: `rule-${index}-${'x'.repeat(40)}`,
    effect: 'deny',
    who: { users: Array.from({ length: 10 }, (_, user) => `90000000000000000${user}`) },
    commands: ['volume'],
  });
  const many = Array.from({ length: 40 }, (_, index) => rule(index));
  rules = { version: 1, policy: guildPolicySchema.parse({ rules: many, otherwise: 'allow' }) };
  const { embeds } = await type('policy show', {}, memberNamed('dana'));
  const description = embeds?.[0]?.description ?? '';
  expect(description).toContain('<@900000000000000004>, and 5 more · `/volume`');
  expect(description).toMatch(
    /… and 25 more rules\.\nEverybody may do what no rule mentions\.[^]*Skipping needs no votes\.$/,
  );
});

test('/dj and /voteskip change what is named, and nothing without a name', async () => {
  rules = evening;
  requested = undefined;
  expect((await type('dj roles')).text).toBe('Name a role to add or to remove.');
  expect(requested).toBeUndefined();
  const { dj } = { dj: guild.roles.find(({ name }) => name === 'DJ')?.id ?? '' };
  expect((await type('dj roles', { add: dj }, memberNamed('dana'))).embeds?.[0]?.description).toContain(
    'DJs are <@&8>',
  );
  expect(requested).toEqual({ add: dj });
  await type('dj mode', { mode: 'on', sound: true, playback: false }, memberNamed('robin'));
  expect(requested).toEqual({ mode: 'on', sound: true, playback: false });
  expect((await type('voteskip set', { percent: 0 })).text).toContain('needs the votes of 50%');
  expect(requested).toEqual({ percent: 0 });
});

/** Uses an entry of the menu of a message with this content, or of a member. */
async function useOn(entry: string, target: { content: string } | { member: string }, locale?: Locale) {
  const { world } = sandbox;
  const targetId =
    'member' in target ? target.member : writeMessage(world, channel('music'), max, target.content).message.id;
  const record = useCommand(world, seat(max, locale), { applicationId, command: entry, targetId });
  return seen(record.id);
}

test('plays the first link of a message from its menu, and says so where there is none', async () => {
  const link = 'https://music.sandbox.test/track/golden-hour';
  const played = await useOn('Play this', { content: `Listen: <${link}>, and https://music.sandbox.test/track/x` });
  expect(audio.calls).toEqual([`enqueue ${link}`]);
  expect(played).toMatchObject({ quiet: false, text: expect.stringContaining('Added') });
  const none = await useOn('Play this', { content: 'golden hour' }, Locale.German);
  expect(none).toMatchObject({ quiet: true, text: 'In dieser Nachricht ist weder ein Link noch ein Anhang.' });
  expect(audio.calls).toHaveLength(1);
});

test('shows what a member has in the queue from their menu, by its positions there', async () => {
  const [robin] = [memberNamed('robin')];
  audio.queued = { tracks: [track('Third'), track('Ninth')], positions: [3, 9], count: 40 };
  const { quiet, embeds } = await useOn('What they have queued', { member: robin });
  expect(audio.calls).toEqual([`queued by ${robin}`]);
  expect(quiet).toBe(true);
  expect(embeds?.[0]).toMatchObject({ footer: { text: '38 more' } });
  expect(embeds?.[0]?.description).toMatch(/^<@\d+> has 40 tracks in the queue:\n\n`3\.` .*Third[^]*\n`9\.` .*Ninth/);
  audio.queued = { tracks: [], positions: [], count: 0 };
  expect((await useOn('What they have queued', { member: robin })).embeds?.[0]?.description).toContain('has nothing');
});

test('an entry of a menu counts as its command for the rate limit', async () => {
  const content = 'https://music.sandbox.test/track/golden-hour';
  for (let use = 0; use < 8; use += 1) await useOn('Play this', { content });
  expect((await type('play', { query: 'x' })).text).toMatch(/^You are doing that too often/);
});

/** A message in the channel, as the edge passes it on. */
function ask(content: string, user = max) {
  const { message } = writeMessage(sandbox.world, channel('music'), user, content);
  const id = snowflake(message.id);
  const [guildId, channelId] = [snowflake(guild.id), snowflake(channel('music'))];
  const asked = { id, guild: guildId, channel: channelId, user: snowflake(user), query: content };
  bot.request({ ...asked, transaction: `transaction of ${id}` });
  return message;
}
const notes = () =>
  [...sandbox.world.messages.values()].flatMap(({ message }) =>
    message.content.startsWith('<@') && message.channel_id === channel('music') ? [message] : [],
  );

test('marks a request that was added, and deletes it where it may', async () => {
  const marked = ask('a song', memberNamed('robin'));
  await vi.waitFor(() => expect(marked.reactions).toMatchObject([{ emoji: { name: '✅' } }]));
  expect(audio.calls).toEqual(['enqueue a song']);
  const role = guild.roles.find(({ id }) => id === guild.id);
  if (!role) throw new Error('no role of everybody');
  const before = BigInt(role.permissions);
  updateRole(sandbox.world, guild.id, role.id, { permissions: before | PermissionFlagsBits.ManageMessages });
  const known = () => client.guilds.cache.get(guild.id)?.roles.everyone.permissions.has('ManageMessages');
  await vi.waitFor(() => expect(known()).toBe(true));
  const deleted = ask('another song', memberNamed('robin'));
  await vi.waitFor(() => expect(sandbox.world.messages.has(deleted.id)).toBe(false));
  updateRole(sandbox.world, guild.id, role.id, { permissions: before });
  expect(notes()).toEqual([]);
});

test('tells only who asked why nothing was added, and mentions nobody else', async () => {
  const robin = memberNamed('robin');
  audio.fault = callerFault(playerErrorCodes.notInVoice, '@everyone: join.', 409);
  ask('a song', robin);
  await vi.waitFor(() => expect(notes()).toHaveLength(1));
  audio.fault = undefined;
  audio.outcome = { added: [], addedCount: 0 };
  const nothing = ask('nothing', robin);
  await vi.waitFor(() => expect(notes()).toHaveLength(2));
  expect(notes().map(({ content, mentions }) => [content.split(' ', 1)[0], mentions.map(({ id }) => id)])).toEqual(
    notes().map(() => [`<@${robin}>`, [robin]]),
  );
  expect(nothing.reactions).toBeUndefined();
});

test('a request counts as /play for the rate limit', async () => {
  const dana = memberNamed('dana');
  for (let use = 0; use < 8; use += 1) await type('play', { query: 'x' }, dana);
  const before = notes().length;
  ask('a song', dana);
  await vi.waitFor(() => expect(notes()).toHaveLength(before + 1));
  expect(notes().at(-1)?.content).toMatch(/You are doing that too often/);
});
