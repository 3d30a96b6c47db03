import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { Command } from './command.ts';
import type { Option } from './options.ts';

/** What Discord shows of a command that has subcommands. */
export interface CommandGroup {
  readonly description: string;
  readonly localisations: Readonly<Record<string, string>>;
}

/**
 * Commands in Discord's format (https://discord.com/developers/docs/interactions/application-commands); those that begin
 * with the name of a group are its subcommands.
 */
export function definitionsOf(
  commands: readonly Command[],
  groups: Readonly<Record<string, CommandGroup>>,
): RESTPostAPIChatInputApplicationCommandsJSONBody[] {
  const byName = Map.groupBy(commands, ({ name }) => name.split(' ', 1)[0] ?? name);
  return [...byName].flatMap(([name, members]) => {
    const group = groups[name];
    const described = group ?? members[0];
    if (!described) return [];
    return {
      name,
      ...describedBy(described),
      type: ApplicationCommandType.ChatInput,
      contexts: [InteractionContextType.Guild],
      integration_types: [ApplicationIntegrationType.GuildInstall],
      options: group ? members.map(subcommandOf) : members.flatMap(optionsOf),
    };
  });
}

const describedBy = ({ description, localisations }: Pick<Command, 'description' | 'localisations'>) => ({
  description,
  ...(localisations ? { description_localizations: localisations } : {}),
});

const subcommandOf = (command: Command): APIApplicationCommandSubcommandOption => ({
  name: command.name.split(' ').slice(1).join(' '),
  ...describedBy(command),
  type: ApplicationCommandOptionType.Subcommand,
  options: optionsOf(command),
});

const optionsOf = ({ options }: Command): APIApplicationCommandBasicOption[] =>
  Object.entries(options)
    .map(([name, option]) => optionOf(name, option))
    .sort((one, other) => Number(other.required ?? false) - Number(one.required ?? false));

function optionOf(name: string, option: Option): APIApplicationCommandBasicOption {
  const base = { name, description: option.description, required: option.required };
  switch (option.kind) {
    case 'integer':
      return { ...base, type: ApplicationCommandOptionType.Integer, min_value: option.min, max_value: option.max };
    case 'boolean':
      return { ...base, type: ApplicationCommandOptionType.Boolean };
    case 'member':
      return { ...base, type: ApplicationCommandOptionType.User };
    case 'choice': {
      const choices = Object.entries(option.choices).map(([value, label]) => ({ name: label, value }));
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
