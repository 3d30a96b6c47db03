import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord-api-types/v10';
import { upstreamFault } from '#infra/kernel/errors.ts';
import { rawList, text, type Raw } from '../discord/raw.ts';
import type { DiscordRest } from './discord-rest.ts';

/**
 * Names of an application's global slash commands, as registered at Discord; of a command with subcommands, those of
 * these.
 * @throws BailiwickError discord.unavailable (503) if Discord does not return them
 */
export async function commandNamesOf(applicationId: string, rest: DiscordRest): Promise<string[]> {
  const answer = await rest.call({ method: 'GET', path: `/applications/${applicationId}/commands`, authorized: true });
  const body: unknown = answer.ok ? await answer.json() : undefined;
  if (Array.isArray(body)) return rawList(body).flatMap(namesOf);
  throw upstreamFault('discord.unavailable', 'Discord did not return the registered commands.', undefined, 503);
}

function namesOf({ name, options, type = ApplicationCommandType.ChatInput }: Raw): string[] {
  const own = text(name);
  if (own === undefined || type !== ApplicationCommandType.ChatInput) return [];
  const subcommands = rawList(options).filter(({ type }) => type === ApplicationCommandOptionType.Subcommand);
  return subcommands.length === 0 ? [own] : subcommands.flatMap((each) => `${own} ${text(each['name']) ?? ''}`);
}
