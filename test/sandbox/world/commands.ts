import type { APIApplicationCommand } from 'discord-api-types/v10';
import { useAllowance } from './applications.ts';
import type { StoredCommand } from './types.ts';
import type { World } from './world.ts';

/** What a developer provides of a command; the rest is derived. */
export type CommandDefinition = Pick<APIApplicationCommand, 'name' | 'type' | 'description'> &
  Partial<APIApplicationCommand>;

/** The commands of one application in one scope: a guild, or everywhere (null). */
export function commandsOf(world: World, applicationId: string, guildId: string | null): StoredCommand[] {
  return [...world.commands.values()].filter(
    (command) => command.application_id === applicationId && (command.guild_id ?? null) === guildId,
  );
}

/** How many new commands are still allowed today in a scope; uses up as many as requested, or none. */
export function allowCreates(
  world: World,
  applicationId: string,
  guildId: string | null,
  count: number,
  perDay: number,
): boolean {
  const { commandCreates } = world.application(applicationId);
  const allowance = (commandCreates[guildId ?? 'global'] ??= { windowStartedAt: 0, used: 0 });
  const before = { ...allowance };
  for (let n = 0; n < count; n += 1) {
    if (!useAllowance(allowance, perDay, world.clock.now())) {
      Object.assign(allowance, before);
      return false;
    }
  }
  return true;
}

/** Writes a command; an existing one keeps its id, and its version too if nothing changes. */
export function putCommand(
  world: World,
  applicationId: string,
  guildId: string | null,
  definition: CommandDefinition,
  existing?: StoredCommand,
): StoredCommand {
  const body = {
    ...definition,
    application_id: applicationId,
    ...(guildId === null ? {} : { guild_id: guildId }),
    id: existing?.id ?? world.ids.next(),
  };
  const same =
    existing &&
    JSON.stringify({ ...body, version: existing.version }) ===
      JSON.stringify({ ...existing, version: existing.version });
  const stored: StoredCommand = {
    ...body,
    default_member_permissions: definition.default_member_permissions ?? null,
    version: same ? existing.version : world.ids.next(),
  };
  world.commands.set(stored.id, stored);
  return stored;
}

/** Notifies listeners that a scope's commands have changed. */
export function commandsChanged(world: World, applicationId: string, guildId: string | null): void {
  world.emit({ type: 'commands.changed', applicationId, guildId });
}
