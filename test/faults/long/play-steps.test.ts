// @module-tag linux
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasCode } from '#infra/kernel/errors.ts';
import { playerSchema } from '#services/contracts/player.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { listen } from '#test/e2e/listening.ts';
import type { HostedTenant, ProcessName, RunningPlatform } from '#test/e2e/platform.ts';
import { buttonsOf, textOf, type Outcome, type Person } from '#test/e2e/sandbox.ts';
import { openHall } from '../hall.ts';
import { lock, type Release } from '../holds.ts';

/*
 * A member types /play in a quiet server, and whatever carries it out is killed in the middle of a step
 * (services/audio/README.md): the member is answered once, with what is true; the track plays, once; and after /stop nothing
 * of it is left.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;

beforeAll(async () => {
  ({ platform, hall, tenant } = await openHall(stack, 'Saga'));
  for (const user of [hall.max, hall.dana, hall.robin]) await personOf(user).joinVoice(hall.lounge);
});
afterAll(() => stack.disposeAsync());
/** So that a row that failed does not fail the next. */
afterEach(async () => {
  if ((await player()).state !== 'idle') await somebody().type('stop');
});

const personOf = (user: string): Person =>
  platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id });
let turn = 0;
/** Another one each time, so that none is refused for typing too fast. */
const somebody = (): Person => personOf([hall.max, hall.dana, hall.robin][(turn += 1) % 3] ?? hall.max);

/** Each is asked for once: what was found lately is not looked for again. */
const tracks = [
  'overnight express',
  'night shift',
  'weather systems',
  'copper wire dreams',
  'cloud inventory',
  'driftwood choir',
  'first snow',
  'harbour lights',
  'slow ferry home',
  'golden hour',
  'low water',
  'salt on the window',
];

const isStoring = async (): Promise<boolean> =>
  (await platform.query("select 1 from pg_locks where relation = 'music_session'::regclass and not granted")).length >
  0;
const versionOf = async (): Promise<number> => {
  const [row] = await platform.query<{ version: number }>(
    'select version from music_session where tenant_id = $1 and guild_id = $2',
    [tenant.id, hall.guild],
  );
  return row?.version ?? 0;
};
const playersOf = async () =>
  (await platform.sandbox.players()).filter(({ userId, title }) => userId === tenant.application.bot.id && title);

/** Holds a /play in a step that it has reached. */
interface Step {
  /** Before it is typed. */
  begin(): Promise<void>;
  /** Resolves when it is there. */
  reached(): Promise<unknown>;
  release(): Promise<unknown>;
}

let letStore: Release = async () => undefined;
const hold = async () => void (letStore = await lock('music_session')(platform));
const storing = () => eventually('it is about to be stored', isStoring);

/** It has been stored, and the node does not answer; `lost`: nor does it do what it is told. */
const unanswered = (how: 'lost' | 'done'): Step => ({
  begin: hold,
  async reached() {
    await storing();
    await platform.sandbox.nodeFault({ restSilent: how });
    const before = await versionOf();
    await letStore();
    await eventually('it is stored', async () => (await versionOf()) > before);
    if (how === 'done') await eventually('the node plays', async () => (await playersOf()).length > 0);
  },
  release: () => platform.sandbox.nodeFault({ restSilent: null }),
});

const steps = {
  'while it is looked for': {
    begin: () => platform.sandbox.nodeFault({ slowMs: 1_500 }),
    reached: () => delay(700),
    release: () => platform.sandbox.nodeFault({ slowMs: 0 }),
  },
  'when the bot has joined, and nothing is stored': {
    begin: hold,
    reached: storing,
    release: () => letStore(),
  },
  'when it is stored, and the node has not been told': unanswered('lost'),
  'when the node plays, and nobody knows': unanswered('done'),
  'when it plays, and the member has not been told': {
    begin: hold,
    async reached() {
      await storing();
      await signalBot('SIGSTOP');
      await letStore();
      await eventually('it sounds', async () => (await playersOf()).some(({ positionMs }) => positionMs > 0));
    },
    release: () => signalBot('SIGCONT'),
  },
} as const satisfies Record<string, Step>;

let stopped: number | undefined;
async function signalBot(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  if (signal === 'SIGSTOP') stopped = (await platform.bots())[0]?.pid;
  if (stopped === undefined) throw new Error('no bot runs');
  try {
    process.kill(stopped, signal);
  } catch (error) {
    // It has been killed meanwhile.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

type Killed = ProcessName | 'the bot' | 'the node';

/** Resolves with what resolves when it is back. */
async function kill(name: Killed): Promise<{ back: Promise<unknown> }> {
  if (name === 'the node') {
    await platform.sandbox.nodeFault({ restart: true });
    return { back: Promise.resolve() };
  }
  if (name !== 'the bot') return platform.kill(name);
  const [bot] = await platform.bots();
  if (!bot) throw new Error('no bot runs');
  process.kill(bot.pid, 'SIGKILL');
  return { back: Promise.resolve() };
}

/** The final outcome of a command. */
async function fateOf(person: Person, id: string): Promise<Outcome> {
  const untilMs = Date.now() + 80_000;
  for (;;) {
    const outcome = await person.outcome(id);
    if (outcome.state === 'answered' || outcome.state === 'failed' || Date.now() > untilMs) return outcome;
  }
}

const player = () => platform.owner.call('GET', `/v1/tenants/${tenant.id}/guilds/${hall.guild}/player`, playerSchema);

/** Once it plays, it plays on without a fault. */
async function soundsRight(title: string): Promise<void> {
  await eventually(`${title} sounds`, async () => {
    const [one, another] = await playersOf();
    return one?.title?.toLowerCase().startsWith(title) && one.connected && one.positionMs > 0 && !another;
  });
  await using music = listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id });
  await music.faults();
  await delay(400);
  expect(await music.faults()).toEqual([]);
  const { state, current, queueLength } = await player();
  expect({ state, title: current?.title.toLowerCase(), queueLength }).toEqual({
    state: 'playing',
    title: expect.stringContaining(title) as string,
    queueLength: 0,
  });
  await platform.untilReady(tenant.id);
  await eventually('one message shows it', async () => (await shownMessages()).length === 1);
}

const shownMessages = async () =>
  (await personOf(hall.max).messages()).filter((message) => buttonsOf(message).includes('bw:skip'));

const guild = async () => (await platform.sandbox.state()).guilds.find(({ id }) => id === hall.guild);

/** No bot in voice, no player, no message, no status, nothing stored to play. */
async function nothingIsLeft(): Promise<void> {
  const left = async () => {
    const { voiceStates = [], channels = [] } = (await guild()) ?? {};
    const { state, queueLength, voiceChannel } = await player();
    return {
      inVoice: voiceStates.filter(
        ({ userId, channelId }) => userId === tenant.application.bot.id && channelId !== null,
      ),
      statuses: channels.filter(({ status }) => status),
      players: await playersOf(),
      messages: await shownMessages(),
      stored: { state, queueLength, voiceChannel },
    };
  };
  const nothing = { inVoice: [], statuses: [], players: [], messages: [] };
  await expect
    .poll(left, { timeout: 45_000 })
    .toEqual({ ...nothing, stored: { state: 'idle', queueLength: 0, voiceChannel: null } });
}

async function stop(): Promise<void> {
  expect((await somebody().type('stop')).state).toBe('answered');
  await nothingIsLeft();
}

const everybody = Object.keys(steps) as (keyof typeof steps)[];
const rows: readonly (readonly [Killed, keyof typeof steps])[] = [
  ...everybody.map((step) => ['audio', step] as const),
  ['gateway-proxy', 'when the bot has joined, and nothing is stored'],
  ['gateway-proxy', 'when it plays, and the member has not been told'],
  ['discord-edge', 'when the bot has joined, and nothing is stored'],
  ['discord-edge', 'when it plays, and the member has not been told'],
  ['the bot', 'when the bot has joined, and nothing is stored'],
  ['the bot', 'when it plays, and the member has not been told'],
  ['the node', 'when it plays, and the member has not been told'],
];

/** What a step fails with, until the release. */
const failures: readonly (readonly [string, RegExp, () => Promise<Release>])[] = [
  [
    'the search',
    /music server/,
    async () => {
      await platform.sandbox.nodeFault({ restStatus: 500 });
      return () => platform.sandbox.nodeFault({ restStatus: 0 });
    },
  ],
  [
    'the join',
    /Connect/,
    async () => {
      const deny = (permissions: bigint) =>
        platform.sandbox.denyInChannel(hall.guild, hall.lounge, tenant.application.bot.id, permissions);
      await deny(PermissionFlagsBits.Connect);
      return () => deny(0n);
    },
  ],
  [
    'the order',
    /the music server refused it/,
    async () => {
      const refusal = { status: 400, contentType: 'application/json', body: '{"status":400}', path: '/players/' };
      await platform.sandbox.nodeFault({ restAnswer: refusal });
      return () => platform.sandbox.nodeFault({ restAnswer: null });
    },
  ],
];

describe('a /play of which one step fails:', () => {
  test.each(failures)('%s; the member is told so, once, and nothing is left', async (_name, told, fail) => {
    const release = await fail();
    const outcome = await somebody().type('play', { query: 'kitchen radio' });
    expect(textOf(outcome)).toMatch(told);
    expect([outcome.message, ...outcome.followups].filter(Boolean)).toHaveLength(1);
    await nothingIsLeft();
    await release();
  });
});

describe('a /play, in the middle of which is killed:', () => {
  test.each(rows)('%s, %s', async (name, at) => {
    const title = tracks.shift() ?? '';
    const step = steps[at];
    const person = somebody();
    await step.begin();
    const id = await person.begin('play', { query: title });
    await step.reached();
    const { back } = await kill(name);
    await step.release();
    const outcome = await fateOf(person, id);
    await back;
    // While the way to the music server is being restored, it waits, and says so.
    expect(textOf(outcome)).toMatch(new RegExp(`^(?:(?:Playing|Added) .*${title}|.*${title}.* is waiting)`, 'i'));
    expect(outcome.followups).toEqual([]);
    await soundsRight(title);
    await stop();
  });
});
