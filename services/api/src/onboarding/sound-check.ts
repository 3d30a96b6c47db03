import { snowflake } from '#infra/kernel/ids.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import {
  guildDetailSchema,
  guildListSchema,
  type GuildDetail,
  type VoicePermission,
} from '#tenants/instance-protocol/guilds.ts';
import type { PlayerOf, Players } from '../players.ts';
import { CheckFailed, failed, isPassing, Superseded } from './check-failed.ts';
import type { CheckData, SoundPlace } from './document.ts';
import type { Pass } from './pass.ts';

export interface SoundPorts {
  readonly caller: Caller;
  readonly players: Players;
  /** The track of the sound check: short and harmless. */
  readonly probeQuery: string;
  readonly logger: Logger;
}

/** Servers that are searched for a channel; the owner of a bot in more servers chooses. */
const guildsLookedAt = 25;
const guildsShown = 100;
const fixEvery = { everyMs: 1_000, slowestMs: 3_000 };
const soundEveryMs = 150;
const soundWithinMs = 15_000;

/** The names in Discord's settings. */
const permissionNames: Readonly<Record<VoicePermission, string>> = {
  VIEW_CHANNEL: 'View Channel',
  CONNECT: 'Connect',
  SPEAK: 'Speak',
};

type VoiceChannel = GuildDetail['voice'][number];

interface Candidate {
  readonly guild: GuildDetail;
  readonly channel: VoiceChannel;
}

/** A place, or what prevents it. */
type Looked = { readonly hearing: SoundPlace; readonly data: CheckData } | CheckFailed;

/**
 * The voice channel of the check, and whether the bot may play there: the channel that its owner chose, else the first
 * with somebody in it, else the first that the bot may use. What prevents it is reported, and checked again until it is
 * fixed or another place is chosen.
 */
export async function choosePlace(pass: Pass, ports: SoundPorts): Promise<void> {
  let obstacle: CheckFailed | undefined;
  const found = await pass.until({ ...fixEvery, endsAtMs: pass.endsAtMs }, async () => {
    const looked = await lookAround(pass, ports);
    if (!(looked instanceof CheckFailed)) return looked;
    const said = obstacle?.check.detail;
    obstacle = looked;
    if (looked.check.detail !== said) await pass.set('voice-permissions', { state: 'needs-you', ...looked.check });
    return undefined;
  });
  if (!found) throw obstacle ?? nowhere();
  await pass.change((document) => ({ ...document, hearing: found.hearing }));
  await pass.pass('voice-permissions', { data: found.data });
}

async function lookAround(pass: Pass, ports: SoundPorts): Promise<Looked> {
  const { place } = pass.document;
  const { guilds, details } = await guildsOf(pass, ports, place);
  const all = details.flatMap((guild) => guild.voice.map((channel): Candidate => ({ guild, channel })));
  const found = place ? all.find(({ channel }) => channel.id === place.voiceChannel) : best(all);
  if (!found) return place ? placeIsGone({ guilds }) : nowhere();
  const { guild, channel } = found;
  const data = {
    guild: { id: guild.id, name: guild.name },
    voiceChannel: { id: channel.id, name: channel.name },
    missing: channel.missing,
  };
  if (channel.missing.length > 0) return missingPermissions(found, { ...data, guilds });
  if (channel.full) return channelIsFull(found, { ...data, guilds });
  return { hearing: { guild: snowflake(guild.id), voiceChannel: snowflake(channel.id) }, data };
}

/** The servers to choose from, and those that are searched. */
async function guildsOf(pass: Pass, { caller }: SoundPorts, place: SoundPlace | null) {
  const { tenant, signal } = pass;
  const listAt = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds', { tenant });
  const guildAt = (guild: string) =>
    addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild', { tenant, guild });
  const list = await caller.json({ ...listAt, signal }, guildListSchema);
  const guilds = list.guilds.slice(0, guildsShown).map(({ id, name }) => ({ id, name }));
  const ids = place ? [place.guild] : guilds.slice(0, guildsLookedAt).map(({ id }) => id);
  const details = ids.map((id) =>
    caller.json({ ...guildAt(id), signal }, guildDetailSchema).catch((error: unknown) => {
      // The bot left it between the two requests.
      if (error instanceof BailiwickError && error.code === 'guild.unknown') return undefined;
      throw error;
    }),
  );
  return { guilds, details: (await Promise.all(details)).filter((detail) => detail !== undefined) };
}

const best = (all: readonly Candidate[]): Candidate | undefined =>
  all.find(({ channel }) => channel.listeners > 0) ??
  all.find(({ channel }) => channel.missing.length === 0 && !channel.full) ??
  all[0];

const placeIsGone = (data?: CheckData) =>
  new CheckFailed('voice-permissions', {
    code: 'onboarding.place-gone',
    detail: 'The voice channel that you chose no longer exists, or the bot is not in its server.',
    fix: 'Choose another channel.',
    ...(data ? { data } : {}),
  });

const nowhere = () =>
  new CheckFailed('voice-permissions', {
    code: 'onboarding.no-voice-channel',
    detail: "None of the bot's servers has a voice channel.",
    fix: 'Create one, or invite the bot to another server. This check then continues automatically.',
  });

function missingPermissions({ guild, channel }: Candidate, data: CheckData): CheckFailed {
  const names = channel.missing.map((name) => permissionNames[name]).join(', ');
  return new CheckFailed('voice-permissions', {
    code: 'onboarding.permissions-missing',
    detail: `In the voice channel "${channel.name}" of "${guild.name}" the bot lacks these permissions: ${names}.`,
    fix: `In Discord, open the channel's settings, select Permissions, and allow the bot's role: ${names}. This check then continues automatically. Or choose another channel.`,
    data,
  });
}

const channelIsFull = ({ channel }: Candidate, data: CheckData) =>
  new CheckFailed('voice-permissions', {
    code: 'onboarding.channel-full',
    detail: `The voice channel "${channel.name}" is full.`,
    fix: 'This check continues automatically once somebody leaves. Or choose another channel.',
    data,
  });

function playerOf(pass: Pass): PlayerOf & SoundPlace {
  const { hearing, by } = pass.document;
  if (!hearing) throw placeIsGone();
  // Whoever may run the onboarding hears the bot; the proxy refuses what their role does not allow.
  return { tenant: pass.tenant, subject: by, covers: () => true, ...hearing };
}

/** The bot joins, a track plays, and the bot leaves: the two checks that can only be made together. */
export async function beHeard(pass: Pass, ports: SoundPorts): Promise<void> {
  await join(pass, ports);
  try {
    await listen(pass, ports);
  } catch (error) {
    throw error instanceof Superseded || isPassing(error) ? error : failed('plays', error);
  }
}

/** The bot joins the channel. If it is already playing, nothing is done: that music is used for the check. */
async function join(pass: Pass, { players }: SoundPorts): Promise<void> {
  const { voiceChannel, ...of } = playerOf(pass);
  const { current, voiceChannel: where } = await players.read(of);
  const isBusy = current !== null && pass.document.probing !== of.guild;
  if (isBusy && where !== voiceChannel) {
    throw new CheckFailed('joined', {
      code: 'onboarding.plays-elsewhere',
      detail: 'The bot is playing in another voice channel of this server.',
      fix: 'Choose that channel, or stop the music there, then try again.',
    });
  }
  if (!isBusy) {
    // Stored before it is done, so that the bot leaves again whatever happens in between.
    await pass.change((document) => ({ ...document, probing: of.guild }));
    await players.join(of, voiceChannel, { signal: pass.signal });
  }
  await pass.pass('joined');
}

/** A track plays: the node itself reports that it is connected and that the position advances. Then the bot leaves. */
async function listen(pass: Pass, ports: SoundPorts): Promise<void> {
  const { voiceChannel, ...of } = playerOf(pass);
  const isProbe = pass.document.probing === of.guild;
  try {
    if (isProbe) await probe(ports, of, voiceChannel, pass.signal);
    await heard(pass, ports, of);
  } finally {
    if (isProbe) await leave(pass, ports, of);
  }
  await pass.pass('plays');
}

async function probe(
  { players, probeQuery }: SoundPorts,
  of: PlayerOf,
  voiceChannel: SoundPlace['voiceChannel'],
  signal: AbortSignal,
): Promise<void> {
  try {
    // It plays already if the attempt before was interrupted.
    if ((await players.read(of)).current !== null) return;
    await players.enqueue(of, { query: probeQuery, voiceChannel }, { signal });
  } catch (error) {
    const notLoaded = [
      'player.nothing-found',
      'player.load-failed',
      'player.url-refused',
      'player.node-unavailable',
      'player.node-no-answer',
    ];
    if (!(error instanceof BailiwickError) || !notLoaded.includes(error.code)) throw error;
    throw new CheckFailed('plays', {
      code: error.code,
      detail: `The test track "${probeQuery}" cannot be loaded: ${error.message}`,
      fix: 'Your bot is fine. Contact the operator, and try again later.',
    });
  }
}

async function heard(pass: Pass, { players }: SoundPorts, of: PlayerOf): Promise<void> {
  let before: Awaited<ReturnType<typeof players.sound>> = null;
  let seen = 'The Lavalink node has not started playing.';
  const advanced = await pass.until({ everyMs: soundEveryMs, endsAtMs: pass.in(soundWithinMs) }, async () => {
    const sound = await players.sound(of);
    const same = sound !== null && before?.entryId === sound.entryId;
    const advances = same && before !== null && sound.positionMs > before.positionMs;
    before = sound;
    if (sound?.paused) seen = 'The music is paused.';
    else if (sound && !sound.connected) seen = 'The Lavalink node is not connected to the voice channel.';
    else if (sound) seen = 'The track is loaded, but its position does not advance.';
    return advances && sound.connected ? true : undefined;
  });
  if (advanced) return;
  const { reason } = await players.read(of);
  throw new CheckFailed('plays', {
    code: 'onboarding.not-heard',
    detail: reason ?? seen,
    fix: 'Try again in a minute. If it keeps failing, contact the operator.',
  });
}

/** If the bot is still in voice for the check, it leaves; for taking an onboarding back. */
export async function leaveProbe(pass: Pass, ports: SoundPorts): Promise<void> {
  if (pass.document.probing === null || pass.document.hearing === null) return;
  const { voiceChannel: _where, ...of } = playerOf(pass);
  await leave(pass, ports, of);
}

/** What was brought in for the check leaves again, unless somebody has started to use it: then their music stays. */
async function leave(pass: Pass, { players, logger }: SoundPorts, of: PlayerOf): Promise<void> {
  try {
    const { queue, voiceChannel } = await players.read(of);
    if (queue.length === 0 && voiceChannel !== null) await players.control(of, 'stop');
  } catch (error) {
    // It leaves by itself when it has been alone, or silent, for a while.
    logger.warn({ err: error, tenant: of.tenant, guild: of.guild }, 'the bot did not leave voice after its check');
    return;
  }
  if (!pass.signal.aborted) await pass.change((document) => ({ ...document, probing: null }));
}
