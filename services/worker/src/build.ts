import { Counter, Gauge, type Registry } from 'prom-client';
import { startProjections } from '#infra/cqrs/projections.ts';
import type { Leadership } from '#infra/database/leadership.ts';
import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Jobs } from '#infra/jobs/jobs.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Health, HealthCause } from '#infra/observability/health.ts';
import { createLogKeys } from '#security/audit/log-keys.ts';
import { startSequencer, type Sequencer, type SequencerStatus } from '#security/audit/sequencer.ts';
import type { EventSettings } from '#infra/streaming/settings.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { watchPlatformKeyAge } from '#security/keyring/platform-key-age.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { createCertificateKey } from '#tenants/deletion/signing-key.ts';
import { deletionRoutes } from './deletion-routes.ts';
import { erasureRoutes } from './erasure-routes.ts';
import { deadLetterRoutes, openWorkerEvents } from './events.ts';
import { keyRoutes } from './key-routes.ts';
import { projectionRoutes } from './projection-routes.ts';
import { openWorkerSchedules, scheduleRoutes } from './schedules.ts';
import type { WebhookSettings } from '#services/contracts/webhook-settings.ts';
import { playStatistics } from './statistics/play-statistics.ts';
import { playWindows } from './statistics/play-windows.ts';
import { withPlaysOfAll } from './statistics/plays-of-all.ts';
import { startWebhooks } from './webhooks/webhooks.ts';

export interface WorkerPorts {
  readonly database: Database;
  /** SPIFFE id of this process. */
  readonly source: string;
  /** Of those that seal audit logs. */
  readonly lead: () => Promise<Leadership | undefined>;
  /** Of those that replace the worker's own key. */
  readonly leadKeys: () => Promise<Leadership | undefined>;
  readonly custodian: Custodian;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Registry;
}

/** Records are sealed within a second; beyond these limits something is wrong. */
const degradedLagMs = 2_000;
const unhealthyLagMs = 60_000;

export interface Worker {
  /** Adds the routes that are called through gateway-proxy. */
  register(app: HttpApp): void;
}

/** Builds the worker; what has to be closed goes onto the stack. */
export async function buildWorker(
  settings: { readonly installation: string; readonly webhooks: WebhookSettings; readonly events: EventSettings },
  ports: WorkerPorts,
  stack: AsyncDisposableStack,
): Promise<Worker> {
  const { database, lead, leadKeys, custodian, jobs, clock, logger, health, metrics } = ports;
  // Another worker may replace a key at any time: what is sealed is wrapped by the newest version.
  const envelope = createEnvelope({ custodian, clock, dataKeyUses: 1 });
  const columns = sealedColumnsOf('worker');
  stack.use(watchPlatformKeyAge({ custodian, envelope, database, columns, lead: leadKeys, clock, logger }));
  const keys = createLogKeys({
    database,
    envelope,
    installation: settings.installation,
    clock,
  });
  const sealed = new Counter({
    name: 'audit_sealed_records_total',
    help: 'Records that this process added to audit logs',
    registers: [metrics],
  });
  const sequencer = startSequencer({
    database,
    lead,
    keys,
    logger,
    clock,
    onSealed: (records) => sealed.inc(records),
  });
  stack.use(sequencer);
  observe(sequencer, health, metrics);
  const removed = new Counter({
    name: 'api_sessions_removed_total',
    help: 'Sessions removed because they had expired or ended',
    registers: [metrics],
  });
  health.add('database', database.health);
  health.add('jobs', async () => jobs.health());
  const events = await openWorkerEvents(settings, ports, stack);
  const webhooks = await startWebhooks(settings.webhooks, { database, envelope, jobs, clock, metrics, events });
  const { deliveries } = webhooks;
  await events.follow(playWindows(clock));
  const projections = stack.use(await startProjections([playStatistics], { database, clock, logger, health, metrics }));
  const readModels = await withPlaysOfAll(projections, database);
  const onRemoved = (rows: number) => removed.inc(rows);
  const schedules = await openWorkerSchedules({ jobs, database, deliveries, clock, logger, onRemoved });
  const { installation } = settings;
  const key = createCertificateKey({ database, envelope, installation });
  return {
    register(app) {
      keyRoutes(app, { database, custodian, envelope, clock, installation });
      erasureRoutes(app, { database, clock });
      webhooks.register(app);
      scheduleRoutes(app, schedules);
      deadLetterRoutes(app, events.deadLetters);
      projectionRoutes(app, readModels);
      deletionRoutes(app, { database, key, installation });
    },
  };
}

function observe(sequencer: Sequencer, health: Health, metrics: Registry): void {
  health.add('audit sealing', async () => sealingHealth(await sequencer.status()));
  const gauge = (name: string, help: string, value: (status: SequencerStatus) => number) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        const status = await sequencer.status().catch(() => undefined);
        this.set(status ? value(status) : Number.NaN);
      },
    });
  gauge(
    'audit_seal_lag_seconds',
    'How long the oldest journalled record has waited to be sealed',
    ({ lagMs }) => lagMs / 1_000,
  );
  gauge('audit_sequencer_leader', '1 in the process that seals', ({ leader }) => (leader ? 1 : 0));
}

function sealingHealth({ leader, lagMs, passedOver }: SequencerStatus): Omit<HealthCause, 'name'> {
  const role = leader ? 'this process seals' : 'another process seals, or none';
  const lag = `the oldest record waits for ${(lagMs / 1_000).toFixed(1)} s; ${role}`;
  if (lagMs > unhealthyLagMs) return { status: 'unhealthy', detail: lag };
  if (passedOver.size > 0) {
    const codes = [...new Set(passedOver.values())].join(', ');
    return { status: 'degraded', detail: `the logs of ${passedOver.size} tenants cannot be sealed: ${codes}` };
  }
  return { status: lagMs > degradedLagMs ? 'degraded' : 'healthy', detail: lag };
}
