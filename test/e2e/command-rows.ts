import type { CommandName } from '#policies/commands.ts';
import type { MenuName } from '#policies/menus.ts';
import type { Player } from '#services/contracts/player.ts';
import type { TypedOptions } from '#test/sandbox/world/acting/fill-options.ts';

export const album = 'https://music.sandbox.test/playlist/harbour-lights';

/**
 * What there is before a command: nothing; a track with three more waiting; the same, paused; the same after one skip, so that
 * there is a history; a track with nothing behind it.
 */
export type Given = 'idle' | 'playing' | 'paused' | 'second' | 'alone';

/**
 * Who uses it: a listener; a listener whom the server's rules deny everything; a member in no voice channel, whom they
 * deny the queue; the owner of the server.
 */
export type Who = 'listener' | 'denied' | 'outside' | 'manager';

/** `@DJ` is the server's role of this name. */
type Options = TypedOptions;

/** What anybody would play. */
const song = { filename: 'our song.mp3', size: 4_000_000, contentType: 'audio/mpeg' };

export interface Row {
  readonly given: Given;
  readonly who: Who;
  readonly options?: Options;
  /** What the member reads, or the code by which Discord's client refuses to send it. */
  readonly reads: RegExp | { readonly unsendable: string };
  /** Only the member sees the answer. */
  readonly quietly?: boolean;
  /** What the same member has typed before, whatever came of it. */
  readonly after?: readonly (readonly [command: CommandName, options?: Options])[];
  /** Options whose values are found in the answer to the last of these. */
  readonly taken?: Readonly<Record<string, RegExp>>;
  /** What the player has become. */
  readonly leaves?: (player: Player) => boolean;
}

export interface Rows {
  readonly success: Row;
  readonly invalid: Row;
  readonly forbidden: Row;
  readonly wrongState: Row;
  /** Further cases, by what they show. */
  readonly more?: Readonly<Record<string, Row>>;
}

const titles = ({ current, queue }: Player): string =>
  [current, ...queue].map((track) => track?.title.split(' ')[0] ?? '-').join(' ');
const is = (expected: string) => (player: Player) => titles(player) === expected;

const success = (reads: RegExp, rest: Partial<Row> = {}): Row => ({
  given: 'playing',
  who: 'listener',
  reads,
  ...rest,
});
const refused = (reads: RegExp, rest: Partial<Row> = {}): Row => ({
  given: 'playing',
  who: 'listener',
  reads,
  quietly: true,
  ...rest,
});
const forbidden = (options: Options = {}): Row => refused(/do not let you/, { who: 'denied', options });
/** Without options of its own, a command can only be sent one that it does not have. */
const noOptions = (): Row => success(/./, { options: { nonsense: 1 }, reads: { unsendable: 'unknown-option' } });
const unsendable = (options: Options, code = 'invalid-option'): Row =>
  success(/./, { options, reads: { unsendable: code } });
const idle = (options: Options = {}): Row => refused(/Nothing is playing/, { given: 'idle', options });
const queueEmpty = (options: Options = {}): Row => refused(/queue is empty/, { given: 'alone', options });
const outside = (options: Options = {}): Row => refused(/voice channel/, { who: 'outside', options });

/** Members keep what they have from one row to the next. */
const favourite = [['favourite add']] as const;
const evening = [['playlist create', { name: 'Evening' }]] as const;
const filled = [...evening, ['playlist add', { name: 'Evening', query: album }]] as const;
const quietly = (reads: RegExp, rest: Partial<Row> = {}): Row => success(reads, { quietly: true, ...rest });
const unknown = (options: Options = {}): Row =>
  refused(/no playlist with this name/, { options: { name: 'Nowhere', ...options } });

/** Of every command: that it works, and how it refuses. The album waits in the order Harbour, Salt, Slow, Paper. */
export const commandRows: Readonly<Record<CommandName, Rows>> = {
  play: {
    success: success(/Added .*Night Shift/, { options: { query: 'night shift' }, leaves: (p) => p.queueLength === 4 }),
    invalid: refused(/found nothing/, { options: { query: 'https://music.sandbox.test/track/no-such-track' } }),
    forbidden: forbidden({ query: 'night shift' }),
    wrongState: outside({ query: 'night shift' }),
    more: {
      'plays an uploaded file': success(/Added .*our song\.mp3/, {
        options: { file: song },
        leaves: (p) => p.queueLength === 4,
      }),
      'refuses a file that is no music': refused(/not an audio file/, {
        options: { file: { ...song, contentType: 'image/png' } },
      }),
      'refuses an uploaded file to whom the rules deny it': forbidden({ file: song }),
      'needs something to play': refused(/one of the two/),
    },
  },
  search: {
    success: quietly(/1\..*Night Shift/, { options: { query: 'night shift' } }),
    invalid: refused(/found nothing/, { options: { query: 'nothing' } }),
    forbidden: forbidden({ query: 'night shift' }),
    wrongState: quietly(/Night Shift/, { who: 'outside', given: 'idle', options: { query: 'night shift' } }),
  },
  playnext: {
    success: success(/Night Shift.*plays next/, {
      options: { query: 'night shift' },
      leaves: is('Harbour Night Salt Slow Paper'),
    }),
    invalid: refused(/found nothing/, { options: { query: 'https://music.sandbox.test/track/no-such-track' } }),
    forbidden: forbidden({ query: 'night shift' }),
    wrongState: outside({ query: 'night shift' }),
  },
  playnow: {
    success: success(/^Playing .*Night Shift/, {
      options: { query: 'night shift' },
      leaves: is('Night Salt Slow Paper'),
    }),
    invalid: refused(/found nothing/, { options: { query: 'https://music.sandbox.test/track/no-such-track' } }),
    forbidden: forbidden({ query: 'night shift' }),
    wrongState: outside({ query: 'night shift' }),
    more: {
      'starts the music where there is none': success(/^Playing .*Night Shift/, {
        given: 'idle',
        options: { query: 'night shift' },
        leaves: is('Night'),
      }),
    },
  },
  pause: {
    success: success(/^Paused/, { leaves: (p) => p.state === 'paused' }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  resume: {
    success: success(/^Resumed/, { leaves: (p) => p.state === 'playing' }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  skip: {
    success: success(/^Skipped.*Salt/, { leaves: is('Salt Slow Paper') }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  stop: {
    success: success(/^Stopped/, {
      leaves: (p) => p.current === null && p.queueLength === 0 && p.voiceChannel === null,
    }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  queue: {
    success: success(/Slow Ferry Home/, { quietly: true }),
    invalid: unsendable({ page: 0 }),
    forbidden: forbidden(),
    wrongState: refused(/Nothing is playing/, { given: 'idle' }),
  },
  nowplaying: {
    success: success(/Harbour Lights/, { quietly: true }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  volume: {
    success: success(/40%/, { options: { percent: 40 }, leaves: (p) => p.volume === 40 }),
    invalid: unsendable({ percent: 151 }),
    forbidden: forbidden({ percent: 40 }),
    wrongState: outside({ percent: 40 }),
  },
  louder: {
    success: success(/110%/, { leaves: (p) => p.volume === 110 }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  quieter: {
    success: success(/90%/, { leaves: (p) => p.volume === 90 }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  seek: {
    success: success(/at 1:30/, {
      options: { to: '1:30' },
      leaves: (p) => p.positionMs >= 90_000 && p.positionMs < 110_000,
    }),
    invalid: refused(/Write the time as/, { options: { to: 'the chorus' } }),
    forbidden: forbidden({ to: '1:30' }),
    wrongState: idle({ to: '1:30' }),
    more: {
      'refuses a time past the end': refused(/only 3:34 long/, { options: { to: '3:34' } }),
    },
  },
  forward: {
    success: success(/at 2:0/, { options: { seconds: 120 }, leaves: (p) => p.positionMs >= 120_000 }),
    invalid: unsendable({ seconds: 0 }),
    forbidden: forbidden({ seconds: 120 }),
    wrongState: idle({ seconds: 120 }),
    more: {
      'does not become a skip past the end': refused(/use \/skip/, {
        options: { seconds: 600 },
        leaves: is('Harbour Salt Slow Paper'),
      }),
    },
  },
  rewind: {
    success: success(/at 0:00/, { options: { seconds: 600 }, leaves: (p) => p.positionMs < 10_000 }),
    invalid: unsendable({ seconds: -5 }),
    forbidden: forbidden({ seconds: 600 }),
    wrongState: idle({ seconds: 600 }),
  },
  replay: {
    success: success(/at 0:00/, { leaves: (p) => p.positionMs < 10_000 }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  previous: {
    success: success(/Harbour Lights/, { given: 'second', leaves: is('Harbour Salt Slow Paper') }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: refused(/Nothing has played before/),
  },
  skipto: {
    success: success(/Paper Lighthouse/, { options: { position: 3 }, leaves: is('Paper') }),
    invalid: refused(/no position 9; the last is 3/, { options: { position: 9 } }),
    forbidden: forbidden({ position: 3 }),
    wrongState: queueEmpty({ position: 1 }),
  },
  clear: {
    success: success(/3 tracks/, { leaves: is('Harbour') }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: queueEmpty(),
  },
  shuffle: {
    success: success(/Shuffled 3 tracks/, {
      leaves: (p) =>
        titles(p).startsWith('Harbour') && titles(p).split(' ').sort().join(' ') === 'Harbour Paper Salt Slow',
    }),
    invalid: unsendable({ undo: 'perhaps' }),
    forbidden: forbidden(),
    wrongState: queueEmpty(),
    more: {
      'refuses to undo what was not shuffled': refused(/not shuffled/, { options: { undo: 'true' } }),
    },
  },
  loop: {
    success: success(/queue repeats/, { options: { mode: 'queue' }, leaves: (p) => p.loop === 'queue' }),
    invalid: unsendable({ mode: 'everything' }),
    forbidden: forbidden({ mode: 'queue' }),
    wrongState: outside({ mode: 'queue' }),
    more: {
      'goes to the next mode without one': success(/queue repeats/, {
        given: 'alone',
        leaves: (p) => p.loop === 'queue',
      }),
    },
  },
  autoplay: {
    success: success(/^Autoplay is on/, { options: { on: true }, leaves: (p) => p.autoplay }),
    invalid: unsendable({ on: 'perhaps' }),
    forbidden: forbidden({ on: true }),
    wrongState: refused(/not in a voice channel/, { given: 'idle' }),
  },
  move: {
    success: success(/Paper.*position 1/, { options: { from: 3, to: 1 }, leaves: is('Harbour Paper Salt Slow') }),
    invalid: refused(/no position 4/, { options: { from: 4, to: 1 } }),
    forbidden: forbidden({ from: 3, to: 1 }),
    wrongState: queueEmpty({ from: 1, to: 2 }),
  },
  swap: {
    success: success(/positions 1 and 3/, { options: { first: 1, second: 3 }, leaves: is('Harbour Paper Slow Salt') }),
    invalid: refused(/no position 4/, { options: { first: 1, second: 4 } }),
    forbidden: forbidden({ first: 1, second: 3 }),
    wrongState: queueEmpty({ first: 1, second: 2 }),
  },
  remove: {
    success: success(/2 tracks/, { options: { position: 1, to: 2 }, leaves: is('Harbour Paper') }),
    invalid: refused(/Name one of/, { options: { position: 1, which: 'duplicates' } }),
    forbidden: forbidden({ position: 1 }),
    wrongState: queueEmpty({ position: 1 }),
    more: {
      'finds no repeated tracks where there are none': refused(/No track in the queue matches/, {
        options: { which: 'duplicates' },
      }),
    },
  },
  filter: {
    success: success(/Filters: Nightcore/, { options: { preset: 'nightcore' }, leaves: (p) => p.speed === 1.2 }),
    invalid: unsendable({ preset: 'thunder' }),
    forbidden: forbidden({ preset: 'nightcore' }),
    wrongState: idle({ preset: 'nightcore' }),
    more: {
      'has nothing to turn off': success(/No filters/, { options: { preset: 'off' } }),
    },
  },
  speed: {
    success: success(/Speed 150%/, { options: { percent: 150 }, leaves: (p) => p.speed === 1.5 }),
    invalid: unsendable({ percent: 20 }),
    forbidden: forbidden({ percent: 150 }),
    wrongState: idle({ percent: 150 }),
  },
  pitch: {
    success: success(/Pitch 80%/, { options: { percent: 80 }, leaves: (p) => p.filters.join() === 'Pitch 80 %' }),
    invalid: unsendable({ percent: 201 }),
    forbidden: forbidden({ percent: 80 }),
    wrongState: idle({ percent: 80 }),
  },
  equaliser: {
    success: success(/Equaliser/, {
      options: { bass: 30, treble: -10 },
      leaves: (p) => p.filters.join() === 'Equaliser',
    }),
    invalid: unsendable({ bass: 500 }),
    forbidden: forbidden({ bass: 30 }),
    wrongState: idle({ bass: 30 }),
    more: {
      'is flat without options': success(/No filters/),
    },
  },
  join: {
    success: success(/Joined <#\d+>/, { given: 'idle', leaves: (p) => p.voiceChannel !== null && p.current === null }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  leave: {
    success: success(/^I have left[^]*4 tracks/, {
      leaves: (p) => p.current === null && p.queueLength === 4 && p.voiceChannel === null,
    }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: refused(/not in a voice channel/, { given: 'idle' }),
  },
  'favourite add': {
    success: quietly(/Added .*Harbour Lights.* to your favourites/),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: idle(),
    more: {
      'refuses what is a favourite already': refused(/already/, { after: favourite }),
    },
  },
  'favourite remove': {
    success: quietly(/Removed .*Harbour Lights/, { after: favourite, options: { position: 1 } }),
    invalid: unsendable({ position: 0 }),
    forbidden: forbidden({ position: 1 }),
    wrongState: refused(/no tracks in/, { who: 'outside', options: { position: 1 } }),
    more: {
      'refuses a position that there is not': refused(/no position 9/, { after: favourite, options: { position: 9 } }),
    },
  },
  'favourite list': {
    success: quietly(/Harbour Lights/, { after: favourite }),
    invalid: unsendable({ page: 0 }),
    forbidden: forbidden(),
    wrongState: quietly(/no favourites/, { who: 'outside' }),
    more: {
      'shows the last page for one past the end': quietly(/Harbour Lights/, { after: favourite, options: { page: 9 } }),
    },
  },
  'favourite play': {
    success: success(/Added 1 track of \*\*Favourites/, {
      after: favourite,
      leaves: is('Harbour Salt Slow Paper Harbour'),
    }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'playlist create': {
    success: quietly(/Created \*\*Evening/, { options: { name: 'Evening' } }),
    invalid: refused(/cannot be the name of a playlist/, { options: { name: '\u2800' } }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: refused(/already have a playlist named/, { after: evening, options: { name: 'EVENING' } }),
  },
  'playlist add': {
    success: quietly(/Added .*Night Shift.* to \*\*Evening/, {
      after: evening,
      options: { name: 'evening', query: 'night shift' },
    }),
    invalid: refused(/found nothing/, {
      after: evening,
      options: { name: 'Evening', query: 'https://music.sandbox.test/track/no-such-track' },
    }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: unknown(),
    more: {
      'takes the current track without a query': quietly(/Added .*Harbour Lights/, {
        after: evening,
        options: { name: 'Evening' },
      }),
      'takes a whole playlist': quietly(/Added 4 tracks/, {
        after: evening,
        options: { name: 'Evening', query: album },
      }),
    },
  },
  'playlist show': {
    success: quietly(/Harbour Lights/, { after: filled, options: { name: 'Evening' } }),
    invalid: unsendable({ name: 'Evening', page: 0 }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: unknown(),
  },
  'playlist list': {
    success: quietly(/\*\*Evening\*\* · \d+ track/, { after: filled }),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/no playlists/, { who: 'outside' }),
  },
  'playlist play': {
    success: success(/Added \d+ tracks of \*\*Evening/, {
      after: filled,
      options: { name: 'Evening' },
      leaves: (p) => p.queueLength > 6,
    }),
    invalid: unknown(),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: outside({ name: 'Evening' }),
  },
  'playlist remove': {
    success: quietly(/Removed .* from \*\*Evening/, { after: filled, options: { name: 'Evening', position: 1 } }),
    invalid: refused(/no position 500/, { after: filled, options: { name: 'Evening', position: 500 } }),
    forbidden: forbidden({ name: 'Evening', position: 1 }),
    wrongState: unknown({ position: 1 }),
  },
  'playlist rename': {
    success: quietly(/called \*\*Late/, {
      after: [['playlist create', { name: 'Early' }]],
      options: { name: 'Early', to: 'Late' },
    }),
    invalid: refused(/cannot be the name of a playlist/, {
      after: evening,
      options: { name: 'Evening', to: '\u2800' },
    }),
    forbidden: forbidden({ name: 'Evening', to: 'Late' }),
    wrongState: unknown({ to: 'Later' }),
  },
  'playlist delete': {
    success: quietly(/Deleted \*\*Evening/, { after: evening, options: { name: 'Evening' } }),
    invalid: unsendable({ name: 'a'.repeat(51) }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: unknown(),
  },
  'playlist move': {
    success: quietly(/position 2 of \*\*Evening/, {
      after: filled,
      options: { name: 'Evening', from: 1, to: 2 },
    }),
    invalid: refused(/no position 500/, { after: filled, options: { name: 'Evening', from: 500, to: 1 } }),
    forbidden: forbidden({ name: 'Evening', from: 1, to: 2 }),
    wrongState: unknown({ from: 1, to: 2 }),
  },
  'playlist save': {
    success: quietly(/Created \*\*Saved\*\* with 4 tracks/, { options: { name: 'Saved' } }),
    invalid: refused(/cannot be the name of a playlist/, { options: { name: '\u2800' } }),
    forbidden: forbidden({ name: 'Saved' }),
    wrongState: idle({ name: 'Silence' }),
  },
  'playlist import': {
    success: quietly(/Created \*\*Bells\*\* with \d+ tracks/, {
      options: { link: 'https://music.sandbox.test/playlist/short-bells', name: 'Bells' },
    }),
    invalid: refused(/Give the link/, { options: { link: 'night shift' } }),
    forbidden: forbidden({ link: album }),
    wrongState: refused(/already have a playlist named/, { after: evening, options: { link: album, name: 'evening' } }),
    more: {
      'names it as the music service does': quietly(/Created \*\*[^*]*Harbour Lights\*\* with 4 tracks/, {
        options: { link: album },
      }),
      'refuses a link of another site': refused(/links from this site/, {
        options: { link: 'https://example.com/playlist' },
      }),
    },
  },
  'playlist export': {
    success: quietly(/\*\*Evening\*\* with \d+ tracks/, { after: filled, options: { name: 'Evening' } }),
    invalid: unsendable({ name: 'Evening', format: 'csv' }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: unknown(),
    more: {
      'has nothing to write of an empty playlist': refused(/no tracks in/, {
        who: 'manager',
        after: [['playlist create', { name: 'Blank' }]],
        options: { name: 'Blank' },
      }),
    },
  },
  'playlist share': {
    success: quietly(/\*\*Evening\*\* is shared.*`(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}`/, {
      after: evening,
      options: { name: 'Evening' },
    }),
    invalid: unsendable({ name: 'a'.repeat(51) }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: unknown(),
  },
  'playlist unshare': {
    success: quietly(/no longer works/, {
      after: [...evening, ['playlist share', { name: 'Evening' }]],
      options: { name: 'Evening' },
    }),
    invalid: unsendable({ name: 'a'.repeat(51) }),
    forbidden: forbidden({ name: 'Evening' }),
    wrongState: refused(/not shared/, { after: evening, options: { name: 'Evening' } }),
  },
  'playlist copy': {
    success: quietly(/Created \*\*Copied\*\* with \d+ tracks/, {
      after: [...filled, ['playlist share', { name: 'Evening' }]],
      taken: { code: /`((?:[0-9A-Z]{5}-){3}[0-9A-Z]{5})`/ },
      options: { name: 'Copied' },
    }),
    invalid: refused(/No playlist of this bot has this code/, { options: { code: 'not a code' } }),
    forbidden: forbidden({ code: '00000-00000-00000-00000' }),
    wrongState: refused(/No playlist of this bot has this code/, { options: { code: '00000-00000-00000-00000' } }),
  },
  lyrics: {
    success: quietly(/We sang of Harbour Lights[^]*Hold on/),
    invalid: unsendable({ page: 51 }),
    forbidden: forbidden(),
    wrongState: idle(),
  },
  history: {
    success: quietly(/Salt on the Window[^]*Harbour Lights/, { given: 'second' }),
    invalid: unsendable({ page: 11 }),
    forbidden: forbidden(),
    wrongState: quietly(/^`\d+\.`/m, { options: { page: 10 } }),
  },
  'top server': {
    success: quietly(/`1\.`[^]*×/, { given: 'second' }),
    invalid: unsendable({ page: 21 }),
    forbidden: forbidden(),
    wrongState: quietly(/^`\d+\.`/m, { options: { page: 20 } }),
  },
  'top mine': {
    success: quietly(/Nothing of yours|×/),
    invalid: unsendable({ page: 0 }),
    forbidden: forbidden(),
    wrongState: quietly(/Nothing of yours is counted/, { who: 'outside' }),
  },
  'top counting': {
    success: quietly(/no longer counted/, { options: { on: false } }),
    invalid: unsendable({ on: 'perhaps' }),
    forbidden: forbidden({ on: true }),
    wrongState: quietly(/counted from now on/, { options: { on: true } }),
  },
  stats: {
    success: quietly(/Started[^]*MiB[^]*answered in \d+ ms[^]*3 in the queue/),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/Started[^]*0 in the queue/, { given: 'idle' }),
  },
  why: {
    success: quietly(/You may use `\/skip` here/, { options: { command: 'skip' } }),
    invalid: refused(/no such command/, { options: { command: 'nonsense' } }),
    forbidden: forbidden({ command: 'skip' }),
    wrongState: quietly(/the rule “no\\-queue” of this server denies it/, {
      who: 'outside',
      options: { command: 'history' },
    }),
  },
  'policy show': {
    success: quietly(/\*\*not-robin\*\* · <@\d+> · every command\n[^]*Skipping needs no votes/),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/\*\*no-queue\*\*/, { who: 'outside', given: 'idle' }),
  },
  'dj show': {
    success: quietly(/Nothing is reserved for DJs/),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/DJs are those who manage this server/, { who: 'outside', given: 'idle' }),
  },
  'dj roles': {
    success: quietly(/DJs are <@&\d+>, those who manage/, { who: 'manager', options: { add: '@DJ' } }),
    invalid: refused(/Name a role to add or to remove/, { who: 'manager' }),
    forbidden: refused(/Only members who may manage this server/, { options: { add: '@DJ' } }),
    wrongState: quietly(/DJs are those who manage/, { who: 'manager', given: 'idle', options: { remove: '@DJ' } }),
    more: {
      'is refused to whom the rules deny everything': forbidden({ add: '@DJ' }),
      'knows no role that the server does not have': unsendable({ add: '@Nobody' }),
    },
  },
  'dj mode': {
    success: quietly(/Reserved for DJs: sound and order of the queue\./, {
      who: 'manager',
      options: { mode: 'on', playback: false },
    }),
    invalid: unsendable({ sound: true }, 'missing-option'),
    forbidden: refused(/Only members who may manage this server/, { options: { mode: 'off' } }),
    wrongState: quietly(/Nothing is reserved/, { who: 'manager', given: 'idle', options: { mode: 'off' } }),
    more: { 'is refused to whom the rules deny everything': forbidden({ mode: 'off' }) },
  },
  'voteskip show': {
    success: quietly(/Skipping needs no votes/),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/Skipping needs no votes/, { who: 'outside', given: 'idle' }),
  },
  'voteskip set': {
    success: quietly(/the votes of 60% of the listeners/, { who: 'manager', options: { percent: 60 } }),
    invalid: unsendable({ percent: 101 }),
    forbidden: refused(/Only members who may manage this server/, { options: { percent: 60 } }),
    wrongState: quietly(/needs no votes/, { who: 'manager', given: 'idle', options: { percent: 0 } }),
    more: { 'is refused to whom the rules deny everything': forbidden({ percent: 60 }) },
  },
  'settings show': {
    success: quietly(/\*\*Language\*\* · /),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/Never: it stays/, { who: 'manager', after: [['settings change', { stay: true }]] }),
  },
  'settings change': {
    success: quietly(/40%/, {
      who: 'manager',
      options: {
        volume: 40,
        language: 'en',
        filter: 'off',
        leave: 5,
        announce: 'requested',
        stay: false,
        fair: false,
        queue: 1_000,
        segments: 'off',
      },
    }),
    invalid: refused(/Name at least one setting/, { who: 'manager' }),
    forbidden: refused(/Only members who may manage this server/, { options: { volume: 40 } }),
    wrongState: quietly(/100%/, {
      who: 'manager',
      given: 'idle',
      options: { volume: 100 },
      leaves: (p) => p.volume === 100,
    }),
    more: { 'is refused to whom the rules deny everything': forbidden({ volume: 40 }) },
  },
  help: {
    success: quietly(/\*\*Playback[^]*\n`\/skip` Skip[^]*\*\*Sound[^]*`\/playlist play`/),
    invalid: noOptions(),
    forbidden: forbidden(),
    wrongState: quietly(/\n`\/skip` Skip[^]*🔒 `\/queue`[^]*🔒 `\/history`/, { who: 'outside' }),
  },
};

const link = 'https://music.sandbox.test/track/night-shift';
const nowhere = 'https://music.sandbox.test/track/no-such-track';

/** What a member points at: a message with this content, or another member. */
export interface MenuRow extends Row {
  readonly at: { readonly content: string } | { readonly member: Who };
}
const at = (content: string, row: Row): MenuRow => ({ ...row, at: { content } });
const ofMember = (who: Who, row: Row): MenuRow => ({ ...row, at: { member: who } });

/** The entries of the menus of messages and members, which count as their commands. */
export const menuRows: Readonly<Record<MenuName, Readonly<Record<keyof Omit<Rows, 'more'>, MenuRow>>>> = {
  'Play this': {
    success: at(`This one: ${link}!`, success(/Added .*Night Shift/, { leaves: (p) => p.queueLength === 4 })),
    invalid: at('no link', refused(/no link or attachment/)),
    forbidden: at(link, forbidden()),
    wrongState: at(link, outside()),
  },
  'Add to my favourites': {
    success: at(link, quietly(/Added .*Night Shift.* to your favourites/)),
    invalid: at(nowhere, refused(/found nothing/)),
    forbidden: at(link, forbidden()),
    wrongState: at(link, refused(/already/, { given: 'idle' })),
  },
  'What they have queued': {
    success: ofMember('denied', quietly(/^<@\d+> has nothing in the queue/)),
    invalid: ofMember('manager', quietly(/has nothing in the queue/)),
    forbidden: ofMember('listener', forbidden()),
    wrongState: ofMember('listener', quietly(/has nothing in the queue/, { given: 'idle' })),
  },
};

/** Picks a member's search, by the words on the choice, and what comes of the pick. */
export interface PickRow extends Row {
  readonly picks: readonly RegExp[];
}

/** The menus in answers, by the command that shows them. What came of a pick stands in the place of the menu. */
export const pickRows: Readonly<Record<'search', Readonly<Record<keyof Omit<Rows, 'more'>, PickRow>>>> = {
  search: {
    success: {
      ...quietly(/^Added 2 tracks/, {
        after: [['search', { query: 'the quiet engines' }]],
        leaves: (p) => p.queueLength === 5,
      }),
      picks: [/Copper/, /Machines/],
    },
    invalid: {
      ...success(/./, { after: [['search', { query: 'night shift' }]], reads: { unsendable: 'invalid-values' } }),
      picks: [],
    },
    // Whoever may not search has nothing to pick from.
    forbidden: {
      ...refused(/./, { who: 'denied', reads: { unsendable: 'no message of the bot has a menu' } }),
      picks: [],
    },
    wrongState: { ...outside(), after: [['search', { query: 'night shift' }]], picks: [/Night Shift/] },
  },
};

/** The buttons of the now-playing message and the queue, which count as their commands. */
export const buttonRows = {
  'bw:pause': {
    success: success(/^Paused/, { leaves: (p) => p.state === 'paused' }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:resume': {
    success: success(/^Resumed/, { given: 'paused', leaves: (p) => p.state === 'playing' }),
    forbidden: refused(/do not let you/, { given: 'paused', who: 'denied' }),
    wrongState: refused(/voice channel/, { given: 'paused', who: 'outside' }),
  },
  'bw:previous': {
    success: success(/Harbour Lights/, { given: 'second', leaves: is('Harbour Salt Slow Paper') }),
    forbidden: forbidden(),
    wrongState: refused(/Nothing has played before/),
  },
  'bw:skip': {
    success: success(/^Skipped.*Salt/, { leaves: is('Salt Slow Paper') }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:stop': {
    success: success(/^Stopped/, { leaves: (p) => p.current === null }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:queue:1': {
    success: success(/Slow Ferry Home/, { quietly: true }),
    forbidden: forbidden(),
    wrongState: success(/The queue is empty/, { given: 'alone', quietly: true }),
  },
  'bw:loop': {
    success: success(/queue repeats/, { leaves: (p) => p.loop === 'queue' }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:shuffle': {
    success: success(/Shuffled 3 tracks/, { leaves: (p) => p.queueLength === 3 }),
    forbidden: forbidden(),
    wrongState: queueEmpty(),
  },
  'bw:autoplay': {
    success: success(/^Autoplay is on/, { leaves: (p) => p.autoplay }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:quieter': {
    success: success(/90%/, { leaves: (p) => p.volume === 90 }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:louder': {
    success: success(/110%/, { leaves: (p) => p.volume === 110 }),
    forbidden: forbidden(),
    wrongState: outside(),
  },
  'bw:lyrics': {
    success: success(/We sang of Harbour Lights/, { quietly: true }),
    forbidden: forbidden(),
    wrongState: success(/We sang of Harbour Lights/, { given: 'alone', quietly: true }),
  },
  'bw:favourite add': {
    success: quietly(/Added .*Harbour Lights.* to your favourites/, { after: [['favourite remove', { position: 1 }]] }),
    forbidden: forbidden(),
    wrongState: refused(/already/, { after: favourite }),
  },
} as const satisfies Readonly<Record<string, Omit<Rows, 'invalid'>>>;
