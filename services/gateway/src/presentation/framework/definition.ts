import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  type RESTPostAPIApplicationCommandsJSONBody,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  type RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import { menus } from '#policies/menus.ts';
import type { Command, MenuEntry } from './command.ts';
import type { Option, Texts } from './options.ts';

/**
 * Commands in Discord's format (https://discord.com/developers/docs/interactions/application-commands); those with a group
 * are subcommands, of a command of the first word of their name.
 */
export function definitionsOf(commands: readonly Command[]): RESTPostAPIApplicationCommandsJSONBody[] {
  return [...slashCommandsOf(commands), ...commands.flatMap(({ menu }) => (menu ? menuEntryOf(menu) : []))];
}

const everywhereInGuilds = {
  contexts: [InteractionContextType.Guild],
  integration_types: [ApplicationIntegrationType.GuildInstall],
};

const menuEntryOf = ({ name, names }: MenuEntry): RESTPostAPIContextMenuApplicationCommandsJSONBody => ({
  name,
  name_localizations: names,
  type: menus[name].of === 'user' ? ApplicationCommandType.User : ApplicationCommandType.Message,
  ...everywhereInGuilds,
});

function slashCommandsOf(commands: readonly Command[]): RESTPostAPIChatInputApplicationCommandsJSONBody[] {
  const byName = Map.groupBy(commands, ({ name }) => name.split(' ', 1)[0] ?? name);
  return [...byName].flatMap(([name, members]) => {
    const [first] = members;
    if (!first) return [];
    return {
      name,
      ...shown(first.group ?? first.texts),
      type: ApplicationCommandType.ChatInput,
      ...everywhereInGuilds,
      options: first.group ? members.map(subcommandOf) : optionsOf(first),
    };
  });
}

/** In English, and for members whose Discord is in another language. */
const shown = ({ en, ...others }: Texts) => ({
  description: en.description,
  name_localizations: mapped(others, ({ name }) => name),
  description_localizations: mapped(others, ({ description }) => description),
});

const mapped = <Text>(texts: Readonly<Record<string, Text>>, take: (text: Text) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([language, text]) => [language, take(text)]));

const subcommandOf = (command: Command): APIApplicationCommandSubcommandOption => ({
  name: command.name.split(' ').slice(1).join(' '),
  ...shown(command.texts),
  type: ApplicationCommandOptionType.Subcommand,
  options: optionsOf(command),
});

const optionsOf = ({ options }: Command): APIApplicationCommandBasicOption[] =>
  Object.entries(options)
    .map(([name, option]) => optionOf(name, option))
    .sort((one, other) => Number(other.required ?? false) - Number(one.required ?? false));

function optionOf(name: string, option: Option): APIApplicationCommandBasicOption {
  const base = { name, ...shown(option.texts), required: option.required };
  switch (option.kind) {
    case 'integer':
      return { ...base, type: ApplicationCommandOptionType.Integer, min_value: option.min, max_value: option.max };
    case 'boolean':
      return { ...base, type: ApplicationCommandOptionType.Boolean };
    case 'member':
      return { ...base, type: ApplicationCommandOptionType.User };
    case 'role':
      return { ...base, type: ApplicationCommandOptionType.Role };
    case 'file':
      return { ...base, type: ApplicationCommandOptionType.Attachment };
    case 'choice': {
      const choices = Object.entries(option.choices).map(([value, { en, ...others }]) => ({
        name: en,
        name_localizations: others,
        value,
      }));
      return { ...base, type: ApplicationCommandOptionType.String, choices };
    }
    case 'string':
      return {
        ...base,
        type: ApplicationCommandOptionType.String,
        min_length: 1,
        max_length: option.maxLength,
        autocomplete: option.complete,
      };
    default:
      return option satisfies never;
  }
}
