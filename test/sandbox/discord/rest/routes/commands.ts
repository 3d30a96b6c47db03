import { z } from 'zod';
import { allowCreates, commandsChanged, commandsOf, putCommand } from '../../../world/commands.ts';
import type { CommandDefinition } from '../../../world/commands.ts';
import type { Application, StoredCommand } from '../../../world/types.ts';
import type { World } from '../../../world/world.ts';
import { booleanIn } from '../access.ts';
import { DiscordError, invalidForm, refuse } from '../errors.ts';
import { botRoute, noContent, ok } from '../route.ts';
import type { RestParts, RestRequest, RestRoute } from '../route.ts';
import { commandSchema } from '../validation/commands.ts';
import type { WrittenCommand } from '../validation/commands.ts';
import { validate } from '../validation/validate.ts';

const most: Record<number, number> = { 1: 100, 2: 15, 3: 15 };

type Request = RestRequest & { application: Application };

/** For requests to this application's own commands: the guild, or null for global ones. */
function scopeOf({ application, params }: Request, world: World): string | null {
  if (params['application_id'] !== application.id) {
    throw new DiscordError(403, 20012, 'You are not authorized to perform this action on this application');
  }
  const guildId = params['guild_id'];
  if (guildId === undefined) return null;
  if (!world.guilds.get(guildId)?.applications.includes(application.id)) throw refuse('missingAccess');
  return guildId;
}

function commandOf(request: Request, world: World): { guildId: string | null; command: StoredCommand } {
  const guildId = scopeOf(request, world);
  const command = world.commands.get(request.params['command_id'] ?? '');
  const own = command?.application_id === request.application.id && (command.guild_id ?? null) === guildId;
  if (!command || !own) throw refuse('unknownCommand');
  return { guildId, command };
}

function definitionOf(written: WrittenCommand, guildId: string | null): CommandDefinition {
  const { default_member_permissions, dm_permission, contexts, integration_types, nsfw, ...rest } = written;
  return {
    ...(withoutEmpty(rest) as Pick<CommandDefinition, 'name' | 'type' | 'description'>),
    description: written.type === 1 ? written.description : '',
    name_localizations: written.name_localizations ?? null,
    description_localizations: written.type === 1 ? (written.description_localizations ?? null) : null,
    default_member_permissions: default_member_permissions ?? null,
    nsfw: nsfw ?? false,
    ...(guildId === null
      ? {
          dm_permission: dm_permission ?? true,
          contexts: contexts ?? null,
          integration_types: integration_types ?? [0],
        }
      : {}),
  };
}

/** Discord omits null and empty fields of options in its responses. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

function list(request: Request, { world }: RestParts) {
  const guildId = scopeOf(request, world);
  const localized = booleanIn(request.query, 'with_localizations');
  const commands = commandsOf(world, request.application.id, guildId);
  if (localized) return ok(commands);
  return ok(commands.map(({ name_localizations: _names, description_localizations: _texts, ...command }) => command));
}

function create(request: Request, { world, limits }: RestParts) {
  const guildId = scopeOf(request, world);
  const written = validate(commandSchema, request.body);
  const present = commandsOf(world, request.application.id, guildId);
  const existing = present.find((command) => command.name === written.name && command.type === written.type);
  if (!existing) {
    const count = present.filter((command) => command.type === written.type).length;
    if (count >= (most[written.type] ?? 0)) throw refuse('tooManyCommands');
    if (!allowCreates(world, request.application.id, guildId, 1, limits.commandCreatesPerDay)) {
      throw refuse('dailyCommandCreates');
    }
  }
  const stored = putCommand(world, request.application.id, guildId, definitionOf(written, guildId), existing);
  commandsChanged(world, request.application.id, guildId);
  return { status: existing ? 200 : 201, body: stored };
}

const bulkSchema = z.array(commandSchema);

function overwrite(request: Request, { world, limits }: RestParts) {
  const guildId = scopeOf(request, world);
  const written = validate(bulkSchema, request.body);
  checkBulk(written);
  const present = commandsOf(world, request.application.id, guildId);
  const same = (one: WrittenCommand) => present.find(({ name, type }) => name === one.name && type === one.type);
  const fresh = written.filter((one) => !same(one)).length;
  if (!allowCreates(world, request.application.id, guildId, fresh, limits.commandCreatesPerDay)) {
    throw refuse('dailyCommandCreates');
  }
  for (const command of present) world.commands.delete(command.id);
  const stored = written.map((one) =>
    putCommand(world, request.application.id, guildId, definitionOf(one, guildId), same(one)),
  );
  commandsChanged(world, request.application.id, guildId);
  return ok(stored);
}

function checkBulk(written: WrittenCommand[]): void {
  const seen = new Set<string>();
  for (const [index, { name, type }] of written.entries()) {
    if (seen.has(`${type} ${name}`)) {
      const message = 'Application command names must be unique';
      throw invalidForm([index, 'name'], 'APPLICATION_COMMANDS_DUPLICATE_NAME', message);
    }
    seen.add(`${type} ${name}`);
    if (written.filter((one) => one.type === type).length > (most[type] ?? 0)) throw refuse('tooManyCommands');
  }
}

function update(request: Request, { world }: RestParts) {
  const { guildId, command } = commandOf(request, world);
  const body = typeof request.body === 'object' && request.body !== null ? request.body : {};
  const written = validate(commandSchema, { ...command, ...body, type: command.type });
  const twin = commandsOf(world, request.application.id, guildId).find(
    (other) => other.name === written.name && other.type === written.type && other.id !== command.id,
  );
  if (twin)
    throw invalidForm(['name'], 'APPLICATION_COMMANDS_DUPLICATE_NAME', 'Application command names must be unique');
  const stored = putCommand(world, request.application.id, guildId, definitionOf(written, guildId), command);
  commandsChanged(world, request.application.id, guildId);
  return ok(stored);
}

function remove(request: Request, { world }: RestParts) {
  const { guildId, command } = commandOf(request, world);
  world.commands.delete(command.id);
  commandsChanged(world, request.application.id, guildId);
  return noContent;
}

const base = '/applications/:application_id';

/** Registration of commands, globally and per guild (Discord: Application Commands, Endpoints). */
export const commandRoutes: RestRoute[] = [`${base}/commands`, `${base}/guilds/:guild_id/commands`].flatMap((path) => [
  botRoute(`GET ${path}`, list),
  botRoute(`POST ${path}`, create, { limit: 5, perMs: 20_000 }),
  botRoute(`PUT ${path}`, overwrite, { limit: 5, perMs: 20_000 }),
  botRoute(`GET ${path}/:command_id`, (request, { world }) => ok(commandOf(request, world).command)),
  botRoute(`PATCH ${path}/:command_id`, update, { limit: 5, perMs: 20_000 }),
  botRoute(`DELETE ${path}/:command_id`, remove, { limit: 5, perMs: 20_000 }),
]);
