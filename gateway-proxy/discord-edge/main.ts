import { onlyOne } from '#infra/database/only-one.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { buildDiscordEdge } from './build.ts';
import { discordEdgeSettingsSchema } from './settings.ts';

await runProcess({
  name: 'discord-edge',
  settings: discordEdgeSettingsSchema,
  async start(settings, { logger, stack, fail }) {
    const replaced = () => fail('another discord-edge has taken over');
    stack.use(
      await onlyOne({ url: settings.database.url, name: 'discord-edge', clock: systemClock, logger, replaced }),
    );
    return stack.use(await buildDiscordEdge(settings, { logger }));
  },
});
