import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SandboxOptions } from '../../sandbox.ts';
import { startHarness } from '../../testing/harness.ts';
import type { Harness } from '../../testing/harness.ts';
import { heardIn } from '../../voice/index.ts';
import type { HeardBot } from '../../voice/index.ts';
import { goToVoice } from '../../world/acting/person.ts';
import { assignVoiceServer, changeVoice } from '../../world/voice.ts';
import type { Message, PlayerBody } from '../protocol.ts';

const open: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const address = (slug: string) => `https://music.sandbox.test/track/${slug}`;

/** A bot in a voice channel with a client at the node, and what members hear of it. */
async function stage(options: SandboxOptions = {}) {
  const harness = await startHarness(options);
  open.push(() => harness[Symbol.asyncDispose]());
  const { world, hall } = harness;
  const bot = harness.newApplication().botUserId;
  changeVoice(world, hall.id, bot, { channelId: harness.channel('Lounge'), sessionId: 'a-session' });
  const client = await connect(harness, bot);
  return {
    harness,
    bot,
    ...client,
    /** The credentials that a client passes on from Discord, with any changes that a test wants. */
    voice: (other: object = {}) => ({ ...world.voiceConnection(bot, hall.id), ...other }),
    heard: () => heardIn(harness.sandbox.voice.sessions, hall.id).find(({ userId }) => userId === bot),
  };
}

async function connect({ sandbox, hall }: Harness, bot: string) {
  const { port, password } = sandbox.lavalink;
  const headers = { Authorization: password, 'User-Id': bot, 'Client-Name': 'test/1' };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v4/websocket`, { headers });
  open.push(() => socket.terminate());
  const messages: Message[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  await expect.poll(() => messages[0]?.op).toBe('ready');
  const { sessionId } = messages[0] as { sessionId: string };
  return {
    async patch(body: object): Promise<PlayerBody> {
      const answer = await fetch(`http://127.0.0.1:${port}/v4/sessions/${sessionId}/players/${hall.id}`, {
        method: 'PATCH',
        headers: { Authorization: password, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as PlayerBody;
    },
    closes: () => messages.flatMap((one) => (one.op === 'event' && one.type === 'WebSocketClosedEvent' ? [one] : [])),
    state: () => messages.findLast((one) => one.op === 'playerUpdate')?.state,
  };
}
type Stage = Awaited<ReturnType<typeof stage>>;

const titles = (heard: HeardBot | undefined) => heard?.tracks.map(({ title }) => title);

/** Plays a song until some of it was heard. */
async function playing(on: Stage): Promise<void> {
  await on.patch({ voice: on.voice(), track: { identifier: address('rooftops') } });
  await expect.poll(() => on.heard()?.tracks[0]?.packets).toBeGreaterThan(5);
}

describe('a player with the credentials of a voice server', () => {
  test('connects there, and its current and next tracks are heard', async () => {
    const on = await stage();
    await playing(on);
    expect(on.state()).toMatchObject({ connected: true });
    expect(on.state()?.ping).toBeGreaterThanOrEqual(0);
    await on.patch({ track: { identifier: address('glass-winter') }, position: 60_000 });
    await expect.poll(() => on.heard()?.tracks[1]?.packets).toBeGreaterThan(5);
    expect(titles(on.heard())).toEqual(['Rooftops', 'Glass Winter']);
    expect(on.heard()?.tracks[1]?.fromMs).toBeGreaterThanOrEqual(60_000);
    expect(on.heard()).toMatchObject({ undecryptable: 0, unheard: 0, outOfOrder: 0, speaking: true });
    expect(on.heard()?.tracks.map(({ lost }) => lost)).toEqual([0, 0]);
  });

  test('falls silent, announced by five silence frames, when it is paused and when it has nothing to play', async () => {
    const on = await stage();
    await playing(on);
    await on.patch({ paused: true });
    await expect.poll(() => on.heard()).toMatchObject({ silenceFrames: 5, speaking: false });
    const { packets } = on.heard() ?? {};
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(on.heard()?.packets).toBe(packets);
    await on.patch({ paused: false });
    await expect.poll(() => on.heard()?.packets).toBeGreaterThan((packets ?? 0) + 5);
    await on.patch({ track: { encoded: null } });
    await expect.poll(() => on.heard()).toMatchObject({ silenceFrames: 10, speaking: false, connected: true });
    expect(on.heard()?.tracks).toMatchObject([{ title: 'Rooftops', leaps: 0 }]);
  });

  test.each([
    [4004, 'a wrong token', { token: 'guessed' }],
    [4006, 'a wrong session', { sessionId: 'old' }],
  ])('is closed with %i for %s, and is not heard', async (code, _name, other) => {
    const on = await stage();
    await on.patch({ voice: on.voice(other), track: { identifier: address('rooftops') } });
    await expect.poll(on.closes).toMatchObject([{ code, byRemote: true }]);
    expect(on.state()).toMatchObject({ connected: false, position: 0, ping: -1 });
    expect(on.heard()?.packets ?? 0).toBe(0);
  });

  test('is disconnected with 4014 when the bot is removed, and is heard again with its next server', async () => {
    const on = await stage();
    const { world, hall } = on.harness;
    await playing(on);
    assignVoiceServer(world, hall.id, on.bot);
    await expect.poll(on.closes).toMatchObject([{ code: 4014 }]);
    const { packets = 0 } = on.heard() ?? {};
    await on.patch({ voice: on.voice() });
    await expect.poll(() => on.heard()?.packets).toBeGreaterThan(packets + 5);
    goToVoice(world, hall.id, on.bot, null);
    await expect.poll(on.closes).toMatchObject([{ code: 4014 }, { code: 4014 }]);
    expect(on.heard()).toMatchObject({ connected: false, channelId: null });
  });

  test('connects but sends nothing in a sandbox without sound', async () => {
    const on = await stage({ sound: false });
    await on.patch({ voice: on.voice(), track: { identifier: address('rooftops') } });
    await expect.poll(() => on.heard()?.connected).toBe(true);
    await expect.poll(on.state).toMatchObject({ connected: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(on.heard()).toMatchObject({ packets: 0, undecryptable: 0, unheard: 0 });
  });

  test('reports an unreachable voice server', async () => {
    const on = await stage();
    await on.patch({ voice: on.voice({ endpoint: '127.0.0.1:1' }) });
    await expect.poll(on.closes).toMatchObject([{ code: 1006 }]);
  });
});

describe('a voice server', () => {
  test('that crashes is rejoined by resuming, and the client notices nothing', async () => {
    const on = await stage();
    await playing(on);
    const [session] = on.harness.sandbox.voice.sessions.in(on.harness.hall.id);
    const before = session?.carrier;
    before?.close(4015, 'Crashed.');
    await expect.poll(() => session?.carrier !== undefined && session.carrier !== before).toBe(true);
    const { packets = 0 } = on.heard() ?? {};
    await expect.poll(() => on.heard()?.packets).toBeGreaterThan(packets + 5);
    expect(on.closes()).toEqual([]);
    expect(titles(on.heard())).toEqual(['Rooftops']);
  });

  test('that stops answering heartbeats is given up after one attempt to resume', async () => {
    const on = await stage({ limits: { voiceHeartbeatIntervalMs: 200 } });
    await playing(on);
    on.harness.sandbox.voice.sessions.faults.inject(on.harness.hall.id, { dropHeartbeatAcks: true });
    await expect.poll(on.closes).toMatchObject([{ code: 1006 }]);
    expect(on.state()).toMatchObject({ connected: false });
  });

  test('that loses packets makes the bot unheard, although the node plays on', async () => {
    const on = await stage();
    await playing(on);
    const { faults } = on.harness.sandbox.voice.sessions;
    faults.inject(on.harness.hall.id, { dropPackets: true });
    const { packets = 0 } = on.heard() ?? {};
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(on.heard()?.packets).toBe(packets);
    expect(on.closes()).toEqual([]);
    faults.clear(on.harness.hall.id);
    await expect.poll(() => on.heard()?.tracks[0]?.gaps).toBeGreaterThan(0);
    expect(on.heard()?.tracks[0]?.lost).toBeGreaterThan(5);
  });
});
