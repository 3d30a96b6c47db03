import { Counter, type Registry } from 'prom-client';
import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Jobs } from '#infra/jobs/jobs.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { attemptDelivery } from './attempt.ts';
import { createDeliveries, deliveryQueues, type Deliveries, type DeliveryJob } from './deliveries.ts';
import { createEndpoints } from './endpoints.ts';
import { followedTypes, publishEvents } from './follow-events.ts';
import type { WorkerEvents } from '../events.ts';
import type { WebhookSettings } from '#services/contracts/webhook-settings.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** How many requests this process has under way: first attempts, and those at endpoints that fail. */
const concurrency = 12;
/** Of one tenant, in all processes: a slow receiver keeps its own tenant waiting. */
const ofTenant = 2;
/** Longer than an attempt can take; after it, what a killed process was doing is given to another. */
const expiresAfterSec = 30;

export interface Webhooks {
  readonly deliveries: Deliveries;
  register(app: HttpApp): void;
}

/** Tenants' webhooks: endpoints, what is sent to them, and the sending. */
export async function startWebhooks(
  settings: WebhookSettings,
  ports: {
    readonly database: Database;
    readonly envelope: Envelope;
    readonly jobs: Jobs;
    readonly clock: Clock;
    readonly metrics: Registry;
    readonly events: Pick<WorkerEvents, 'follow'>;
  },
): Promise<Webhooks> {
  const { database, envelope, jobs, clock, metrics, events } = ports;
  const now = () => clock.now();
  const endpoints = createEndpoints({ envelope, privateHosts: settings.privateHosts, now });
  const deliveries = createDeliveries({ envelope, jobs, now });
  const attempts = new Counter({
    name: 'webhook_attempts_total',
    help: 'Requests to the webhooks of tenants, by what came of them',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  const attempted = (outcome: string) => attempts.inc({ outcome });
  const attempt = (job: DeliveryJob, signal: AbortSignal) =>
    attemptDelivery({ database, envelope, jobs, clock, settings, attempted }, job, signal);
  for (const { name } of Object.values(deliveryQueues))
    await jobs.work<DeliveryJob>({ name, concurrency, ofGroup: ofTenant, expiresAfterSec, run: attempt });
  await events.follow({
    name: 'webhooks',
    types: followedTypes,
    handle: (transaction, happened) => publishEvents(transaction, happened, deliveries.publish),
  });
  return {
    deliveries,
    register: (app) => webhookRoutes(app, { database, envelope, endpoints, deliveries, clock }),
  };
}
