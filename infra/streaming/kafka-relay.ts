import { setTimeout as delay } from 'node:timers/promises';
import { ProduceAcks, Producer, type SendOptions } from '@platformatic/kafka';
import type { Database, Transaction } from '#infra/database/pool.ts';
import type { RecordedEvent } from '#infra/event-store/event-store.ts';
import { subscribe } from '#infra/event-store/subscription.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Following } from './carrier.ts';
import { relayLanes, relayName } from './change-carrier.ts';
import { cloudEventOf, maxCloudEventBytes } from './cloud-event.ts';
import { bury } from './dead-letters.ts';
import { createSigningKeys } from './event-keys.ts';
import type { EventSchemas } from './event-schemas.ts';
import { kafkaOptions, kafkaUnavailable, survive } from './kafka-connection.ts';
import type { KafkaSettings } from './settings.ts';
import { signEvent } from './signing.ts';
import { keyOf, streamed } from './streamed-event.ts';
import { topicName, type Topics } from './topics.ts';
import { frame } from './wire-format.ts';

/** The transaction of a batch is open meanwhile, and every subscription waits for that. */
const sendsWithinMs = 5_000;

/** Of one request, which a broker takes as a whole or refuses: half of what brokers take by default. */
const sentBytes = 512 * 1024;

/** In the same order. */
function* parts(messages: Messages): Generator<Messages> {
  let part: Messages = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.byteLength ?? 0;
    bytes += size;
    if (bytes > sentBytes && part.length > 0) {
      yield part;
      part = [];
      bytes = size;
    }
    part.push(message);
  }
  if (part.length > 0) yield part;
}

type Messages = SendOptions<Buffer, Buffer, Buffer, Buffer>['messages'];

export interface RelayPorts {
  readonly database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants' | 'listen'>;
  readonly installation: InstallationId;
  /** SPIFFE id of this process. */
  readonly source: string;
  readonly topics: Topics;
  /** Of every type in `topics`. */
  readonly schemas: EventSchemas;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Brings events from the event store, which is the outbox, to Kafka, signed. An event is behind the checkpoint once all
 * replicas in sync have it; after a crash in between it is sent again. While Kafka is away, events stay where they are.
 * @throws event-schemas.missing
 */
export async function startRelay(settings: KafkaSettings, ports: RelayPorts): Promise<Following> {
  const { database, installation, source, topics, schemas, clock, logger } = ports;
  // Now rather than at the first event.
  for (const type of Object.keys(topics)) schemas.latestOf(type);
  const keys = createSigningKeys({ database, source, clock });
  const connect = () => {
    const options = { ...kafkaOptions(settings, 'bailiwick-relay'), acks: ProduceAcks.ALL, idempotent: true };
    const client = new Producer(options);
    survive(client);
    return client;
  };
  let producer = connect();
  /** A producer whose request was not answered does not know its next sequence number: it is replaced. */
  const replace = () => {
    const old = producer;
    producer = connect();
    old.close(true).catch(() => undefined);
  };

  const messagesOf = async (transaction: Transaction, events: readonly RecordedEvent[]): Promise<Messages> => {
    const key = await keys.current();
    const messages: Messages = [];
    for (const event of events.map(streamed)) {
      const value = Buffer.from(JSON.stringify(signEvent(cloudEventOf(event, source), key)));
      if (value.byteLength > maxCloudEventBytes) {
        const detail = `${value.byteLength} bytes are more than ${maxCloudEventBytes}`;
        const origin = `${event.stream}/${event.version}`;
        const letter = { consumer: relayName, carrier: 'kafka', origin, reason: 'too-large', detail, event } as const;
        await bury(transaction, letter, clock.now());
        continue;
      }
      messages.push({
        topic: topicName(installation, topics[event.type] ?? ''),
        key: Buffer.from(keyOf(event)),
        value: frame(schemas.latestOf(event.type).id, value),
      });
    }
    return messages;
  };
  /** Through one client only: after it was replaced, the rest fails. */
  const sendAll = async (client: Producer, messages: Messages) => {
    for (const part of parts(messages)) await client.send({ messages: part });
  };
  const late = async (): Promise<never> => {
    await delay(sendsWithinMs, undefined, { ref: false });
    throw new Error('too late');
  };
  const send = async (messages: Messages): Promise<void> => {
    try {
      await Promise.race([sendAll(producer, messages), late()]);
    } catch (error) {
      replace();
      throw kafkaUnavailable(error);
    }
  };
  const relaying = await subscribe({
    name: relayName,
    database,
    types: Object.keys(topics),
    from: 'now',
    lanes: relayLanes,
    handle: async (transaction, events) => send(await messagesOf(transaction, events)),
    clock,
    logger,
  });
  return {
    health: relaying.health,
    async [Symbol.asyncDispose]() {
      await relaying[Symbol.asyncDispose]();
      await producer.close(true).catch(() => undefined);
    },
  };
}
