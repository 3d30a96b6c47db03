import { Registry } from 'prom-client';
import { tryToLead } from '#infra/database/leadership.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { startHttpService } from '#infra/http/service.ts';
import { openJobs } from '#infra/jobs/jobs.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { Health } from '#infra/observability/health.ts';
import { sequencerLock } from '#security/audit/sequencer.ts';
import { enrol } from '#security/identity/agent.ts';
import { installGuard } from '#security/identity/guard.ts';
import { service } from '#security/identity/spiffe.ts';
import { custodianCause, watchCustodian } from '#security/keyring/custodian-watch.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { buildWorker } from './build.ts';
import { workerSettingsSchema } from './settings.ts';

/** Of the job queue, besides those of the settings. */
const jobConnections = 2;

await runProcess({
  name: 'worker',
  settings: workerSettingsSchema,
  async start(settings, { logger, stack }) {
    const clock = systemClock;
    const health = new Health();
    const metrics = new Registry();
    const database = stack.use(openDatabase(settings.database));
    const agent = stack.use(await enrol(settings, { workload: service('worker'), logger }));
    health.add('identity', agent.health);
    const lead = () => tryToLead(settings.database.url, sequencerLock);
    const leadKeys = () => tryToLead(settings.database.url, 'replacing the key of the worker');
    const { installation } = settings;
    const custodian = stack.use(await openCustodian(settings.keys, { installation, part: 'worker', logger, clock }));
    health.add(custodianCause, stack.use(watchCustodian(custodian, { clock, logger })).health);
    const jobs = stack.use(
      await openJobs({ url: settings.database.url, maxConnections: jobConnections }, { database, logger }),
    );
    const source = agent.spiffeId;
    const ports = { database, source, lead, leadKeys, custodian, jobs, clock, logger, health, metrics };
    const worker = await buildWorker(settings, ports, stack);
    return stack.use(
      await startHttpService({
        name: 'worker',
        logger,
        listen: settings.listen,
        ops: settings.ops,
        tls: agent.tls,
        health,
        metrics,
        register(app) {
          installGuard(app, { agent, audience: 'worker', clock });
          worker.register(app);
        },
      }),
    );
  },
});
