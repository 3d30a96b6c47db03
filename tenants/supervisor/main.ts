import { runProcess } from '#infra/kernel/lifecycle.ts';
import { enrol } from '#security/identity/agent.ts';
import { service } from '#security/identity/spiffe.ts';
import { buildSupervisor } from './build.ts';
import { supervisorSettingsSchema } from './settings.ts';

await runProcess({
  name: 'supervisor',
  settings: supervisorSettingsSchema,
  async start(settings, { logger, stack }) {
    const agent = stack.use(await enrol(settings, { workload: service('supervisor'), logger }));
    const { service: http } = await buildSupervisor(settings, { agent, logger }, stack);
    return http;
  },
});
