import { runProcess } from '#infra/kernel/lifecycle.ts';
import { enrol } from '#security/identity/agent.ts';
import { service } from '#security/identity/spiffe.ts';
import { buildProxy } from './build.ts';
import { proxySettings } from './settings.ts';

const name = 'gateway-proxy';

await runProcess({
  name,
  settings: proxySettings,
  async start(settings, { logger, stack }) {
    const agent = stack.use(await enrol(settings, { workload: service(name), logger }));
    return stack.use(await buildProxy(settings, { agent, logger }));
  },
});
