import type {
  APIApplicationCommandInteractionDataBasicOption,
  APIApplicationCommandOption,
  APIInteractionDataResolved,
} from 'discord-api-types/v10';
import { channelPermissions } from '../permissions.ts';
import { codePoints } from '../../code-points.ts';
import { memberWithoutUser, userPayload } from '../../discord/payloads/user.ts';
import { channelPayload, rolePayload } from '../../discord/payloads/guild.ts';
import { invalid } from '../errors.ts';
import type { Guild } from '../types.ts';
import type { World } from '../world.ts';
import { attachmentOf, type Upload } from './upload.ts';

/** What a person typed for a command's options, by option name. */
export type TypedOptions = Record<string, Typed>;
type Typed = string | number | boolean | Upload;

/** Options as an interaction contains them, with the users, roles and channels that they refer to. */
export interface FilledOptions {
  options: APIApplicationCommandInteractionDataBasicOption[];
  resolved: APIInteractionDataResolved;
}

/**
 * Turns typed input into option values, refusing what Discord's client refuses: unknown options, missing required ones,
 * values outside limits or choices. With `focused` it is an autocompletion: nothing is required, and the focused option
 * may have any value.
 */
export function fillOptions(
  world: World,
  { guild, channelId }: { guild: Guild; channelId: string },
  defined: APIApplicationCommandOption[],
  typed: TypedOptions,
  focused?: string,
): FilledOptions {
  const resolved: APIInteractionDataResolved = {};
  const unknown = Object.keys(typed).find((name) => !defined.some((option) => option.name === name));
  if (unknown !== undefined) throw invalid('unknown-option', `There is no option "${unknown}".`);
  const options = defined.flatMap((option): APIApplicationCommandInteractionDataBasicOption[] => {
    const value = typed[option.name];
    if (option.name === focused) {
      if (!('autocomplete' in option && option.autocomplete)) {
        throw invalid('no-autocomplete', `The option "${option.name}" has no autocompletion.`);
      }
      const text = typeof value === 'object' ? '' : String(value ?? '');
      return [{ name: option.name, type: option.type, value: text, focused: true }];
    }
    if (value === undefined) {
      if (option.required && focused === undefined) {
        throw invalid('missing-option', `The option "${option.name}" is required.`);
      }
      return [];
    }
    const read = readGiven(world, { guild, channelId }, option, value, resolved);
    return [{ name: option.name, type: option.type, value: read } as APIApplicationCommandInteractionDataBasicOption];
  });
  if (focused !== undefined && !options.some((option) => 'focused' in option)) {
    throw invalid('unknown-option', `There is no option "${focused}".`);
  }
  return { options, resolved };
}

function readGiven(
  world: World,
  { guild, channelId }: { guild: Guild; channelId: string },
  option: APIApplicationCommandOption,
  value: Typed,
  resolved: APIInteractionDataResolved,
): string | number | boolean {
  if (typeof value !== 'object') return readValue(world, guild, option, value, resolved);
  if (option.type !== 11) throw wrong(option.name);
  const attachment = attachmentOf(world, channelId, value);
  resolved.attachments = { ...resolved.attachments, [attachment.id]: attachment };
  return attachment.id;
}

function readValue(
  world: World,
  guild: Guild,
  option: APIApplicationCommandOption,
  value: string | number | boolean,
  resolved: APIInteractionDataResolved,
): string | number | boolean {
  switch (option.type) {
    case 3:
      return readText(option, String(value));
    case 4:
    case 10:
      return readNumber(option, Number(value));
    case 5:
      if (value !== true && value !== false && value !== 'true' && value !== 'false') throw wrong(option.name);
      return value === true || value === 'true';
    case 6:
      return resolveUser(world, guild, option.name, String(value), resolved);
    case 7:
      return resolveChannel(guild, option.name, String(value), resolved);
    case 8:
      return resolveRole(guild, option.name, String(value), resolved);
    case 9: {
      const id = idIn(String(value));
      const isRole = guild.roles.some((role) => role.id === id);
      return isRole
        ? resolveRole(guild, option.name, id, resolved)
        : resolveUser(world, guild, option.name, id, resolved);
    }
    default:
      throw wrong(option.name);
  }
}

function wrong(name: string) {
  return invalid('invalid-option', `The value of "${name}" does not fit.`);
}

type WithChoices = { name: string; choices?: readonly { value: string | number }[] };

function checkChoice(option: WithChoices, value: string | number): void {
  if (option.choices?.length && !option.choices.some((choice) => choice.value === value)) throw wrong(option.name);
}

function readText(option: WithChoices & { min_length?: number; max_length?: number }, value: string): string {
  checkChoice(option, value);
  const length = codePoints(value);
  if (length < (option.min_length ?? 0) || length > (option.max_length ?? 6_000)) throw wrong(option.name);
  return value;
}

function readNumber(
  option: WithChoices & { type: number; min_value?: number; max_value?: number },
  value: number,
): number {
  const fits = option.type === 4 ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!fits || value < (option.min_value ?? -Infinity) || value > (option.max_value ?? Infinity)) {
    throw wrong(option.name);
  }
  checkChoice(option, value);
  return value;
}

/** The id in a mention, or the id itself. */
function idIn(text: string): string {
  return /^<(?:@[!&]?|#)(\d+)>$/.exec(text)?.[1] ?? text;
}

function resolveUser(world: World, guild: Guild, name: string, text: string, resolved: APIInteractionDataResolved) {
  const id = idIn(text);
  const member = guild.members.find((candidate) => candidate.userId === id);
  if (!member) throw wrong(name);
  addUser(world, guild, id, resolved);
  return id;
}

/** Describes a member that an interaction refers to. */
export function addUser(world: World, guild: Guild, userId: string, resolved: APIInteractionDataResolved): void {
  const member = guild.members.find((candidate) => candidate.userId === userId);
  resolved.users = { ...resolved.users, [userId]: userPayload(world.user(userId)) };
  if (!member) return;
  const { mute: _mute, deaf: _deaf, ...partial } = memberWithoutUser(guild, member);
  const everywhere = guild.channels[0];
  const permissions = everywhere ? channelPermissions(guild, member, everywhere).toString() : '0';
  resolved.members = { ...resolved.members, [userId]: { ...partial, permissions } };
}

function resolveChannel(guild: Guild, name: string, text: string, resolved: APIInteractionDataResolved): string {
  const channel = guild.channels.find((candidate) => candidate.id === idIn(text));
  if (!channel) throw wrong(name);
  const { id, type, name: title, parent_id, guild_id } = channelPayload(channel);
  const shown = { id, type, name: title, parent_id, guild_id, permissions: '0' } as never;
  resolved.channels = { ...resolved.channels, [id]: shown };
  return id;
}

function resolveRole(guild: Guild, name: string, text: string, resolved: APIInteractionDataResolved): string {
  const role = guild.roles.find((candidate) => candidate.id === idIn(text));
  if (!role) throw wrong(name);
  resolved.roles = { ...resolved.roles, [role.id]: rolePayload(role) };
  return role.id;
}
