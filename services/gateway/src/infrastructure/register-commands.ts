import { Routes, type RESTPostAPIApplicationCommandsJSONBody } from 'discord-api-types/v10';
import type { Client } from 'discord.js';

/** Whether Discord's list had to be written. */
export type Registration = 'unchanged' | 'written';

/**
 * Makes Discord's list of the application's global commands equal to ours. Reads first and writes only if something
 * differs, since a write counts against 200 creations a day and makes every client reload its commands. Throws what the
 * REST call throws.
 */
export async function registerCommands(
  rest: Pick<Client['rest'], 'get' | 'put'>,
  applicationId: string,
  commands: readonly RESTPostAPIApplicationCommandsJSONBody[],
): Promise<Registration> {
  const route = Routes.applicationCommands(applicationId);
  const known = await rest.get(route, { query: new URLSearchParams({ with_localizations: 'true' }) });
  if (Array.isArray(known) && fingerprint(known) === fingerprint(commands)) return 'unchanged';
  await rest.put(route, { body: commands });
  return 'written';
}

/** Fields that Discord adds to a command (discord-api-docs, interactions/application-commands, command structure). */
const addedByDiscord = new Set([
  'id',
  'application_id',
  'guild_id',
  'version',
  'handler',
  'dm_permission',
  'name_localized',
  'description_localized',
]);
/** Discord's defaults for fields that a command omits. */
const defaults: Readonly<Record<string, unknown>> = {
  type: 1,
  // Of an entry in a menu.
  description: '',
  nsfw: false,
  required: false,
  autocomplete: false,
  integration_types: [0],
};

function fingerprint(commands: readonly unknown[]): string {
  const named = commands.map((command) => normalise(command, true));
  return JSON.stringify(named.map((command) => JSON.stringify(command)).sort());
}

/** Normalises a command: sorted members, without empty values, defaults or Discord's own fields. */
function normalise(value: unknown, isCommand: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => normalise(each, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, member]) => member !== null && member !== undefined && !(isCommand && addedByDiscord.has(key)))
    .map(([key, member]) => [key, normalise(member, false)] as const)
    .filter(([key, member]) => !isEmpty(member) && JSON.stringify(member) !== JSON.stringify(defaultOf(key, isCommand)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** Only a command's own type has a default; an option's type is significant. */
const defaultOf = (key: string, isCommand: boolean): unknown =>
  key === 'type' && !isCommand ? undefined : defaults[key];

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
