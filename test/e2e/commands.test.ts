// @module-tag linux
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hasCode } from '#infra/kernel/errors.ts';
import { commandNames, commandParameters, type CommandName } from '#policies/commands.ts';
import { playerSchema, type Player } from '#services/contracts/player.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import {
  album,
  buttonRows,
  commandRows,
  menuRows,
  pickRows,
  type Given,
  type MenuRow,
  type Row,
  type Who,
} from './command-rows.ts';
import { harmonyHall, type HarmonyHall } from './harmony-hall.ts';
import { createInstallation, type HostedTenant, type RunningPlatform } from './platform.ts';
import { buttonsOf, readable, textOf, type Outcome, type Person } from './sandbox.ts';
import { shownCommands } from './shown-commands.ts';

/* Every command on the platform as `npm start` runs it: how it works, and how it refuses. */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let people: Readonly<Record<Who, Person>>;

const anything = z.unknown();
const single = 'https://music.sandbox.test/track/harbour-lights';

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start());
  hall = await harmonyHall(platform.sandbox);
  tenant = await platform.onboard('Harmony Records', hall.guild);
  await api('PUT', 'policy', usualPolicy());
  const personOf = (user: string) =>
    platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id });
  people = {
    listener: personOf(hall.max),
    denied: personOf(hall.robin),
    outside: personOf(hall.dana),
    manager: personOf(hall.ada),
  };
  await people.listener.joinVoice(hall.lounge);
  await people.denied.joinVoice(hall.lounge);
});

afterAll(() => stack.disposeAsync());

function usualPolicy() {
  const denyRobin = { id: 'not-robin', effect: 'deny', who: { users: [hall.robin] }, commands: 'all' };
  const noQueue = { id: 'no-queue', effect: 'deny', who: { users: [hall.dana] }, commands: ['queue'] };
  return { rules: [denyRobin, noQueue], otherwise: 'allow' };
}

/** The limit for one address is far below what these tests would send: like any client, they wait and send again. */
async function api(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
  const headers = path === 'policy' && method === 'PUT' ? { 'if-match': '*' } : undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await platform.owner.call(
        method,
        `/v1/tenants/${tenant.id}/guilds/${hall.guild}/${path}`,
        anything,
        body,
        headers,
      );
    } catch (error) {
      if (!hasCode(error, 'limit.rate') || attempt === 10) throw error;
      await delay(1_000);
    }
  }
}

const read = async (): Promise<Player> => playerSchema.parse(await api('GET', 'player'));

/** What members hear and see next, without what passes by itself. */
const stateOf = ({ state, current, queue, volume, loop, filters, voiceChannel, autoplay }: Player): string =>
  [
    autoplay ? 'autoplay' : state,
    volume,
    filters.join() || loop,
    voiceChannel !== null,
    ...[current, ...queue].map((track) => track?.title.split(' ')[0]),
  ].join(' ');

/** Joining voice and leaving are limited at Discord: what is as it should be stays. */
const untouched: Readonly<Record<Given, string>> = {
  idle: 'idle 100 off false ',
  playing: 'playing 100 off true Harbour Salt Slow Paper',
  paused: 'paused 100 off true Harbour Salt Slow Paper',
  second: 'after a skip, always made anew',
  alone: 'playing 100 off true Harbour',
};

/** When the music was started anew. */
const starts: number[] = [];

/** Discord lets a bot send 120 messages a minute over its gateway, and leaving and joining voice takes two of them. */
async function withinLimit(): Promise<void> {
  const oldest = starts.at(-45);
  if (oldest !== undefined) await delay(Math.max(0, oldest + 60_000 - Date.now()));
  starts.push(Date.now());
}

async function given(what: Given): Promise<void> {
  const player = await read();
  if (stateOf(player) === untouched[what] && player.positionMs < 60_000) return;
  await withinLimit();
  if (player.current || player.queueLength > 0 || player.voiceChannel !== null) await api('POST', 'player/stop');
  if (what === 'idle') return;
  await api('POST', 'player/queue', { query: what === 'alone' ? single : album, voiceChannel: hall.lounge });
  await api('PUT', 'player/volume', { percent: 100 });
  if (what === 'second') await api('POST', 'player/skip');
  await eventually('it plays', async () => (await read()).state === 'playing');
  if (what === 'paused') await api('POST', 'player/pause');
}

/** Discord's client does not send what the command's definition does not allow. */
const typing =
  (command: CommandName): Use =>
  (person, { options = {} }) => {
    const typed = Object.entries(options).map(([name, value]) => [name, value === '@DJ' ? hall.dj : value]);
    return person.type(command, Object.fromEntries(typed)).catch((error: unknown) => String(error));
  };

/** Also a message that only this member saw, and that was changed. */
const isQuiet = ({ ephemeral, followups, message }: Outcome): boolean =>
  ephemeral === true || message?.['ephemeral'] === true || (message === undefined && followups.length > 0);

const takenFrom = (said: string, { taken = {} }: Row): Record<string, string> =>
  Object.fromEntries(Object.entries(taken).map(([option, where]) => [option, where.exec(said)?.[1] ?? 'not found']));

type Use = (person: Person, row: Row) => Promise<Outcome | string>;

async function holds(row: Row, use: Use): Promise<void> {
  await given(row.given);
  let said = '';
  for (const [command, options] of row.after ?? []) said = textOf(await people[row.who].type(command, options));
  const before = await read();
  const outcome = await use(people[row.who], { ...row, options: { ...row.options, ...takenFrom(said, row) } });
  if (!(row.reads instanceof RegExp)) return expect(outcome).toMatch(row.reads.unsendable);
  if (typeof outcome === 'string') throw new Error(outcome);
  expect(textOf(outcome)).toMatch(row.reads);
  expect(outcome.state).toBe('answered');
  expect([outcome.message, ...outcome.followups].filter(Boolean)).toHaveLength(1);
  expect(isQuiet(outcome)).toBe(row.quietly ?? false);
  const after = await read();
  if (row.leaves) expect(row.leaves(after), JSON.stringify(after)).toBe(true);
  else if (row.quietly) expect(stateOf(after)).toBe(stateOf(before));
}

test('covers every command that members have', async () => {
  const registered = await platform.sandbox.commandNames(hall.guild, hall.music, hall.max);
  expect(Object.keys(commandRows).toSorted()).toEqual([...commandNames].toSorted());
  expect([...registered].toSorted()).toEqual([...shownCommands].toSorted());
});

describe.each(commandNames)('/%s', (command) => {
  const { more = {}, ...rows } = commandRows[command];
  test.each(Object.entries({ ...rows, ...more }))('%s', (_name, row) => holds(row, typing(command)));
});

/** Points at a message that somebody has written, or at a member. */
const pointing =
  (entry: string, { at }: MenuRow): Use =>
  async (person) => {
    const ids: Readonly<Record<Who, string>> = {
      listener: hall.max,
      denied: hall.robin,
      outside: hall.dana,
      manager: hall.ada,
    };
    return person.useOn(entry, 'member' in at ? ids[at.member] : await people.manager.write(at.content));
  };

describe.each(Object.entries(menuRows))('%s, in a menu', (entry, rows) => {
  test.each(Object.entries(rows))('%s', (_name, row) => holds(row, pointing(entry, row)));
});

test('what is reserved for DJs is theirs within a second, and the others skip what they requested', async () => {
  await given('idle');
  const [listener, manager] = [people.listener, people.manager];
  await listener.type('play', { query: 'night shift' });
  await manager.type('dj mode', { mode: 'on' });
  await eventually('the volume is for DJs', async () =>
    textOf(await listener.type('volume', { percent: 60 })).includes('Only DJs'),
  );
  expect(textOf(await listener.type('why', { command: 'volume' }))).toContain('Only DJs');
  // Whoever may not is told so first, wherever they are.
  expect(textOf(await people.outside.type('volume', { percent: 60 }))).toContain('Only DJs');
  expect(textOf(await listener.type('skip'))).toMatch(/^Skipped/);
  await manager.type('dj mode', { mode: 'off' });
  await eventually('the volume is for everybody', async () =>
    textOf(await listener.type('volume', { percent: 100 })).includes('100%'),
  );
});

test('the names of playlists are suggested while typing, and what is found for a query', async () => {
  await people.outside.type('playlist create', { name: 'Sunday' });
  expect(await people.outside.complete('playlist play', 'name', 'sun')).toEqual([
    { name: 'Sunday · 0 tracks', value: 'Sunday' },
  ]);
  expect(await people.outside.complete('playlist play', 'name', 'monday')).toEqual([]);
  const [first] = await people.outside.complete('playlist add', 'query', 'night shift');
  expect(first?.name).toMatch(/Night Shift/);
});

test('/play suggests the favourites of a member before anything is typed, and then those that fit first', async () => {
  await given('alone');
  await people.listener.type('favourite add');
  const suggestions = async (typed: string) =>
    (await people.listener.complete('play', 'query', typed)).map(({ name }) => name);
  expect((await suggestions(''))[0]).toMatch(/^Harbour Lights/);
  const [first, ...others] = await suggestions('harb');
  expect(first).toMatch(/^Harbour Lights/);
  expect(others.length).toBeGreaterThan(0);
  expect(others).not.toContain(first);
  expect((await suggestions('night shift'))[0]).toMatch(/Night Shift/);
  expect(await people.outside.complete('play', 'query', '')).toEqual([]);
});

test('an exported playlist is a file that comes with the answer', async () => {
  const { outside } = people;
  await outside.type('playlist import', { link: album, name: 'Exported' });
  for (const [format, name] of [
    ['json', 'playlist.json'],
    ['links', 'playlist.txt'],
  ] as const) {
    const { message, ephemeral } = await outside.type('playlist export', { name: 'Exported', format });
    expect(ephemeral).toBe(true);
    expect(message?.['attachments']).toMatchObject([{ filename: name, size: expect.any(Number) as number }]);
  }
});

test('the pages of a queue of more than a hundred tracks are turned', async () => {
  await given('playing');
  for (let length = 3; length < 110; length += 4) await api('POST', 'player/queue', { query: album });
  expect(textOf(await people.listener.type('queue', { page: 11 }))).toMatch(/^`101\.`/m);
});

/** The buttons are there as soon as the message of the track that plays is. */
const pressing =
  (customId: string): Use =>
  async (person) => {
    const { current } = await read();
    await eventually('the now-playing message is there', async () =>
      (await person.messages()).some(
        (message) => buttonsOf(message).includes(customId) && readable(message).includes(current?.title ?? ''),
      ),
    );
    return person.press(customId);
  };

describe.each(Object.entries(buttonRows))('the button %s', (customId, rows) => {
  test.each(Object.entries(rows))('%s', (_name, row: Row) => holds(row, pressing(customId)));
});

const picking =
  (labels: readonly RegExp[]): Use =>
  (person) =>
    person.pick(labels).catch((error: unknown) => String(error));

describe.each(Object.entries(pickRows))('the menu of /%s', (_command, rows) => {
  test.each(Object.entries(rows))('%s', (_name, row) => holds(row, picking(row.picks)));
});

test('a pick is decided by the rules of its moment, not of the search', async () => {
  await given('playing');
  await people.listener.type('search', { query: 'night shift' });
  const rules = [{ id: 'not-max', effect: 'deny', who: { users: [hall.max] }, commands: ['play'] }];
  await api('PUT', 'policy', { rules, otherwise: 'allow' });
  await eventually('the rule holds', async () => textOf(await people.listener.type('join')).includes('do not let you'));
  expect(textOf(await people.listener.pick([/Night Shift/]))).toContain('do not let you');
  expect((await read()).queueLength).toBe(3);
  await api('PUT', 'policy', usualPolicy());
  await eventually(
    'it no longer holds',
    async () => !textOf(await people.listener.type('join')).includes('do not let you'),
  );
  expect(textOf(await people.listener.pick([/Night Shift/]))).toMatch(/Added .*Night Shift/);
});

test('covers every menu that a command shows', () => {
  const withMenu = commandNames.filter((name) =>
    Object.values(commandParameters[name]).some((each) => 'tracks' in each),
  );
  expect(Object.keys(pickRows)).toEqual(withMenu);
});

test('covers every button of the now-playing message, also of music that is paused', async () => {
  const shown = new Set<string>();
  for (const [what, its] of [
    ['playing', 'bw:pause'],
    ['paused', 'bw:resume'],
  ] as const) {
    await given(what);
    await pressing(its)(people.denied, buttonRows[its].forbidden);
    const message = (await people.listener.messages()).findLast((each) => buttonsOf(each).includes(its));
    for (const button of message ? buttonsOf(message) : []) shown.add(button);
  }
  expect([...shown].toSorted()).toEqual(Object.keys(buttonRows).toSorted());
});

test('in a request channel a link is enough, and what goes wrong is told; the music goes on', async () => {
  const { manager, listener, outside, denied } = people;
  await given('alone');
  const choose = async (requests: string): Promise<string> => {
    const told = textOf(await manager.type('settings change', { requests }));
    if (!told.includes('too often')) return told;
    await delay(1_000);
    return choose(requests);
  };
  expect(await choose('here')).toContain('Message Content Intent');
  await platform.sandbox.grantMessageContent(tenant.application.id);
  expect(await choose('here')).toContain(`<#${hall.music}>`);
  await eventually('a message is enough', async () => {
    const asked = await listener.write('This one, please: <https://music.sandbox.test/track/night-shift>');
    const marked = async () => (await platform.sandbox.reactions(hall.music, hall.max, asked)).includes('✅');
    for (let attempt = 0; attempt < 10 && !(await marked()); attempt += 1) await delay(200);
    return marked();
  });
  const { current, queue, queueLength } = await read();
  expect([current, ...queue].map((track) => track?.title)).toEqual([
    expect.stringMatching(/^Harbour Lights/),
    expect.stringMatching(/Night Shift/),
  ]);
  await eventually('the bot is back in voice', async () =>
    (await platform.sandbox.players()).some(
      ({ guildId, connected, paused, channelId }) =>
        guildId === hall.guild && connected && !paused && channelId === hall.lounge,
    ),
  );
  const notes = async () => (await listener.messages()).filter(({ content }) => content.startsWith('<@'));
  await denied.write(single);
  await outside.write('night shift');
  await eventually('both are told why', async () => (await notes()).length === 2);
  const told = (await notes()).map(({ content }) => content).join('\n');
  expect(told).toMatch(new RegExp(`^<@${hall.robin}> .*do not let you use /play`, 'm'));
  expect(told).toMatch(new RegExp(`^<@${hall.dana}> Join a voice channel first`, 'm'));
  expect((await read()).queueLength).toBe(queueLength);
  expect(await choose('off')).toMatch(/requests\*\* · Nowhere/);
});
