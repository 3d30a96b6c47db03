import type { DiscordCall } from '../discord/discord-call.ts';

/** One call to Discord with an interaction's own token, without the bot's. */
export type InteractionSend = (call: Omit<DiscordCall, 'authorized'>) => Promise<Response>;
