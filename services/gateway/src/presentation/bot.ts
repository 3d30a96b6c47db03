import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord-api-types/v10';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { languageOf } from '#infra/kernel/languages.ts';
import type { BotPorts } from '../application/bot-ports.ts';
import type { Requested } from '../application/requested.ts';
import { KnownSettings } from '../application/guild-settings.ts';
import { NowPlaying, type Talk } from '../application/now-playing.ts';
import { VoiceStatus } from '../application/voice-status.ts';
import { commands } from './commands/index.ts';
import { createDiscordAnnouncer } from './discord-announcer.ts';
import { createVoiceStatusLine } from './discord-voice-status.ts';
import { definitionsOf } from './framework/definition.ts';
import { wordsIn } from './language/words.ts';
import { createRequestAnswers } from './request-answers.ts';
import { createDispatcher } from './framework/dispatch.ts';

export interface Bot {
  /** The application's global commands, as registered with Discord. */
  readonly commands: RESTPostAPIApplicationCommandsJSONBody[];
  /** Starts to listen to interactions and to player events; called before the client connects. */
  start(): void;
  /** Somebody wrote below a message of the bot. */
  talk(talk: Talk): void;
  /** Somebody wrote in a request channel. */
  request(requested: Requested): void;
}

/** The music bot's commands over its ports; main.ts knows nothing else of them. */
export function createBot(ports: BotPorts): Bot {
  const settings = new KnownSettings();
  const dispatcher = createDispatcher({ ...ports, settings }, commands);
  const languageIn = (guild: Snowflake) =>
    settings.of(guild).language ?? languageOf(ports.client.guilds.cache.get(guild)?.preferredLocale) ?? 'en';
  const announcer = createDiscordAnnouncer(ports.client, languageIn);
  const nowPlaying = new NowPlaying({
    audio: ports.audio,
    announcer,
    settings,
    clock: ports.clock,
    logger: ports.logger,
  });
  const line = createVoiceStatusLine(ports.client);
  const voiceStatus = new VoiceStatus({ line, settings, clock: ports.clock, logger: ports.logger });
  const answers = createRequestAnswers(ports);
  const answer = async (requested: Requested): Promise<void> => {
    const refusal = await dispatcher.request(requested, wordsIn(languageIn(requested.guild)));
    await (refusal === undefined ? answers.done(requested) : answers.refused(requested, refusal));
  };
  return {
    commands: definitionsOf(commands),
    start() {
      ports.client.on('interactionCreate', (interaction) => void dispatcher.dispatch(interaction));
      ports.audio.follow((event) => {
        settings.handle(event);
        void nowPlaying.handle(event);
        void voiceStatus.handle(event);
      }, ports.signal);
    },
    talk: (talk) => void nowPlaying.talk(talk),
    request: (requested) => void answer(requested),
  };
}
