import { onlyOne } from '#infra/database/only-one.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { enrol } from '#security/identity/agent.ts';
import { service } from '#security/identity/spiffe.ts';
import { buildSupervisor } from './build.ts';
import { supervisorSettingsSchema } from './settings.ts';

await runProcess({
  name: 'supervisor',
  settings: supervisorSettingsSchema,
  async start(settings, { logger, stack, fail }) {
    const { number } = settings.replica;
    const name = number === 1 ? 'supervisor' : `supervisor ${number}`;
    const replaced = () => fail(`another ${name} has taken over`);
    stack.use(await onlyOne({ url: settings.database.url, name, clock: systemClock, logger, replaced }));
    const agent = stack.use(await enrol(settings, { workload: service('supervisor'), logger }));
    const { service: http } = await buildSupervisor(settings, { agent, logger }, stack);
    return http;
  },
});
