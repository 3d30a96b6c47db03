import { Readable } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  createAudioPlayer,
  createAudioResource,
  entersState,
  joinVoiceChannel,
  StreamType,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import type { DiscordGatewayAdapterCreator, VoiceConnection } from '@discordjs/voice';
import { afterEach, expect, test } from 'vitest';
import { startHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';
import { changeVoice } from '../world/voice.ts';
import { heardIn } from './index.ts';
import { soundFrame } from './sound-frame.ts';

/*
 * Unmodified @discordjs/voice, which connects to a voice server only by wss with a certificate that its process trusts.
 */
const trusted = getCACertificates('default');
const open: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  setDefaultCACertificates(trusted);
});

const sessionId = 'a-session';

/** Its connection to the gateway: op 4 has Discord's effects and gets Discord's responses. */
function gatewayOf({ world, hall }: Harness, bot: string): DiscordGatewayAdapterCreator {
  type Methods = Parameters<DiscordGatewayAdapterCreator>[0];
  const tell = (methods: Methods, channelId: string | null): void => {
    changeVoice(world, hall.id, bot, { channelId, sessionId });
    const known = world.voiceConnection(bot, hall.id);
    const state = { guild_id: hall.id, user_id: bot, channel_id: channelId, session_id: sessionId };
    methods.onVoiceStateUpdate(state as Parameters<Methods['onVoiceStateUpdate']>[0]);
    if (!known) return;
    methods.onVoiceServerUpdate({ guild_id: hall.id, token: known.token, endpoint: known.endpoint });
  };
  return (methods) => ({
    sendPayload(payload: { d: { channel_id: string | null } }) {
      setImmediate(() => tell(methods, payload.d.channel_id));
      return true;
    },
    destroy: () => undefined,
  });
}

async function joined(): Promise<{ harness: Harness; bot: string; connection: VoiceConnection }> {
  const harness = await startHarness();
  open.push(() => harness[Symbol.asyncDispose]());
  setDefaultCACertificates([...trusted, harness.sandbox.voice.certPem]);
  const bot = harness.newApplication().botUserId;
  const connection = joinVoiceChannel({
    guildId: harness.hall.id,
    channelId: harness.channel('Lounge'),
    adapterCreator: gatewayOf(harness, bot),
  });
  open.push(() => {
    if (connection.state.status !== VoiceConnectionStatus.Destroyed) connection.destroy();
  });
  await entersState(connection, VoiceConnectionStatus.Ready, 15_000);
  return { harness, bot, connection };
}

async function* frames(count: number): AsyncGenerator<Buffer> {
  for (let frame = 0; frame < count; frame += 1) yield soundFrame('a', 'By discord.js');
}

test('@discordjs/voice joins, and every frame that it plays is heard', async () => {
  const { harness, connection } = await joined();
  const player = createAudioPlayer();
  connection.subscribe(player);
  player.play(createAudioResource(Readable.from(frames(20)), { inputType: StreamType.Opus }));
  const heard = () => heardIn(harness.sandbox.voice.sessions, harness.hall.id)[0];
  await expect.poll(heard).toMatchObject({ silenceFrames: 5, speaking: false });
  expect(heard()).toMatchObject({ undecryptable: 0, unheard: 0, outOfOrder: 0 });
  expect(heard()?.tracks).toMatchObject([{ title: 'By discord.js', packets: 20, lost: 0 }]);
});

test('@discordjs/voice resumes its session after a crash of the voice server', async () => {
  const { harness, connection } = await joined();
  const [session] = harness.sandbox.voice.sessions.in(harness.hall.id);
  const before = session?.carrier;
  before?.close(4015, 'Crashed.');
  await expect.poll(() => session?.carrier !== undefined && session.carrier !== before).toBe(true);
  await entersState(connection, VoiceConnectionStatus.Ready, 15_000);
});

test('@discordjs/voice interprets 4014 as removal from the channel', async () => {
  const { harness, bot, connection } = await joined();
  changeVoice(harness.world, harness.hall.id, bot, { channelId: null, sessionId });
  await expect.poll(() => connection.state).toMatchObject({ status: 'disconnected', closeCode: 4014 });
});
