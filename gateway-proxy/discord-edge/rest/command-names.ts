import { upstreamFault } from '#infra/kernel/errors.ts';
import { rawList, text } from '../discord/raw.ts';
import type { DiscordRest } from './discord-rest.ts';

/**
 * Names of an application's global commands, as registered at Discord.
 * @throws BailiwickError discord.unavailable (503) if Discord does not return them
 */
export async function commandNamesOf(applicationId: string, rest: DiscordRest): Promise<string[]> {
  const answer = await rest.call({ method: 'GET', path: `/applications/${applicationId}/commands`, authorized: true });
  const body: unknown = answer.ok ? await answer.json() : undefined;
  if (Array.isArray(body)) return rawList(body).flatMap(({ name }) => text(name) ?? []);
  throw upstreamFault('discord.unavailable', 'Discord did not return the registered commands.', undefined, 503);
}
