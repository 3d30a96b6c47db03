import process from 'node:process';
import { systemClock } from '#infra/kernel/clock.ts';
import type { BotSettings } from '#tenants/instance-protocol/door.ts';
import type { BotLogger } from './application/bot-ports.ts';
import { createAudioClient } from './infrastructure/audio-client.ts';
import { createBotLogger } from './infrastructure/bot-logger.ts';
import { createDiscordClient } from './infrastructure/discord-client.ts';
import { holdTransactions } from './infrastructure/held-transactions.ts';
import { holdIdentity } from './infrastructure/identity.ts';
import { createLibraryClient } from './infrastructure/library-client.ts';
import { createPolicyClient } from './infrastructure/policy-client.ts';
import { createProxyClient } from './infrastructure/proxy-client.ts';
import { createReadiness, keepCommandsRegistered } from './infrastructure/readiness.ts';
import {
  createSupervisorChannel,
  parentOfThisProcess,
  type SupervisorChannel,
} from './infrastructure/supervisor-channel.ts';
import { createBot } from './presentation/bot.ts';

const channel = createSupervisorChannel(parentOfThisProcess(), systemClock);
const settings = await channel.settings;
const logger = createBotLogger(settings.logLevel);
const stopping = new AbortController();
const end = (code: number) => {
  stopping.abort();
  process.exit(code);
};
channel.onStop(() => end(0));
process.on('SIGTERM', () => end(0));
process.on('uncaughtException', (error) => {
  logger.error({ err: error }, 'uncaught exception');
  end(1);
});
process.on('unhandledRejection', (error) => {
  logger.error({ err: error }, 'unhandled rejection');
  end(1);
});
await run(settings, channel, logger, stopping.signal);

/** Builds the bot, from the door to its commands, and connects it. */
async function run(
  bot: BotSettings,
  supervisor: SupervisorChannel,
  log: BotLogger,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock;
  const { tenant, applicationId, proxySpiffeId } = bot;
  const readiness = createReadiness(supervisor);
  const identity = await holdIdentity({ channel: supervisor, clock, logger: log, signal });
  const proxy = createProxyClient({ channel: supervisor, identity, proxySpiffeId, clock });
  const transactions = holdTransactions(clock);
  const audio = createAudioClient({ proxy, tenant, logger: log, clock });
  const library = createLibraryClient({ proxy, tenant });
  const policy = createPolicyClient({ proxy, tenant });
  const events = readiness.streamEvents;
  const discord = createDiscordClient({
    proxy,
    tenant,
    transactions,
    events,
    talk: (talk) => commands.talk(talk),
    request: (requested) => commands.request(requested),
    logger: log,
    clock,
    signal,
  });
  const commands = createBot({
    client: discord.client,
    audio,
    library,
    policy,
    transactions,
    logger: log,
    clock,
    signal,
  });
  commands.start();
  await discord.start();
  keepCommandsRegistered({
    client: discord.client,
    applicationId,
    commands: commands.commands,
    readiness,
    logger: log,
    clock,
    signal,
  });
}
