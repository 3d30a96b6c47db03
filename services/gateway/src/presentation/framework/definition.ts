import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type APIApplicationCommandBasicOption,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { Command } from './command.ts';
import type { Option } from './options.ts';

/** A command in Discord's format (https://discord.com/developers/docs/interactions/application-commands). */
export function definitionOf(command: Command): RESTPostAPIChatInputApplicationCommandsJSONBody {
  return {
    name: command.name,
    description: command.description,
    ...(command.localisations ? { description_localizations: command.localisations } : {}),
    type: ApplicationCommandType.ChatInput,
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: Object.entries(command.options)
      .map(([name, option]) => optionOf(name, option))
      .sort((one, other) => Number(other.required ?? false) - Number(one.required ?? false)),
  };
}

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
