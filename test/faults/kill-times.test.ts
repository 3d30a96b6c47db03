// @module-tag linux
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { stringify } from 'yaml';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { planPorts } from '#services/cli/src/up/ports.ts';
import { createAuthority } from '#test/authority.ts';
import { harmonyHall } from '#test/e2e/harmony-hall.ts';
import { seenBy } from '#test/e2e/platform.ts';
import { descendantsOf } from '#test/e2e/processes.ts';
import { createSandbox, textOf, type Person } from '#test/e2e/sandbox.ts';
import { warm } from '#test/e2e/warm-cache.ts';
import { freeBlock } from '#test/free-port.ts';
import { attempt, onboard, ownerOf } from '#test/integration/start-attempt.ts';
import { startSandbox } from '#test/sandbox/sandbox.ts';
import { assignVoiceServer } from '#test/sandbox/world/voice.ts';
import { scratchFolder } from '#test/scratch.ts';
import { startNodeProcess, type NodeProcess } from './node-process.ts';

/*
 * Another voice server is named, and everything that carries the music is killed in the middle of a song: how long members hear nothing, by the packets that
 * arrive at Discord's voice server, and until a command is answered. Two Lavalink nodes, each a process of its own.
 */
const within = 5_000;
/** A whole start takes no longer where nothing else runs; where it does, everything does, by the same factor. */
const usualStartMs = 7_000;
let slowness = 1;
const offByMs = 2_000;
/** How long the music is listened to after each kill. */
const listenMs = 5_500;

const stack = new AsyncDisposableStack();
let people: readonly Person[];
let nodes: readonly NodeProcess[];
let platform: ReturnType<typeof seenBy>;
let ear: () => { readonly at: number; readonly positionMs: number };
let untilReady: () => Promise<unknown>;
/** Discord gives the bot another voice server, as when the region changes. */
let changeVoiceServer: () => void;
/** How often the bot has left a voice channel. */
let left = 0;

const readySchema = z.object({ ready: z.boolean() });
const song = 'overnight express';

beforeAll(async () => {
  const authority = await createAuthority();
  const discord = stack.use(await startSandbox({ host: 'localhost', tls: await authority.issue('localhost') }));
  const usual = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: authority.certPem } }));
  stack.defer(() => setGlobalDispatcher(usual));
  const password = randomBytes(18).toString('base64url');
  const { certPem } = discord.voice;
  nodes = await Promise.all(['one', 'two'].map(() => startNodeProcess({ password, certPem })));
  for (const node of nodes) stack.use(node);

  const folder = await scratchFolder('kill-times');
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  const data = path.join(folder, 'data');
  await warm(data);
  const base = await freeBlock();
  const port = planPorts(base).ports.public;
  await writeFile(path.join(folder, 'authority.pem'), authority.certPem);
  await writeFile(path.join(folder, 'lavalink-password'), password, { mode: 0o600 });
  const settings = {
    publicUrl: 'https://bots.example.test',
    listen: { host: '127.0.0.1', port },
    discord: { apiUrl: discord.discord.apiUrl, trustFile: './authority.pem' },
    lavalink: {
      nodes: nodes.map((node, index) => ({
        id: `node-${index + 1}`,
        url: `http://127.0.0.1:${node.port}`,
        passwordFile: './lavalink-password',
      })),
    },
    audio: { allowedHosts: ['music.sandbox.test'] },
  };
  const file = path.join(folder, 'live.yaml');
  await writeFile(file, stringify(settings));
  const live = stack.use(attempt({ args: ['--live', '--settings', file, '--data', data, '--ports', String(base)] }));
  const startedAtMs = performance.now();
  await live.until('Stop: Ctrl-C');
  slowness = Math.max(1, (performance.now() - startedAtMs) / usualStartMs);
  console.log(`this machine is slower than usual by ${slowness.toFixed(1)}`);
  platform = seenBy({ pid: live.pid, output: live.said, processes: () => descendantsOf(live.pid) });

  const door = createSandbox(discord.discord.chatUrl);
  const api = await ownerOf(live, port);
  const { id, application } = await onboard(api, door);
  const hall = await harmonyHall(door);
  const seat = { guild: hall.guild, channel: hall.music, applicationId: application.id };
  // Many, to stay within the rate limit of each.
  const more = await Promise.all(
    Array.from({ length: 20 }, (_, index) => door.addPerson(hall.guild, `Guest-${index}`)),
  );
  people = [hall.max, ...more].map((user) => door.person({ ...seat, user }));
  for (const person of people) await person.joinVoice(hall.lounge);
  const [first] = people;
  const played = await first?.type('play', { query: song });
  expect(played && textOf(played)).toMatch(/^Playing/);
  const hearing = discord.voice.sessions.hearing(hall.guild, application.bot.id);
  ear = () => ({ at: hearing.lastSoundAt ?? 0, positionMs: hearing.tracks.at(-1)?.toMs ?? 0 });
  untilReady = () =>
    eventually('the bot is ready', async () => (await api.call('GET', `/v1/tenants/${id}`, readySchema)).ready);
  changeVoiceServer = () => assignVoiceServer(discord.world, hall.guild, application.bot.id);
  discord.world.listen((event) => {
    if (event.type === 'voice.state' && event.userId === application.bot.id && !event.state) left += 1;
  });
  await eventually('it is heard', async () => ear().positionMs > 1_000);
});
afterAll(() => stack.disposeAsync());

interface Times {
  /** The longest time without sound. */
  readonly silentMs: number;
  /** Until a command that was typed after the kill is answered. */
  readonly answeredMs: number;
  /** By how much the song was further on, or back, when it was heard again. */
  readonly leapMs: number;
}

/** Listens on for some seconds: the longest silence, and how much further in the song the sound after it was. */
async function listen(untilMs: number): Promise<Pick<Times, 'silentMs' | 'leapMs'>> {
  let [silentMs, leapMs] = [0, 0];
  let before = ear();
  while (performance.now() < untilMs || Date.now() - before.at > 500) {
    if (performance.now() > untilMs + 3 * within) return { silentMs: Number.POSITIVE_INFINITY, leapMs };
    await delay(10);
    const now = ear();
    if (now.at === before.at) continue;
    const leap = now.positionMs - before.positionMs - frameMs;
    silentMs = Math.max(silentMs, now.at - before.at);
    if (Math.abs(leap) > Math.abs(leapMs)) leapMs = leap;
    before = now;
  }
  return { silentMs, leapMs };
}
const frameMs = 20;

let asked = 0;

/** Types on, each time another member, until one of the commands is answered as if nothing had happened. */
async function untilAnswered(): Promise<number> {
  const sinceMs = performance.now();
  let open: readonly { readonly person: Person; readonly id: string }[] = [];
  for (let looks = 0; performance.now() - sinceMs < 4 * within; looks += 1) {
    const person = people[asked % people.length];
    if (person && looks % looksPerCommand === 0) {
      asked += 1;
      open = [...open, { person, id: await person.begin('nowplaying') }];
    }
    await delay(lookEveryMs);
    const outcomes = await Promise.all(open.map((one) => one.person.look(one.id)));
    if (outcomes.some((outcome) => outcome.state === 'answered' && /Overnight Express/.test(textOf(outcome))))
      return performance.now() - sinceMs;
    // Discord has given up on those that failed: no answer follows.
    open = open.filter((_, index) => outcomes[index]?.state !== 'failed' && outcomes[index]?.state !== 'answered');
  }
  return Number.POSITIVE_INFINITY;
}
const lookEveryMs = 100;
const looksPerCommand = 6;

async function measure(what: string, strike: () => void): Promise<Times> {
  const heard = listen(performance.now() + listenMs);
  strike();
  const answeredMs = await untilAnswered();
  const times = { ...(await heard), answeredMs };
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  console.log(
    `${what}: silent for ${seconds(times.silentMs)}, a command answered after ${seconds(answeredMs)}, the song off by ${seconds(times.leapMs)}`,
  );
  return times;
}

function expectUnder(times: Times): void {
  expect(times.silentMs).toBeLessThan(within * slowness);
  expect(times.answeredMs).toBeLessThan(within * slowness);
  expect(Math.abs(times.leapMs)).toBeLessThanOrEqual(offByMs);
}

test('music is back within five seconds, at its position, when Discord names another voice server, and the bot stays', async () => {
  expectUnder(await measure('another voice server', changeVoiceServer));
  expect(left).toBe(0);
});

describe('music is back within five seconds, at its position, and commands are answered, when it is killed:', () => {
  test('the bot', async () => {
    const [bot] = await platform.bots();
    if (!bot) throw new Error('no bot runs');
    expectUnder(await measure('the bot', () => process.kill(bot.pid, 'SIGKILL')));
    await untilReady();
  });

  test.each(['audio', 'discord-edge', 'gateway-proxy'] as const)('%s', async (name) => {
    const { pid } = await platform.processOf(name);
    expectUnder(await measure(name, () => process.kill(pid, 'SIGKILL')));
    await untilReady();
  });

  test('the Lavalink node that plays', async () => {
    const playing = await Promise.all(nodes.map((node) => node.playing()));
    expect(playing.toSorted()).toEqual([0, 1]);
    const node = nodes[playing.indexOf(1)];
    expectUnder(await measure('a Lavalink node', () => node?.kill()));
    expect(await nodes[playing.indexOf(0)]?.playing()).toBe(1);
  });
});
