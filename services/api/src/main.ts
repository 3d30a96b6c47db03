import { readSettings } from '#infra/config/settings.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { buildApi } from './build.ts';
import { apiSettingsSchema } from './settings.ts';

const logger = createLogger('api');

await runProcess({
  name: 'api',
  logger,
  start: async (stack) => {
    const settings = await readSettings(apiSettingsSchema);
    logger.level = settings.logLevel;
    const { port, opsPort } = await buildApi(settings, logger, stack);
    return { port, opsPort };
  },
});
