import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import type { APIApplicationCommandOption } from 'discord-api-types/v10';
import { commandsOf } from '../commands.ts';
import { forbidden, invalid, notFound } from '../errors.ts';
import { channelPermissions, memberOf } from '../permissions.ts';
import type { Channel, Guild, StoredCommand } from '../types.ts';
import type { World } from '../world.ts';

/** A command with the chosen subcommand. */
export interface ChosenCommand {
  command: StoredCommand;
  /** Names of the group and subcommand, outermost first; empty for a plain command. */
  path: string[];
  /** The options to fill in. */
  options: APIApplicationCommandOption[];
}

/** The commands that a member sees when typing `/` in a channel. */
export function visibleCommands(world: World, guild: Guild, channel: Channel, userId: string): StoredCommand[] {
  const member = memberOf(guild, userId);
  const permissions = channelPermissions(guild, member, channel);
  if (!(permissions & Permission.UseApplicationCommands)) return [];
  return guild.applications
    .flatMap((applicationId) => [
      ...commandsOf(world, applicationId, guild.id),
      ...commandsOf(world, applicationId, null).filter((command) => !command.contexts || command.contexts.includes(0)),
    ])
    .filter((command) => mayUse(command, permissions));
}

/** `default_member_permissions`: null allows everybody, 0 only administrators. */
function mayUse(command: StoredCommand, permissions: bigint): boolean {
  if (command.default_member_permissions === null) return true;
  if (permissions & Permission.Administrator) return true;
  const needed = BigInt(command.default_member_permissions);
  return needed !== 0n && (permissions & needed) === needed;
}

/** Resolves `name [group] [subcommand]` for a member there. */
export function chooseCommand(
  world: World,
  seat: { guild: Guild; channel: Channel },
  userId: string,
  typed: string,
  applicationId?: string,
): ChosenCommand {
  const spoken = typed.replace(/^\//, '');
  const named = (command: StoredCommand): boolean =>
    (applicationId === undefined || command.application_id === applicationId) &&
    (command.type === 1 ? command.name === spoken.split(' ')[0] : command.name === spoken);
  const visible = visibleCommands(world, seat.guild, seat.channel, userId).find(named);
  if (!visible) {
    const hidden = [...world.commands.values()].some(
      (command) => named(command) && seat.guild.applications.includes(command.application_id),
    );
    if (hidden) throw forbidden('command-not-allowed', 'This member may not use this command here.');
    throw notFound('command');
  }
  if (visible.type !== 1) return { command: visible, path: [], options: [] };
  const path = spoken.split(' ').slice(1).filter(Boolean);
  return { command: visible, path, options: descend(visible, path) };
}

function descend(command: StoredCommand, path: string[]): APIApplicationCommandOption[] {
  let options = command.options ?? [];
  for (const name of path) {
    const inner = options.find((option) => option.name === name && option.type <= 2);
    if (!inner || !('options' in inner || inner.type <= 2)) throw notFound('subcommand');
    options = ('options' in inner ? (inner.options as APIApplicationCommandOption[] | undefined) : undefined) ?? [];
  }
  if (options.some((option) => option.type <= 2)) throw invalid('no-subcommand', 'A subcommand must be chosen.');
  return options;
}
