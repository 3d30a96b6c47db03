import { runProcess } from '#infra/kernel/lifecycle.ts';
import { buildDiscordEdge } from './build.ts';
import { discordEdgeSettingsSchema } from './settings.ts';

await runProcess({
  name: 'discord-edge',
  settings: discordEdgeSettingsSchema,
  start: async (settings, { logger, stack }) => stack.use(await buildDiscordEdge(settings, { logger })),
});
