import { onlyOne } from '#infra/database/only-one.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { buildDiscordEdge } from './build.ts';
import { discordEdgeSettingsSchema } from './settings.ts';

await runProcess({
  name: 'discord-edge',
  settings: discordEdgeSettingsSchema,
  async start(settings, { logger, stack, fail }) {
    const { number } = settings.replica;
    const name = number === 1 ? 'discord-edge' : `discord-edge ${number}`;
    const replaced = () => fail(`another ${name} has taken over`);
    stack.use(await onlyOne({ url: settings.database.url, name, clock: systemClock, logger, replaced }));
    return stack.use(await buildDiscordEdge(settings, { logger }));
  },
});
