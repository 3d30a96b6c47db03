import { readSettings } from '#infra/config/settings.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { enrol } from '#security/identity/agent.ts';
import { service } from '#security/identity/spiffe.ts';
import { buildProxy } from './build.ts';
import { proxySettings } from './settings.ts';

const name = 'gateway-proxy';
const settings = await readSettings(proxySettings);
const logger = createLogger(name, settings.logLevel);

await runProcess({
  name,
  logger,
  start: async (stack) => {
    const agent = stack.use(await enrol(settings, { workload: service(name), logger }));
    const proxy = stack.use(await buildProxy(settings, { agent, logger }));
    return { port: proxy.port, publicPort: proxy.publicPort, opsPort: proxy.opsPort };
  },
});
