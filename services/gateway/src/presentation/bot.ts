import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord-api-types/v10';
import { languageOf } from '#infra/kernel/languages.ts';
import type { BotPorts } from '../application/bot-ports.ts';
import { NowPlaying } from '../application/now-playing.ts';
import { commands } from './commands/index.ts';
import { createDiscordAnnouncer } from './discord-announcer.ts';
import { definitionsOf } from './framework/definition.ts';
import { createDispatcher } from './framework/dispatch.ts';

export interface Bot {
  /** The application's global commands, as registered with Discord. */
  readonly commands: RESTPostAPIApplicationCommandsJSONBody[];
  /** Starts to listen to interactions and to player events; called before the client connects. */
  start(): void;
}

/** The music bot's commands over its ports; main.ts knows nothing else of them. */
export function createBot(ports: BotPorts): Bot {
  const dispatcher = createDispatcher(ports, commands);
  const announcer = createDiscordAnnouncer(
    ports.client,
    (guild) => languageOf(ports.client.guilds.cache.get(guild)?.preferredLocale) ?? 'en',
  );
  const nowPlaying = new NowPlaying({ audio: ports.audio, announcer, logger: ports.logger });
  return {
    commands: definitionsOf(commands),
    start() {
      ports.client.on('interactionCreate', (interaction) => void dispatcher.dispatch(interaction));
      ports.audio.follow((event) => void nowPlaying.handle(event), ports.signal);
    },
  };
}
