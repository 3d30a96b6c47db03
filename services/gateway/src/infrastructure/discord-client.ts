import { Client, GatewayIntentBits, Options } from 'discord.js';
import { answerPatienceMs, makeDiscordRequests } from './discord-rest.ts';
import { buildStreamStrategy, type DiscordStreamOptions } from './discord-stream.ts';

/** discord.js requires a token; the edge replaces it with the real one, which the bot never sees. */
const noToken = 'held-by-discord-edge';
/** Limits caches to what the commands use; caches that are not listed keep their defaults. */
const cacheLimits = {
  ...Options.DefaultMakeCacheSettings,
  AutoModerationRuleManager: 0,
  BaseGuildEmojiManager: 0,
  GuildBanManager: 0,
  GuildEmojiManager: 0,
  GuildInviteManager: 0,
  GuildScheduledEventManager: 0,
  GuildStickerManager: 0,
  MessageManager: 20,
  PresenceManager: 0,
  ReactionManager: 0,
  ReactionUserManager: 0,
  StageInstanceManager: 0,
  ThreadManager: 0,
  ThreadMemberManager: 0,
  VoiceStateManager: 200,
  UserManager: 200,
};

export interface DiscordClient {
  readonly client: Client;
  /** Connects; resolves once discord.js has its stream, not when it is ready. */
  start(): Promise<void>;
}

/** Plain discord.js, except for its two ways out: REST calls and the gateway go through the door. */
export function createDiscordClient(options: DiscordStreamOptions): DiscordClient {
  const { proxy, tenant, logger, signal } = options;
  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    shards: [0],
    shardCount: 1,
    allowedMentions: { parse: [] },
    makeCache: Options.cacheWithLimits({
      ...cacheLimits,
      GuildMemberManager: { maxSize: 100, keepOverLimit: (member) => member.id === member.client.user.id },
    }),
    // The requests handle retries and time-outs themselves.
    rest: { makeRequest: makeDiscordRequests(proxy, tenant), retries: 0, timeout: answerPatienceMs },
    ws: { buildStrategy: buildStreamStrategy(options) },
  });
  client.on('error', (error) => logger.error({ err: error }, 'discord.js reported an error'));
  signal.addEventListener('abort', () => void client.destroy(), { once: true });
  return {
    client,
    async start() {
      await client.login(noToken);
    },
  };
}
