import { ContainerBuilder, type Interaction } from 'discord.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { languages } from '#infra/kernel/languages.ts';
import { presetNames } from '#services/contracts/presets.ts';
import type { LeftOut, Player, PlayerEvent, Track } from '#services/contracts/player.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import { whys, type WhyCode } from '#services/contracts/why.ts';
import { choicesSchema } from '#test/sandbox/discord/rest/validation/callback.ts';
import { readMessage } from '#test/sandbox/discord/rest/validation/message.ts';
import { validate } from '#test/sandbox/discord/rest/validation/validate.ts';
import { NowPlaying } from '../application/now-playing.ts';
import type { LibraryPort } from '../application/library-port.ts';
import type { PlayerPort } from '../application/player-port.ts';
import { commands } from './commands/index.ts';
import { createDiscordAnnouncer } from './discord-announcer.ts';
import { createDispatcher } from './framework/dispatch.ts';
import { wordsIn } from './language/words.ts';
import { pageOf } from './views/pages.ts';
import { queueView } from './views/queue-view.ts';

const guild = snowflake('200000000000000001');
const channel = snowflake('300000000000000001');

const scripts = [
  '👨‍👩‍👧‍👦',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '👍🏽',
  'می‌خواهم ',
  'שלום ',
  'क्‍ष',
  'é̂',
  `e${'\u0301'.repeat(60)}`,
  '\u200B',
  '\u202E',
  '\uD83D',
  '**',
  '[x](https://evil.test)',
  '\\',
  '`',
  '<@1>',
  '@everyone ',
  'https://a.test/',
  '漢字',
  'plain words ',
  '\n',
];
const someText = fc.oneof(
  fc.array(fc.constantFrom(...scripts), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom(...scripts), fc.integer({ min: 1, max: 3_000 })).map(([part, times]) => part.repeat(times)),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const someUrl = fc.integer({ min: 0, max: 500 }).map((size) => `https://music.test/${'a'.repeat(size)}`);
const someTrack: fc.Arbitrary<Track> = fc.record({
  entryId: fc.uuid(),
  title: someText,
  author: someText,
  uri: fc.option(someUrl),
  artworkUrl: fc.option(someUrl),
  lengthMs: fc.option(fc.nat()),
  isStream: fc.boolean(),
  source: fc.constant('sandbox'),
  requestedBy: fc.option(fc.constant(snowflake('99999999999999999'))),
});
const somePlayer: fc.Arbitrary<Player> = fc.record({
  guild: fc.constant(guild),
  reason: fc.option(someText),
  why: fc.option(
    fc.record({
      code: fc.constantFrom(...(Object.keys(whys) as WhyCode[])),
      params: fc.record({
        title: someText,
        titles: someText,
        fault: someText,
        count: fc.constant(12),
        times: fc.constant(50),
        close: fc.constant(4_006),
      }),
    }),
  ),
  state: fc.constantFrom('idle', 'waiting', 'playing', 'paused'),
  current: fc.option(someTrack),
  positionMs: fc.nat(),
  asOfMs: fc.constant(1_700_000_000_000),
  volume: fc.integer({ min: 0, max: 150 }),
  loop: fc.constantFrom('off', 'track', 'queue'),
  autoplay: fc.boolean(),
  filters: fc.constant([]),
  filterValues: fc.record({
    presets: fc.subarray([...presetNames]),
    speed: fc.integer({ min: 50, max: 200 }),
    pitch: fc.integer({ min: 50, max: 200 }),
    equaliser: fc.boolean(),
  }),
  speed: fc.constantFrom(0.25, 1, 3),
  voiceChannel: fc.constant(null),
  textChannel: fc.constant(channel),
  queue: fc.array(someTrack, { maxLength: 25 }),
  queueLength: fc.nat(1_000),
  message: fc.constant(null),
  version: fc.constant(1),
});

const idle: Player = {
  guild,
  state: 'idle',
  current: null,
  positionMs: 0,
  asOfMs: 0,
  volume: 100,
  loop: 'off',
  autoplay: false,
  filters: [],
  filterValues: { presets: [], speed: 100, pitch: 100, equaliser: false },
  speed: 1,
  voiceChannel: null,
  textChannel: channel,
  queue: [],
  queueLength: 0,
  message: null,
  reason: null,
  why: null,
  version: 1,
};

/** Validates a message as Discord does: throws 50035 with the field that does not fit. */
function accepted(body: object): void {
  const message = readMessage(body, [], 'create');
  const text = JSON.stringify(message);
  expect(text.isWellFormed() && !/\\ud[89a-f]/i.test(text)).toBe(true);
  expect(text).not.toMatch(/\[\]\(/);
}

/** What a member could choose: of several ways to name tracks, the first. */
function valueOf(name: string, option: string, typed: string): string | number | boolean | undefined {
  const defined = commands.find((one) => one.name === name)?.options[option];
  if (defined?.kind === 'choice') return name === 'remove' ? undefined : Object.keys(defined.choices)[0];
  if (defined?.kind === 'member') return undefined;
  if (defined?.kind === 'boolean') return false;
  return defined?.kind === 'integer' ? 1 : typed;
}

/** The parts of an interaction that the dispatcher uses, and what was answered. */
function asked(kind: 'command' | 'autocomplete', name: string, typed: string) {
  const answers: object[] = [];
  const answer = async (payload: object) => void answers.push(payload);
  const interaction = {
    id: '1',
    isAutocomplete: () => kind === 'autocomplete',
    isChatInputCommand: () => kind === 'command',
    isButton: () => false,
    commandName: name.split(' ')[0],
    guildId: guild,
    locale: languages[users % languages.length],
    guildLocale: languages[Math.floor(users / languages.length) % languages.length],
    channelId: channel,
    user: { id: String(100_000_000_000_000 + (users += 1)) },
    options: {
      get: (option: string) => ({ value: valueOf(name, option, typed) }),
      getSubcommand: () => name.split(' ')[1] ?? null,
      getFocused: () => ({ name: 'query', value: typed }),
    },
    reply: answer,
    respond: answer,
  };
  return { interaction: interaction as unknown as Interaction, answers };
}
let users = 0;

const world = (audio: Partial<PlayerPort>, library: Partial<LibraryPort> = {}) =>
  createDispatcher(
    {
      audio,
      library,
      settings: { of: () => defaultSettings },
      transactions: { transactionOf: () => 'transaction', ended: () => undefined },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      clock: systemClock,
    } as unknown as Parameters<typeof createDispatcher>[0],
    commands,
  );

const someAnswers = fc.record({
  player: somePlayer,
  added: fc.array(someTrack, { maxLength: 1 }),
  addedCount: fc.nat(500),
  playlistName: fc.option(someText),
  refused: fc.option(someText),
  refusedWhy: fc.constant(null),
  leftOut: fc.constant<LeftOut[]>([{ reason: 'quota', count: 3 }]),
  vote: fc.option(fc.record({ votes: fc.nat(9), needed: fc.nat(9), skipped: fc.boolean() }), { nil: undefined }),
  fault: fc.option(someText),
  lyrics: fc.record({
    track: someTrack,
    positionMs: fc.nat(300_000),
    provider: someText,
    lines: fc.array(fc.record({ atMs: fc.option(fc.nat(300_000)), text: someText }), { minLength: 1, maxLength: 60 }),
  }),
});

test('whatever a command answers fits into a message of Discord', async () => {
  await fc.assert(
    fc.asyncProperty(someAnswers, async ({ player, vote, fault, lyrics, ...outcome }) => {
      const done = async <Value>(value: Value): Promise<Value> => {
        if (fault !== null) throw callerFault('authorize.denied', fault, 403);
        return value;
      };
      const kept = player.queue.map((track) => ({ ...track, atMs: 1_700_000_000_000 }));
      const name = outcome.playlistName ?? 'Evening';
      const library: LibraryPort = {
        change: () =>
          done({
            name,
            length: 9,
            count: outcome.addedCount,
            first: kept[0] ?? null,
            leftOut: outcome.leftOut,
            code: name,
          }),
        play: () => done({ ...outcome, player }),
        part: () => done({ name, length: 99, from: 10, tracks: kept.slice(0, 10) }),
        export: () => done({ name, tracks: kept }),
        playlists: () => done(kept.map((track) => ({ name: track.title, length: 3 }))),
      };
      const audio: Partial<PlayerPort> = {
        read: () => done(player),
        readSettings: () => done(defaultSettings),
        changeSettings: () => done(defaultSettings),
        help: () => done({ usable: ['play', 'queue'], denied: [], off: [] }),
        slice: () => done(player.queue.slice(0, 10)),
        lyrics: () => done(lyrics),
        pause: () => done(player),
        resume: () => done(player),
        stop: () => done(player),
        setVolume: () => done(player),
        operate: () => done({ player, count: outcome.addedCount, first: outcome.added[0] ?? null }),
        skip: () => done({ player, vote }),
        enqueue: () => done({ ...outcome, player }),
        search: () => done(player.queue.flatMap(({ uri, ...track }) => (uri === null ? [] : [{ ...track, uri }]))),
      };
      const dispatcher = world(audio, library);
      for (const { name } of commands) {
        const { interaction, answers } = asked('command', name, 'words');
        await dispatcher.dispatch(interaction);
        expect(answers).toHaveLength(1);
        for (const answer of answers) accepted(answer);
      }
    }),
    { numRuns: 60 },
  );
});

test('a page of long titles with long links keeps every title, and as many links as there is room for', () => {
  const track = (index: number): Track => ({
    entryId: `${index}`,
    title: `${index} ${'*'.repeat(200)}`,
    author: 'Somebody',
    uri: `https://music.test/${'a'.repeat(375)}`,
    artworkUrl: null,
    lengthMs: 60_000,
    isStream: false,
    source: 'sandbox',
    requestedBy: null,
  });
  const queue = Array.from({ length: 12 }, (_, index) => track(index + 1));
  const player: Player = { ...idle, state: 'playing', current: track(0), queue, queueLength: 12 };
  const description = queueView(wordsIn('en'), player, pageOf(12, 1), queue.slice(0, 10)).embeds[0]?.description ?? '';
  expect(description.length).toBeLessThanOrEqual(4_096);
  expect(description.match(/^`\d+\.`/gm)).toHaveLength(10);
  expect(description.match(/\]\(https/g)?.length).toBeGreaterThan(4);
});

test('whatever is found fits into the choices of Discord', async () => {
  const found = fc.record({
    title: someText,
    author: someText,
    uri: someUrl,
    isStream: fc.boolean(),
    lengthMs: fc.option(fc.nat()),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(found, { maxLength: 25 }), async (tracks) => {
      const { interaction, answers } = asked('autocomplete', 'play', 'words');
      await world({ search: async () => tracks }).dispatch(interaction);
      expect(answers).toHaveLength(1);
      validate(choicesSchema, { choices: answers[0] });
      expect(JSON.stringify(answers)).not.toMatch(/\\ud[89a-f]/i);
    }),
    { numRuns: 60 },
  );
});

test('whatever plays, and why not, fits into the message that shows it', async () => {
  await fc.assert(
    fc.asyncProperty(somePlayer, async (player) => {
      const bodies: { components?: object[] }[] = [];
      const write = async (_path: string, { body }: { body: object }) => {
        bodies.push(body);
        return { id: '500000000000000001' };
      };
      const announcer = createDiscordAnnouncer(
        {
          rest: { post: write, patch: write, delete: async () => {} },
        } as never,
        () => 'de',
      );
      const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
      const nowPlaying = new NowPlaying({
        audio: { rememberMessage: async () => {} },
        announcer,
        settings: { of: () => defaultSettings },
        clock: systemClock,
        logger,
      });
      const show = (event: Partial<PlayerEvent & { kind: 'player' }>) =>
        nowPlaying.handle({ kind: 'player', cause: 'failure', player, ...event });
      await show({});
      await show({ player: { ...player, version: 2, current: null, state: 'idle' } });
      for (const body of bodies) {
        accepted(body);
        // discord.js checks the same by its own rules.
        for (const part of body.components ?? []) new ContainerBuilder(part).toJSON();
      }
      // Without a reason, the message is removed at the end.
      expect(bodies).toHaveLength(player.current ? (player.reason === null ? 1 : 2) : 0);
    }),
    { numRuns: 60 },
  );
});
