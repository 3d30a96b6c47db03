import { randomBytes } from 'node:crypto';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { forbidden, invalid } from './errors.ts';
import { channelPermissions, memberOf } from './permissions.ts';
import type { Channel, Guild, VoiceState } from './types.ts';
import type { World } from './world.ts';

/** A client's request with op 4, or a person's by clicking a channel. */
export interface VoiceRequest {
  channelId: string | null;
  sessionId: string;
  selfMute?: boolean;
  selfDeaf?: boolean;
}

/** Why somebody cannot join a channel: not allowed, full, or not a voice channel; undefined if they can. */
export function voiceObstacle(
  guild: Guild,
  userId: string,
  channelId: string,
): 'permissions' | 'full' | 'unknown' | undefined {
  const channel = guild.channels.find((candidate) => candidate.id === channelId);
  const member = guild.members.find((candidate) => candidate.userId === userId);
  if (!channel || !member || (channel.type !== 2 && channel.type !== 13)) return 'unknown';
  const permissions = channelPermissions(guild, member, channel);
  const entry = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.Connect;
  if ((permissions & entry) !== entry) return 'permissions';
  const others = guild.voiceStates.filter((state) => state.channelId === channelId && state.userId !== userId);
  const full = channel.userLimit > 0 && others.length >= channel.userLimit;
  return full && !(permissions & PermissionFlagsBits.MoveMembers) ? 'full' : undefined;
}

/**
 * Joins, changes or leaves a guild's voice channels. Returns false, without any effect or notification, if the channel
 * is full or not allowed: that is how Discord responds to a client too.
 */
export function changeVoice(world: World, guildId: string, userId: string, request: VoiceRequest): boolean {
  const guild = world.guild(guildId);
  const previous = guild.voiceStates.find((state) => state.userId === userId) ?? null;
  if (request.channelId === null) {
    if (previous) leave(world, guild, previous);
    return true;
  }
  const staying = previous?.channelId === request.channelId && previous.sessionId === request.sessionId;
  if (!staying && voiceObstacle(guild, userId, request.channelId)) return false;
  const state: VoiceState = {
    userId,
    channelId: request.channelId,
    sessionId: request.sessionId,
    selfMute: request.selfMute ?? previous?.selfMute ?? false,
    selfDeaf: request.selfDeaf ?? previous?.selfDeaf ?? false,
    mute: previous?.mute ?? false,
    deaf: previous?.deaf ?? false,
    // "Permissions are only computed when you join/move channels" (discord/discord-api-docs, issue 4032).
    suppress: staying ? previous.suppress : startsSuppressed(guild, userId, request.channelId),
    requestToSpeakAt: null,
  };
  guild.voiceStates = [...guild.voiceStates.filter((candidate) => candidate.userId !== userId), state];
  world.emit({ type: 'voice.state', guildId, userId, state, previous });
  if (!staying && world.applicationByBot(userId)) assignVoiceServer(world, guildId, userId);
  return true;
}

/**
 * Members without Speak are not heard; in a stage, everyone but moderators starts in the audience (Discord: Voice
 * State).
 */
function startsSuppressed(guild: Guild, userId: string, channelId: string): boolean {
  const channel = guild.channels.find((candidate) => candidate.id === channelId);
  if (!channel) return false;
  const permissions = channelPermissions(guild, memberOf(guild, userId), channel);
  if (channel.type !== 13) return !(permissions & PermissionFlagsBits.Speak);
  const moderator =
    PermissionFlagsBits.ManageChannels | PermissionFlagsBits.MuteMembers | PermissionFlagsBits.MoveMembers;
  return (permissions & moderator) !== moderator;
}

function leave(world: World, guild: Guild, previous: VoiceState): void {
  const { userId } = previous;
  guild.voiceStates = guild.voiceStates.filter((state) => state.userId !== userId);
  world.voiceServers.delete(`${guild.id}/${userId}`);
  const abandoned = guild.channels.find((channel) => channel.id === previous.channelId);
  world.emit({ type: 'voice.state', guildId: guild.id, userId, state: null, previous });
  if (world.applicationByBot(userId)) {
    world.emit({ type: 'voice.connection', guildId: guild.id, botUserId: userId, connection: undefined });
  }
  if (abandoned?.status && !guild.voiceStates.some((state) => state.channelId === abandoned.id)) {
    setVoiceStatus(world, guild, abandoned, null);
  }
}

/** Assigns a bot a voice server with a fresh token; also when Discord moves a guild to another server. */
export function assignVoiceServer(world: World, guildId: string, botUserId: string): void {
  const server = { token: randomBytes(8).toString('hex'), endpoint: world.voiceEndpoint };
  world.voiceServers.set(`${guildId}/${botUserId}`, server);
  world.emit({ type: 'voice.server', guildId, botUserId, ...server });
  const connection = world.voiceConnection(botUserId, guildId);
  world.emit({ type: 'voice.connection', guildId, botUserId, connection });
}

/** Removes a bot from every channel that it joined with a session that is now over. */
export function endVoiceOfSession(world: World, sessionId: string): void {
  for (const guild of world.guilds.values()) {
    const state = guild.voiceStates.find((candidate) => candidate.sessionId === sessionId);
    if (state) leave(world, guild, state);
  }
}

/** Lets somebody in a stage speak, or request to (Discord: Modify Current User Voice State). */
export function changeStageVoice(
  world: World,
  guildId: string,
  userId: string,
  change: { suppress?: boolean | undefined; requestToSpeakAt?: string | null | undefined },
): void {
  const guild = world.guild(guildId);
  const previous = guild.voiceStates.find((state) => state.userId === userId);
  const channel = guild.channels.find((candidate) => candidate.id === previous?.channelId);
  if (!previous || channel?.type !== 13) throw invalid('not-in-stage', 'This user is in no stage channel.');
  const permissions = channelPermissions(guild, memberOf(guild, userId), channel);
  if (change.suppress === false && !(permissions & PermissionFlagsBits.MuteMembers)) {
    throw forbidden('missing-permissions', 'Only a stage moderator may unsuppress.');
  }
  if (change.requestToSpeakAt && !(permissions & PermissionFlagsBits.RequestToSpeak)) {
    throw forbidden('missing-permissions', 'This member may not ask to speak.');
  }
  const state: VoiceState = {
    ...previous,
    suppress: change.suppress ?? previous.suppress,
    requestToSpeakAt: change.requestToSpeakAt === undefined ? previous.requestToSpeakAt : change.requestToSpeakAt,
  };
  guild.voiceStates = guild.voiceStates.map((candidate) => (candidate === previous ? state : candidate));
  world.emit({ type: 'voice.state', guildId, userId, state, previous });
}

/** Sets the status line under a voice channel; null removes it. */
export function setVoiceStatus(world: World, guild: Guild, channel: Channel, status: string | null): void {
  channel.status = status;
  world.emit({ type: 'voice.status', guildId: guild.id, channelId: channel.id, status });
}
