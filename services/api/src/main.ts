import { runProcess } from '#infra/kernel/lifecycle.ts';
import { buildApi } from './build.ts';
import { apiSettingsSchema } from './settings.ts';

await runProcess({
  name: 'api',
  settings: apiSettingsSchema,
  start: (settings, { logger, stack }) => buildApi(settings, logger, stack),
});
