import { readSettings } from '#infra/config/settings.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { buildDiscordEdge } from './build.ts';
import { discordEdgeSettingsSchema } from './settings.ts';

const settings = await readSettings(discordEdgeSettingsSchema);
const logger = createLogger('discord-edge', settings.logLevel);

await runProcess({
  name: 'discord-edge',
  logger,
  async start(stack) {
    const edge = stack.use(await buildDiscordEdge(settings, { logger }));
    return { port: edge.port, opsPort: edge.opsPort };
  },
});
