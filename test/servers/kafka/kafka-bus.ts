import { Producer } from '@platformatic/kafka';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newId, type InstallationId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Carrier } from '#infra/streaming/carrier.ts';
import { consumerName, schemas, topics, type StreamingWorld } from '#infra/streaming/testing/streaming-world.ts';
import type { CloudEvent } from '#infra/streaming/cloud-event.ts';
import { createSigningKeys, type SigningKey } from '#infra/streaming/event-keys.ts';
import { openKafkaCarrier } from '#infra/streaming/kafka-carrier.ts';
import { kafkaOptions } from '#infra/streaming/kafka-connection.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { frame } from '#infra/streaming/wire-format.ts';
import type { StreamedEvent } from '#infra/streaming/streamed-event.ts';
import type { KafkaServer } from './kafka-server.ts';

export const installation: InstallationId = installationId('test');
export const source = 'spiffe://test/svc/worker';
export const topic = `bailiwick.${installation}.session`;
export const soon = { timeout: 40_000, interval: 20 };
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One broker, and a database whose events it carries. */
export interface Bus {
  kafka(): KafkaServer;
  settings(): KafkaSettings;
  world(): StreamingWorld;
  open(world: StreamingWorld, by?: KafkaSettings): Promise<Carrier>;
}

export const openOn = ({ database }: StreamingWorld, settings: KafkaSettings): Promise<Carrier> =>
  openKafkaCarrier(settings, {
    database,
    consumers: [consumerName],
    installation,
    source,
    topics,
    schemas,
    clock: systemClock,
    logger: silentLogger(),
  });

export const eventOf = (tenant: TenantId, more: Partial<StreamedEvent> = {}): StreamedEvent => ({
  tenant,
  stream: 'session/5',
  version: 1,
  atMs: Date.now(),
  id: newId('evt'),
  place: { transaction: '1', position: '1' },
  type: 'Played',
  schemaVersion: 1,
  facts: { number: 1 },
  ...more,
});

export async function produceTo(
  settings: KafkaSettings,
  value: string | Buffer,
  { key = '', to = topic } = {},
): Promise<void> {
  const producer = new Producer(kafkaOptions(settings, 'test'));
  await producer.send({ messages: [{ topic: to, key: Buffer.from(key), value: Buffer.from(value) }] });
  await producer.close(true);
}

/** As it is on Kafka. */
export const framed = (event: CloudEvent, schemaId = schemas.latestOf('Played').id): Buffer =>
  frame(schemaId, Buffer.from(JSON.stringify(event)));

export const keyOn = ({ database }: StreamingWorld): Promise<SigningKey> =>
  createSigningKeys({ database, source, clock: systemClock }).current();
