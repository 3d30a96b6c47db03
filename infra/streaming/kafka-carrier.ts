import { Consumer as KafkaConsumer, type Message, type MessagesStream } from '@platformatic/kafka';
import type { Database } from '#infra/database/pool.ts';
import { Interruption } from '#infra/event-store/interruption.ts';
import { pause } from '#infra/kernel/clock.ts';
import type { Carrier, ConsumerOptions, Following } from './carrier.ts';
import { changeToRelay } from './change-carrier.ts';
import { Consumer } from './consumer.ts';
import { bury, type DeadLetter } from './dead-letters.ts';
import { createKnownKeys } from './event-keys.ts';
import { kafkaOptions, kafkaUnavailable, survive } from './kafka-connection.ts';
import { startRelay, type RelayPorts } from './kafka-relay.ts';
import type { KafkaSettings } from './settings.ts';
import { verifyEvent, type EventFault } from './signing.ts';
import { keyOf, type StreamedEvent } from './streamed-event.ts';
import { groupName, topicName, topicsOf } from './topics.ts';
import { unframe } from './wire-format.ts';

const batchEvents = 100;
/**
 * What is fetched of a broker at once, and again only when that was handled: however many events wait, this is what a
 * consumer has in memory.
 */
const fetchedBytes = 1024 * 1024;
const pauses = { minMs: 250, maxMs: 4_000 };

type Batch = readonly Message[];
type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

export interface KafkaCarrierPorts extends RelayPorts {
  readonly database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants' | 'listen'>;
  /** The consumers of this release, so that what they have not had yet is sent when Kafka is first configured. */
  readonly consumers: readonly string[];
}

/** Kafka, fed from the event store. */
export async function openKafkaCarrier(settings: KafkaSettings, ports: KafkaCarrierPorts): Promise<Carrier> {
  const { database, consumers } = ports;
  await database.acrossTenants((transaction) => changeToRelay(transaction, consumers));
  const relay = await startRelay(settings, ports);
  return {
    name: 'kafka',
    follow: async (options) => followKafka(settings, ports, options),
    health: relay.health,
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

function followKafka(settings: KafkaSettings, ports: KafkaCarrierPorts, options: ConsumerOptions): Following {
  const { installation, topics, clock, logger } = ports;
  const stop = new AbortController();
  const consumer = new Consumer(options, { carrier: 'kafka', clock, logger });
  const receive = createReceiver(consumer, ports);
  const interruption = new Interruption(pauses, clock);
  const failed = async (error: unknown, what: string) => {
    if (stop.signal.aborted) return;
    logger.warn({ err: error, consumer: options.name }, what);
    await pause(interruption.failed(), clock, stop.signal);
  };
  /** Until it succeeds: meanwhile nothing more is fetched. */
  const handle = async (batch: Batch): Promise<boolean> => {
    while (!stop.signal.aborted) {
      try {
        await receive(batch);
        interruption.over();
        return true;
      } catch (error) {
        await failed(error, 'could not handle events; tried again');
      }
    }
    return false;
  };
  const session = async (): Promise<void> => {
    const client = new KafkaConsumer({
      ...kafkaOptions(settings, `bailiwick-${options.name}`),
      groupId: groupName(installation, options.name),
      autocommit: false,
      // The brokers divide the partitions (KIP-848); with the older protocol a member that joins stops all others.
      groupProtocol: 'consumer',
      maxWaitTime: 1_000,
      maxBytes: fetchedBytes,
      maxBytesPerPartition: fetchedBytes,
    });
    survive(client);
    client.on('error', () => undefined);
    try {
      const stream: Stream = await client.consume({
        topics: topicsOf(installation, topics, options.types),
        mode: 'committed',
        fallbackMode: 'earliest',
      });
      survive(stream);
      if (stop.signal.aborted) return;
      interruption.over();
      // Out of the group, or about to be: begin anew.
      for (const lost of ['error', 'consumer:heartbeat:stalled'] as const)
        client.on(lost, () => stream.destroy(new Error('the group is lost')));
      const end = () => stream.destroy();
      stop.signal.addEventListener('abort', end, { once: true });
      try {
        for await (const batch of batches(stream)) {
          if (!(await handle(batch))) return;
          await client.commit({ offsets: offsetsAfter(batch) });
        }
      } finally {
        stop.signal.removeEventListener('abort', end);
      }
    } finally {
      await client.close(true).catch(() => undefined);
    }
  };
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted)
      await session().catch((error: unknown) => failed(kafkaUnavailable(error), 'could not follow Kafka; tried again'));
  };
  const following = follow();
  return {
    health: interruption.health,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** What has been fetched, in parts; never waits for a part to be full. */
async function* batches(stream: Stream): AsyncGenerator<Batch> {
  let batch: Message[] = [];
  for await (const message of stream) {
    batch.push(message);
    if (batch.length < batchEvents && stream.readableLength > 0) continue;
    yield batch;
    batch = [];
  }
}

function offsetsAfter(batch: Batch) {
  const last = new Map(batch.map((message) => [`${message.topic}/${message.partition}`, message]));
  return [...last.values()].map(({ topic, partition, offset, leaderEpoch }) => ({
    topic,
    partition,
    offset: offset + 1n,
    leaderEpoch,
  }));
}

const originOf = ({ topic, partition, offset }: Message): string => `${topic}/${partition}/${offset}`;

/** Why a message is not given to the consumer. */
type MessageFault = EventFault | 'unknown-schema' | 'wrong-schema';

interface Refused {
  readonly message: Message;
  readonly reason: MessageFault;
  /** If it was believed: then it can be replayed, by a release that knows its schema. */
  readonly event?: StreamedEvent;
}

/** Verifies a batch, then has the consumer take in what is believed, and buries the rest, in one transaction. */
function createReceiver(consumer: Consumer, ports: KafkaCarrierPorts): (batch: Batch) => Promise<void> {
  const { database, installation, topics, schemas, clock, logger } = ports;
  const keys = createKnownKeys({ database, clock });
  const verified = async (message: Message): Promise<StreamedEvent | Refused> => {
    const framed = unframe(message.value ?? Buffer.alloc(0));
    if (!framed) return { message, reason: 'malformed' };
    const verdict = await verifyEvent(framed.payload, keys);
    if (!verdict.ok) return { message, reason: verdict.fault };
    const { value: event } = verdict;
    const isHere =
      message.key?.toString('utf8') === keyOf(event) &&
      message.topic === topicName(installation, topics[event.type] ?? '');
    if (!isHere) return { message, reason: 'wrong-place' };
    // Not signed, so it is compared: a release that does not know it cannot know what the event means.
    const schema = schemas.find(framed.schemaId);
    if (schema?.type === event.type) return event;
    return { message, reason: schema ? 'wrong-schema' : 'unknown-schema', event };
  };
  const letterOf = ({ message, reason, event }: Refused): DeadLetter => ({
    consumer: consumer.name,
    carrier: 'kafka',
    origin: originOf(message),
    reason,
    detail: `${message.value?.byteLength ?? 0} bytes`,
    ...(event ? { event } : {}),
  });
  return async (batch) => {
    const events: StreamedEvent[] = [];
    const origins = new Map<string, string>();
    const refused: Refused[] = [];
    for (const message of batch) {
      const event = await verified(message);
      if ('reason' in event) {
        refused.push(event);
        continue;
      }
      events.push(event);
      origins.set(event.id, originOf(message));
    }
    await database.acrossTenants(async (transaction) => {
      for (const each of refused) await bury(transaction, letterOf(each), clock.now());
      await consumer.receive(transaction, events, ({ id }) => origins.get(id) ?? '');
    });
    for (const { message, reason } of refused)
      logger.error({ consumer: consumer.name, origin: originOf(message), reason }, 'an event was refused');
  };
}
