import { Locale, PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import type {
  APIApplicationCommandInteractionDataOption,
  APIInteractionDataResolved,
  GatewayInteractionCreateDispatchData,
} from 'discord-api-types/v10';
import { randomBytes } from 'node:crypto';
import { codePoints } from '../../code-points.ts';
import { newMessage } from '../../discord/payloads/message.ts';
import { channelPayload } from '../../discord/payloads/guild.ts';
import { memberPayload } from '../../discord/payloads/user.ts';
import { flatten } from '../../discord/payloads/components.ts';
import { forbidden, invalid, notFound } from '../errors.ts';
import { createInteraction, recordAnswer } from '../interactions.ts';
import type { InteractionRecord } from '../interactions.ts';
import { postMessage } from '../messages.ts';
import { channelPermissions, mayInChannel, memberOf } from '../permissions.ts';
import type { Channel, Guild, StoredMessage } from '../types.ts';
import { changeVoice, voiceObstacle } from '../voice.ts';
import type { World } from '../world.ts';
import { addUser, fillOptions } from './fill-options.ts';
import type { TypedOptions } from './fill-options.ts';
import { chooseCommand } from './find-command.ts';
import { attachmentOf, type Upload } from './upload.ts';

/** Somebody in a channel of a guild. */
export interface Seat {
  guildId: string;
  channelId: string;
  userId: string;
  /** The language of their Discord; American English if none is given. */
  locale?: Locale | undefined;
}

function seatOf(world: World, seat: Seat): { guild: Guild; channel: Channel } {
  const guild = world.guild(seat.guildId);
  const channel = guild.channels.find((candidate) => candidate.id === seat.channelId);
  if (!channel) throw notFound('channel');
  memberOf(guild, seat.userId);
  if (!mayInChannel(guild, seat.userId, channel, Permission.ViewChannel)) {
    throw forbidden('channel-hidden', 'This member cannot see this channel.');
  }
  return { guild, channel };
}

/** Everything in an interaction except its kind and data (Discord: Receiving and Responding, Interaction Object). */
function interactionEnvelope(world: World, seat: Seat, applicationId: string) {
  const { guild, channel } = seatOf(world, seat);
  const member = memberOf(guild, seat.userId);
  const bot = guild.members.find((candidate) => candidate.userId === world.application(applicationId).botUserId);
  const permissions = channelPermissions(guild, member, channel).toString();
  return {
    application_id: applicationId,
    guild_id: guild.id,
    guild: { id: guild.id, locale: guild.locale ?? Locale.EnglishUS, features: [] },
    guild_locale: guild.locale ?? Locale.EnglishUS,
    channel_id: channel.id,
    channel: { ...channelPayload(channel), permissions },
    member: { ...memberPayload(world, guild, member), permissions },
    app_permissions: (bot ? channelPermissions(guild, bot, channel) : 0n).toString(),
    locale: seat.locale ?? Locale.EnglishUS,
    entitlements: [],
    authorizing_integration_owners: { 0: guild.id },
    context: 0,
    attachment_size_limit: 10_485_760,
    version: 1,
  };
}

function send(
  world: World,
  seat: Seat,
  made: { applicationId: string; type: 2 | 3 | 4 | 5; name: string; sourceMessageId: string | null },
  data: object,
  message?: StoredMessage,
): InteractionRecord {
  const envelope = interactionEnvelope(world, seat, made.applicationId);
  const payload = (id: string, token: string) =>
    ({
      ...envelope,
      id,
      token,
      type: made.type,
      data,
      ...(message ? { message: message.message } : {}),
    }) as unknown as GatewayInteractionCreateDispatchData;
  return createInteraction(world, { ...seat, ...made, payload });
}

/** A slash or context-menu command; with `focused`, the autocompletion of one of its options. */
export function useCommand(
  world: World,
  seat: Seat,
  typed: {
    command: string;
    options?: TypedOptions | undefined;
    applicationId?: string | undefined;
    focused?: string | undefined;
    targetId?: string | undefined;
  },
): InteractionRecord {
  const where = seatOf(world, seat);
  const { command, path, options } = chooseCommand(world, where, seat.userId, typed.command, typed.applicationId);
  const filled = fillOptions(
    world,
    { guild: where.guild, channelId: seat.channelId },
    options,
    typed.options ?? {},
    typed.focused,
  );
  const resolved = { ...filled.resolved };
  if (command.type !== 1) resolveTarget(world, where.guild, command.type, typed.targetId, resolved);
  const data = {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(command.guild_id ? { guild_id: command.guild_id } : {}),
    options: nest(path, filled.options),
    ...(Object.keys(resolved).length > 0 ? { resolved } : {}),
    ...(command.type === 1 ? {} : { target_id: typed.targetId }),
  };
  const made = {
    applicationId: command.application_id,
    type: typed.focused === undefined ? (2 as const) : (4 as const),
    name: [command.name, ...path].join(' '),
    sourceMessageId: null,
  };
  return send(world, seat, made, data);
}

function nest(
  path: string[],
  options: APIApplicationCommandInteractionDataOption[],
): APIApplicationCommandInteractionDataOption[] {
  const names = [...path].reverse();
  return names.reduce<APIApplicationCommandInteractionDataOption[]>(
    (inner, name, depth) => [{ name, type: depth === 0 ? 1 : 2, options: inner } as never],
    options,
  );
}

function resolveTarget(
  world: World,
  guild: Guild,
  type: number,
  targetId: string | undefined,
  resolved: APIInteractionDataResolved & { messages?: unknown },
): void {
  if (targetId === undefined) throw invalid('no-target', 'This command needs a target.');
  if (type === 2) return addUser(world, guild, memberOf(guild, targetId).userId, resolved);
  const stored = world.messages.get(targetId);
  if (!stored) throw notFound('message');
  resolved.messages = { [targetId]: stored.message };
}

/** The message, visible to this person, with an enabled component of this id. */
function componentOf(world: World, seat: Seat, messageId: string, customId: string) {
  const stored = world.messages.get(messageId);
  const hidden = stored?.ephemeralFor !== null && stored?.ephemeralFor !== seat.userId;
  if (!stored || hidden || stored.message.channel_id !== seat.channelId) throw notFound('message');
  const component = flatten(stored.message.components).find((candidate) => candidate['custom_id'] === customId);
  const application = world.applicationByBot(stored.message.author.id);
  if (!component || !application) throw notFound('component');
  if (component['disabled'] === true) throw forbidden('component-disabled', 'This component is disabled.');
  return { stored, component, applicationId: application.id };
}

/** Presses a button. */
export function pressButton(
  world: World,
  seat: Seat,
  pressed: { messageId: string; customId: string },
): InteractionRecord {
  const { stored, component, applicationId } = componentOf(world, seat, pressed.messageId, pressed.customId);
  if (component['type'] !== 2) throw invalid('not-a-button', 'This component is not a button.');
  const made = { applicationId, type: 3 as const, name: pressed.customId, sourceMessageId: pressed.messageId };
  return send(world, seat, made, { custom_id: pressed.customId, component_type: 2, id: component['id'] }, stored);
}

/** Chooses from a select menu. */
export function chooseFromSelect(
  world: World,
  seat: Seat,
  chosen: { messageId: string; customId: string; values: string[] },
): InteractionRecord {
  const { stored, component, applicationId } = componentOf(world, seat, chosen.messageId, chosen.customId);
  const type = Number(component['type']);
  if (![3, 5, 6, 7, 8].includes(type)) throw invalid('not-a-select', 'This component is not a select menu.');
  const values = [...new Set(chosen.values)];
  const fewest = Number(component['min_values'] ?? 1);
  const most = Number(component['max_values'] ?? 1);
  if (values.length < fewest || values.length > most) throw invalid('invalid-values', 'Too few or too many values.');
  const options = component['options'] as { value: string }[] | undefined;
  const unknown = type === 3 && values.some((value) => !options?.some((option) => option.value === value));
  if (unknown) throw invalid('invalid-values', 'A value that is not on offer.');
  const resolved: APIInteractionDataResolved = {};
  const { guild } = seatOf(world, seat);
  if (type === 5) for (const id of values) addUser(world, guild, memberOf(guild, id).userId, resolved);
  const data = {
    custom_id: chosen.customId,
    component_type: type,
    id: component['id'],
    values,
    ...(type === 3 ? {} : { resolved }),
  };
  const made = { applicationId, type: 3 as const, name: chosen.customId, sourceMessageId: chosen.messageId };
  return send(world, seat, made, data, stored);
}

/** Input of a modal, by custom id; several values for a select. */
type Fields = Record<string, string | string[]>;
type Part = Record<string, unknown>;

/** Fills in and submits the modal that an earlier interaction of the same person opened. */
export function submitModal(
  world: World,
  seat: Seat,
  filled: { customId: string; fields: Fields; interactionId?: string | undefined },
): InteractionRecord {
  const opener = [...world.interactions.values()]
    .filter((record) => record.userId === seat.userId && record.channelId === seat.channelId)
    .filter((record) => filled.interactionId === undefined || record.id === filled.interactionId)
    .findLast((record) => record.modal?.custom_id === filled.customId);
  if (!opener?.modal) throw notFound('modal');
  const rows = opener.modal.components.map((row) => fillRow(row as unknown as Part, filled.fields));
  opener.modal = null;
  recordAnswer(world, opener);
  const source = world.messages.get(opener.sourceMessageId ?? '');
  const made = {
    applicationId: opener.applicationId,
    type: 5 as const,
    name: filled.customId,
    sourceMessageId: opener.sourceMessageId,
  };
  return send(world, seat, made, { custom_id: filled.customId, components: rows, resolved: {} }, source);
}

/** One part of a modal with its input, in the format in which it is sent. */
function fillRow(row: Part, fields: Fields): object {
  const { type, id = 1 } = row;
  if (type === 18) return { type, id, component: fillInput(row['component'] as Part, fields) };
  if (type === 1) return { type, id, components: (row['components'] as Part[]).map((one) => fillInput(one, fields)) };
  return { type, id };
}

function fillInput(input: Part, fields: Fields): object {
  const customId = String(input['custom_id']);
  const { type, id = 1 } = input;
  const isText = type === 4;
  const preset = isText && typeof input['value'] === 'string' ? input['value'] : '';
  const given = fields[customId] ?? preset;
  const values = [given].flat().filter((value) => value !== '');
  if (input['required'] !== false && values.length === 0) {
    throw invalid('missing-field', `"${customId}" is required.`);
  }
  if (!isText) return { type, id, custom_id: customId, values };
  const value = values.join('');
  const tooShort = value !== '' && codePoints(value) < Number(input['min_length'] ?? 0);
  if (tooShort || codePoints(value) > Number(input['max_length'] ?? 4_000)) {
    throw invalid('invalid-field', `"${customId}" is too short or too long.`);
  }
  return { type, id, custom_id: customId, value };
}

/** Joins, changes or (null) leaves a voice channel. Unlike a bot, a person is told why it fails. */
export function goToVoice(world: World, guildId: string, userId: string, channelId: string | null): void {
  const guild = world.guild(guildId);
  memberOf(guild, userId);
  const present = guild.voiceStates.find((state) => state.userId === userId);
  const obstacle =
    channelId === null || present?.channelId === channelId ? undefined : voiceObstacle(guild, userId, channelId);
  if (obstacle === 'unknown') throw notFound('voice-channel');
  if (obstacle) throw forbidden(`voice-${obstacle}`, obstacle === 'full' ? 'The channel is full.' : 'Not allowed.');
  changeVoice(world, guildId, userId, { channelId, sessionId: present?.sessionId ?? randomBytes(16).toString('hex') });
}

/** Writes a message, with files or without. */
export function writeMessage(
  world: World,
  channelId: string,
  userId: string,
  content: string,
  uploads: readonly Upload[] = [],
): StoredMessage {
  const { guild, channel } = world.channel(channelId);
  memberOf(guild, userId);
  if (channel.type === 4) throw invalid('not-a-text-channel', 'Nobody can write here.');
  if (!mayInChannel(guild, userId, channel, Permission.SendMessages | Permission.ViewChannel)) {
    throw forbidden('missing-permissions', 'This member may not write here.');
  }
  if ((content === '' && uploads.length === 0) || codePoints(content) > 2_000)
    throw invalid('invalid-content', 'Between 1 and 2,000 characters.');
  const attachments = uploads.map((upload) => attachmentOf(world, channelId, upload));
  const written = newMessage(world, { channelId, authorId: userId, content: { content, attachments } });
  return postMessage(world, guild.id, written);
}
