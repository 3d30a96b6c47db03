import { readSettings } from '#infra/config/settings.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { enrol } from '#security/identity/agent.ts';
import { service } from '#security/identity/spiffe.ts';
import { buildSupervisor } from './build.ts';
import { supervisorSettingsSchema } from './settings.ts';

const logger = createLogger('supervisor');

await runProcess({
  name: 'supervisor',
  logger,
  async start(stack) {
    const settings = await readSettings(supervisorSettingsSchema);
    logger.level = settings.logLevel;
    const agent = stack.use(await enrol(settings, { workload: service('supervisor'), logger }));
    const running = await buildSupervisor(settings, { agent, logger }, stack);
    return { port: running.service.port, opsPort: running.service.opsPort };
  },
});
