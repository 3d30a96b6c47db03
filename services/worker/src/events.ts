import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Health } from '#infra/observability/health.ts';
import type { Carrier, ConsumerOptions } from '#infra/streaming/carrier.ts';
import { deadLetterPageSchema, listDeadLetters, replayDeadLetter } from '#infra/streaming/dead-letters.ts';
import { openKafkaCarrier } from '#infra/streaming/kafka-carrier.ts';
import { openPostgresCarrier } from '#infra/streaming/postgres-carrier.ts';
import type { EventSettings } from '#infra/streaming/settings.ts';
import type { StreamedEvent } from '#infra/streaming/streamed-event.ts';
import { publishedSchemas } from '#services/contracts/published-schemas.ts';
import { eventTopics as topics } from '#services/contracts/streamed-events.ts';

/** Their names never change: what they have had is in the database. */
const consumers = ['webhooks', 'play-windows'] as const;

export interface WorkerEvents {
  /** Begins to bring a consumer its events. */
  follow(consumer: ConsumerOptions & { readonly name: (typeof consumers)[number] }): Promise<void>;
  readonly deadLetters: DeadLetterPorts;
}

interface DeadLetterPorts {
  readonly database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants'>;
  /** How each consumer handles events. */
  readonly handlers: ReadonlyMap<string, (transaction: Transaction, events: readonly StreamedEvent[]) => Promise<void>>;
  readonly clock: Clock;
}

/** What happens, for the consumers in this process, by the configured carrier. */
export async function openWorkerEvents(
  settings: { readonly installation: string; readonly events: EventSettings },
  ports: {
    readonly database: Database;
    /** SPIFFE id of this process. */
    readonly source: string;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly health: Health;
  },
  stack: AsyncDisposableStack,
): Promise<WorkerEvents> {
  const { database, clock, health } = ports;
  const carrier = stack.use(await openCarrier(settings, ports));
  health.add('events', carrier.health);
  const handlers = new Map<string, ConsumerOptions['handle']>();
  return {
    async follow(consumer) {
      handlers.set(consumer.name, consumer.handle);
      health.add(consumer.name, stack.use(await carrier.follow(consumer)).health);
    },
    deadLetters: { database, handlers, clock },
  };
}

function openCarrier(
  { installation, events }: Parameters<typeof openWorkerEvents>[0],
  ports: Parameters<typeof openWorkerEvents>[1],
): Promise<Carrier> {
  if (events.carrier === 'postgres') return openPostgresCarrier({ ...ports, consumers });
  const schemas = publishedSchemas();
  return openKafkaCarrier(events, { ...ports, consumers, topics, schemas, installation: installationId(installation) });
}

/** For operators, through the api: events that could not be handled. */
export function deadLetterRoutes(app: HttpApp, { database, handlers, clock }: DeadLetterPorts): void {
  app.get('/v1/dead-letters', { config: { action: 'event.read' }, exposeHeadRoute: false }, async (request) => ({
    items: await listDeadLetters(database, deadLetterPageSchema.parse(request.query)),
  }));
  app.post('/v1/dead-letters/:any/replay', { config: { action: 'event.replay' } }, async (request) => {
    const { any: id } = z.object({ any: z.string() }).parse(request.params);
    return replayDeadLetter(database, id, handlers, clock.now());
  });
}
