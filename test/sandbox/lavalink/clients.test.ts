import { LavalinkManager } from 'lavalink-client';
import { Connector, LoadType, Shoukaku } from 'shoukaku';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../clock.ts';
import { startLavalink } from './index.ts';
import type { KnownVoice } from './index.ts';

const password = 'open-sesame-node';
const guild = '100000000000000001';
const bot = '200000000000000002';
const channel = '300000000000000003';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A voice request as a client sends it to Discord (opcode 4), and Discord's two dispatches in response. */
class VoiceGateway {
  known: KnownVoice | undefined;
  #count = 0;

  answer(channelId: string | null): { t: string; d: Record<string, unknown> }[] {
    this.#count += 1;
    const sessionId = `voice-session-${this.#count}`;
    const server = { token: `voice-token-${this.#count}`, endpoint: 'voice-1.sandbox.test:443' };
    this.known = channelId === null ? undefined : { channelId, sessionId, ...server };
    const state = { guild_id: guild, user_id: bot, channel_id: channelId, session_id: sessionId };
    const dispatches: { t: string; d: Record<string, unknown> }[] = [{ t: 'VOICE_STATE_UPDATE', d: state }];
    if (channelId !== null) dispatches.push({ t: 'VOICE_SERVER_UPDATE', d: { guild_id: guild, ...server } });
    return dispatches;
  }
}

async function node() {
  const clock = new ManualClock();
  const discord = new VoiceGateway();
  const server = await startLavalink({ password, clock, voice: () => discord.known });
  open.push(() => server[Symbol.asyncDispose]());
  return { clock, discord, server };
}

async function lavalinkClient() {
  const { clock, discord, server } = await node();
  const manager: LavalinkManager = new LavalinkManager({
    nodes: [
      {
        id: 'sandbox',
        host: '127.0.0.1',
        port: server.port,
        authorization: password,
        retryDelay: 50,
        retryAmount: 100,
      },
    ],
    client: { id: bot, username: 'bot' },
    autoSkip: true,
    sendToShard: (_guildId, payload) => {
      for (const dispatch of discord.answer((payload as { d: { channel_id: string | null } }).d.channel_id)) {
        void manager.sendRawData(dispatch as Parameters<typeof manager.sendRawData>[0]);
      }
    },
  });
  const events: string[] = [];
  manager.on('trackStart', (_player, track) => void events.push(`start ${track?.info.title}`));
  manager.on('trackEnd', (_player, track, payload) => void events.push(`end ${track?.info.title} ${payload.reason}`));
  manager.on('trackStuck', (_player, track) => void events.push(`stuck ${track?.info.title}`));
  manager.on('trackError', (_player, track) => void events.push(`error ${track?.info.title}`));
  manager.on('queueEnd', () => void events.push('queue end'));
  manager.nodeManager.on(
    'resumed',
    (_node, payload, players) =>
      void events.push(`resumed ${payload.sessionId} ${Array.isArray(players) ? players.length : 'none'}`),
  );
  manager.nodeManager.on('error', () => void events.push('node error'));
  await manager.init({ id: bot, username: 'bot' });
  await expect.poll(() => manager.nodeManager.nodes.get('sandbox')?.sessionId).toBeTruthy();
  await expect.poll(() => manager.nodeManager.nodes.get('sandbox')?.info).toBeTruthy();
  open.push(() => manager.nodeManager.nodes.get('sandbox')?.destroy('Test'));
  return { clock, server, manager, events };
}

async function lavalinkPlayer() {
  const started = await lavalinkClient();
  const player = started.manager.createPlayer({ guildId: guild, voiceChannelId: channel, volume: 80 });
  await player.connect();
  await expect.poll(() => started.server.control.view().players[0]?.connected).toBe(true);
  return { ...started, player };
}

test('lavalink-client searches, plays a playlist by the clock, and advances at each end', async () => {
  const { clock, server, player, events } = await lavalinkPlayer();
  const search = await player.search({ query: 'harbour lights', source: 'ytsearch' }, { id: 'max' });
  expect(search.loadType).toBe('search');
  expect(search.tracks[0]?.info.title).toBe('Harbour Lights');
  const bells = await player.search({ query: 'https://music.sandbox.test/playlist/short-bells' }, { id: 'max' });
  expect(bells.playlist?.name).toBe('Sandbox Signals: Short Bells');
  player.queue.add(bells.tracks.slice(0, 2));
  await player.play();
  await expect.poll(() => events).toEqual(['start Eight Second Bell']);
  clock.advance(8_000);
  await expect.poll(() => events.at(-1)).toBe('start Ten Second Bell');
  await expect.poll(() => server.control.view().players[0]?.title).toBe('Ten Second Bell');
  clock.advance(10_000);
  await expect.poll(() => events.at(-1)).toBe('queue end');
});

test('lavalink-client pauses, seeks, sets the volume, skips and stops, with the same effect at the node', async () => {
  const { clock, server, player, events } = await lavalinkPlayer();
  const { tracks } = await player.search(
    { query: 'https://music.sandbox.test/playlist/harbour-lights' },
    { id: 'max' },
  );
  player.queue.add(tracks);
  await player.play();
  const shown = () => server.control.view().players[0];
  await player.pause();
  expect(shown()?.paused).toBe(true);
  await player.resume();
  await player.seek(60_000);
  clock.advance(1_500);
  expect(shown()?.positionMs).toBe(61_500);
  await player.setVolume(35);
  expect(shown()?.volume).toBe(35);
  await player.skip();
  await expect.poll(() => shown()?.title).toBe('Salt on the Window');
  server.control.fail(guild);
  await expect.poll(() => shown()?.title).toBe('Slow Ferry Home');
  expect(events.some((event) => event.startsWith('error Salt'))).toBe(true);
  await player.stopPlaying();
  await expect.poll(() => shown()?.title).toBeNull();
  await player.destroy();
  await expect.poll(() => server.control.view().players).toEqual([]);
});

test('lavalink-client resumes its session after the socket was dropped, and gets the events that it missed', async () => {
  const { clock, server, manager, player, events } = await lavalinkPlayer();
  const lavalink = manager.nodeManager.nodes.get('sandbox');
  await lavalink?.updateSession(true, 60_000);
  const { tracks } = await player.search({ query: 'https://music.sandbox.test/playlist/short-bells' }, { id: 'max' });
  player.queue.add(tracks.slice(0, 2));
  await player.play();
  await expect.poll(() => events).toEqual(['start Eight Second Bell']);
  const sessionId = lavalink?.sessionId ?? '';
  if (lavalink) lavalink.options.sessionId = sessionId; // the client sends Session-Id only when its options name one
  await server.control.fault({ dropSockets: true });
  await expect.poll(() => server.control.view().sessions.map((session) => session.attached)).toEqual([false]);
  clock.advance(8_000);
  await expect.poll(() => events, { timeout: 10_000 }).toContain(`resumed ${sessionId} 1`);
  await expect.poll(() => events.at(-1)).toBe('start Ten Second Bell');
});

/** Shoukaku's connection to Discord. */
class GatewayConnector extends Connector {
  readonly #discord: VoiceGateway;

  constructor(discord: VoiceGateway) {
    super({});
    this.#discord = discord;
  }

  getId(): string {
    return bot;
  }

  sendPacket(_shardId: number, payload: unknown): void {
    const { d } = payload as { d: { channel_id: string | null } };
    setImmediate(() => {
      for (const dispatch of this.#discord.answer(d.channel_id)) this.raw(dispatch);
    });
  }

  listen(nodes: Parameters<Connector['listen']>[0]): void {
    this.ready(nodes);
  }
}

test('shoukaku joins, plays, pauses, seeks, gets the end event, and resumes after the socket was dropped', async () => {
  const { clock, discord, server } = await node();
  const connector = new GatewayConnector(discord);
  const shoukaku = new Shoukaku(connector, [{ name: 'sandbox', url: `127.0.0.1:${server.port}`, auth: password }], {
    resume: true,
    resumeTimeout: 60,
    reconnectInterval: 0.05,
    reconnectTries: 50,
  });
  const seen: string[] = [];
  shoukaku.on('error', () => void seen.push('error'));
  shoukaku.on('ready', (_name, resumed) => void seen.push(`ready ${resumed}`));
  await expect.poll(() => seen).toEqual(['ready false']);
  open.push(() => shoukaku.removeNode('sandbox'));

  const player = await shoukaku.joinVoiceChannel({ guildId: guild, channelId: channel, shardId: 0 });
  const result = await player.node.rest.resolve('https://music.sandbox.test/track/ten-second-bell');
  if (result?.loadType !== LoadType.TRACK) throw new Error('expected a track');
  player.on('start', ({ track }) => void seen.push(`start ${track.info.title}`));
  player.on('end', ({ reason }) => void seen.push(`end ${reason}`));
  await player.playTrack({ track: { encoded: result.data.encoded } });
  await expect.poll(() => seen.at(-1)).toBe('start Ten Second Bell');
  await player.seekTo(4_000);
  await player.setPaused(true);
  clock.advance(30_000);
  expect(server.control.view().players[0]).toMatchObject({ positionMs: 4_000, paused: true, connected: true });
  await player.setPaused(false);
  await server.control.fault({ dropSockets: true });
  await expect.poll(() => seen, { timeout: 10_000 }).toContain('ready true');
  clock.advance(6_000);
  await expect.poll(() => seen.at(-1)).toBe('end finished');
});
