// @module-tag kafka
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Admin, Producer, Consumer as KafkaConsumer } from '@platformatic/kafka';
import { CloudEvent } from 'cloudevents';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Carrier } from '#infra/streaming/carrier.ts';
import { carrierContract, consumerName, topics, type StreamingWorld } from '#infra/streaming/carrier.contract.ts';
import { cloudEventOf } from '#infra/streaming/cloud-event.ts';
import { listDeadLetters, replayDeadLetter } from '#infra/streaming/dead-letters.ts';
import { createSigningKeys } from '#infra/streaming/event-keys.ts';
import { openKafkaCarrier } from '#infra/streaming/kafka-carrier.ts';
import { kafkaOptions, kafkaReason } from '#infra/streaming/kafka-connection.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { signEvent } from '#infra/streaming/signing.ts';
import { keyOf, type StreamedEvent } from '#infra/streaming/streamed-event.ts';
import { openPostgresCarrier } from '#infra/streaming/postgres-carrier.ts';
import { KafkaServer } from './kafka-server.ts';
import type { StoppedConsumerSettings } from './stopped-consumer.ts';

const installation = installationId('bots.example.com');
const source = 'spiffe://bots.example.com/svc/worker';
const topic = `bailiwick.${installation}.session`;
const soon = { timeout: 40_000, interval: 20 };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

let kafka: KafkaServer;
let settings: KafkaSettings;

beforeAll(async () => {
  kafka = await KafkaServer.start(installation, ['session', 'other']);
  settings = await kafka.settings();
}, 200_000);
afterAll(() => kafka?.[Symbol.asyncDispose](), 30_000);

const open = ({ database }: StreamingWorld, by = settings): Promise<Carrier> =>
  openKafkaCarrier(by, {
    database,
    consumers: [consumerName],
    installation,
    source,
    topics,
    clock: systemClock,
    logger: silentLogger(),
  });

const worldNow = carrierContract(open);

const produce = async (value: string | Buffer, { key = '', to = topic } = {}) => {
  const producer = new Producer(kafkaOptions(settings, 'test'));
  await producer.send({ messages: [{ topic: to, key: Buffer.from(key), value: Buffer.from(value) }] });
  await producer.close(true);
};
const eventOf = (tenant: TenantId, more: Partial<StreamedEvent> = {}): StreamedEvent => ({
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
const keyFor = (by = source) =>
  createSigningKeys({ database: worldNow().database, source: by, clock: systemClock }).current();

test('believes what is signed by a workload, and buries what is not, once, with why', async () => {
  const world = worldNow();
  const tenant = await world.tenant();
  const other = await world.tenant();
  const event = eventOf(tenant);
  const own = await keyFor();
  const good = signEvent(cloudEventOf(event, source), own);
  const stranger = { kid: own.kid, source, privateKey: generateKeyPairSync('ed25519').privateKey };
  const unknown = { ...stranger, kid: 'A'.repeat(43) };
  const key = keyOf(event);
  const moved = { ...good, tenant: other, partitionkey: `${other}/5` };
  const { jws: _, ...unsigned } = good;
  const bad: [string, string | Buffer, { key?: string; to?: string }][] = [
    ['malformed', 'no event', { key }],
    ['malformed', Buffer.alloc(300_000, 'x'), { key }],
    ['unsigned', JSON.stringify(unsigned), { key }],
    ['unknown-key', JSON.stringify(signEvent(cloudEventOf(eventOf(tenant), source), unknown)), { key }],
    ['wrong-signature', JSON.stringify(signEvent(cloudEventOf(eventOf(tenant), source), stranger)), { key }],
    // Another tenant's event, as the reader's own, and the same at the place of another one.
    ['wrong-signature', JSON.stringify(moved), { key: `${other}/5` }],
    ['wrong-signature', JSON.stringify({ ...good, data: { number: 666 } }), { key }],
    ['wrong-place', JSON.stringify(good), { key: `${other}/5` }],
    [
      'wrong-source',
      JSON.stringify(signEvent(cloudEventOf(eventOf(tenant), 'spiffe://bots.example.com/svc/api'), own)),
      { key },
    ],
  ];
  const before = (await listDeadLetters(world.database, { take: 100 })).length;
  for (const [, value, where] of bad) await produce(value, where);
  await produce(JSON.stringify(good), { key });
  // Sent again, as it was: it has no second effect.
  await produce(JSON.stringify(good), { key });
  const last = eventOf(tenant, { stream: 'session/6', facts: { number: 2 } });
  await produce(JSON.stringify(signEvent(cloudEventOf(last, source), own)), { key: keyOf(last) });
  await using carrier = await open(world);
  await using _following = await world.follow(carrier);
  await expect.poll(() => world.effects(tenant, '6'), soon).toEqual([2]);
  await expect
    .poll(async () => (await listDeadLetters(world.database, { take: 100 })).length - before, soon)
    .toBe(bad.length);
  await expect.poll(() => world.effects(tenant, '5'), soon).toEqual([1]);
  expect(await world.effects(other, '5')).toEqual([]);
  const letters = (await listDeadLetters(world.database, { take: bad.length })).toReversed();
  expect(letters.map(({ reason }) => reason).toSorted()).toEqual(bad.map(([reason]) => reason).toSorted());
  // Nothing that somebody unknown has written is stored.
  expect(letters.every(({ tenant: of, event: kept }) => of === null && kept === null)).toBe(true);
  await expect(replayDeadLetter(world.database, letters[0]?.id ?? '', new Map(), 0)).rejects.toMatchObject({
    code: 'dead-letter.not-believed',
  });
});

test('what is on the bus is a CloudEvent with its tenant and guild as the key, and has nothing about people', async () => {
  const world = worldNow();
  const tenant = await world.tenant();
  await using carrier = await open(world);
  await world.happens(tenant, '77', [1]);
  const reader = new KafkaConsumer({
    ...kafkaOptions(settings, 'reader'),
    groupId: `bailiwick.${installation}.reader`,
  });
  const stream = await reader.consume({ topics: [topic], mode: 'earliest' });
  for await (const message of stream) {
    if (!String(message.key).startsWith(tenant)) continue;
    const parsed = JSON.parse(String(message.value)) as Record<string, unknown>;
    const cloudEvent = new CloudEvent(parsed, true);
    expect(cloudEvent).toMatchObject({
      specversion: '1.0',
      source,
      type: 'bailiwick.Played',
      subject: 'session/77',
      data: { number: 1 },
      partitionkey: `${tenant}/77`,
    });
    expect(String(message.key)).toBe(`${tenant}/77`);
    expect(parsed).not.toHaveProperty('sealed');
    break;
  }
  await reader.close(true);
  expect(carrier.name).toBe('kafka');
});

test('a broker that is killed in the middle costs no event, and none has two effects', async () => {
  const world = worldNow();
  const tenant = await world.tenant();
  await using carrier = await open(world);
  await using _following = await world.follow(carrier);
  const count = 400;
  const killAt = 120;
  let restarted: Promise<void> | undefined;
  for (let number = 0; number < count; number += 4) {
    await world.happens(tenant, '9', [number, number + 1, number + 2, number + 3]);
    if (number !== killAt) continue;
    await kafka.kill();
    restarted = new Promise((resolve) => setTimeout(resolve, 1_500)).then(() => kafka.run());
  }
  await restarted;
  await expect.poll(async () => (await world.effects(tenant, '9')).length, soon).toBe(count);
  expect(await world.effects(tenant, '9')).toEqual(upTo(count));
}, 90_000);

test('while the broker hangs, other transactions of the database go on, and health says that events wait', async () => {
  const world = worldNow();
  const tenant = await world.tenant();
  await using carrier = await open(world);
  await using _following = await world.follow(carrier);
  kafka.pause();
  try {
    await world.happens(tenant, '10', upTo(5));
    await expect.poll(async () => (await carrier.health()).status, soon).toBe('degraded');
  } finally {
    kafka.resume();
  }
  await expect.poll(() => world.effects(tenant, '10'), soon).toEqual(upTo(5));
  await expect.poll(async () => (await carrier.health()).status, soon).toBe('healthy');
}, 90_000);

test('from the event store to Kafka and back, no event is lost and none has two effects', async () => {
  const world = worldNow();
  const tenant = await world.tenant();
  const postgres = () =>
    openPostgresCarrier({
      database: world.database,
      consumers: [consumerName],
      clock: systemClock,
      logger: silentLogger(),
    });
  let number = 0;
  for (const each of [postgres, () => open(world), postgres, () => open(world)]) {
    // What happens before it is followed again, and what Kafka has not delivered.
    await world.happens(tenant, '11', [number++]);
    await using carrier = await each();
    await using _following = await world.follow(carrier);
    await world.happens(tenant, '11', [number++]);
    const expected = upTo(number);
    await expect.poll(() => world.effects(tenant, '11'), soon).toEqual(expected);
  }
  // Sent to Kafka, and not consumed there.
  {
    await using carrier = await open(world);
    await world.happens(tenant, '11', [number++]);
    await expect
      .poll(async () => {
        const { rows } = await world.admin.query<{ behind: number }>(
          `select count(*)::int as behind from event where stream = 'session/11' and tenant_id = $1
               and (transaction, position) > (select min(transaction), min(position) from event_subscription
                 where name = 'event-relay' and updated_at = (select max(updated_at) from event_subscription
                   where name = 'event-relay'))`,
          [tenant],
        );
        return rows[0]?.behind;
      }, soon)
      .toBe(0);
    expect(carrier.name).toBe('kafka');
  }
  await using carrier = await postgres();
  await using _following = await world.follow(carrier);
  await expect.poll(() => world.effects(tenant, '11'), soon).toEqual(upTo(number));
}, 90_000);

test('a certificate signs in as a password does', async () => {
  const world = worldNow();
  const tenant = await world.tenant();
  await using carrier = await open(world, await kafka.settings('certificate'));
  await using _following = await world.follow(carrier);
  await world.happens(tenant, '1', [1]);
  await expect.poll(() => world.effects(tenant, '1'), soon).toEqual([1]);
});

test('the worker can neither make nor delete topics, nor read others; a stranger can do nothing', async () => {
  const admin = new Admin(kafkaOptions(settings, 'test'));
  await expect(admin.createTopics({ topics: ['bailiwick.elsewhere.session'] })).rejects.toThrow();
  await expect(admin.createTopics({ topics: [`bailiwick.${installation}.more`] })).rejects.toThrow();
  await expect(admin.deleteTopics({ topics: [topic] })).rejects.toThrow();
  await admin.close();
  for (const kind of ['sasl', 'certificate'] as const) {
    const producer = new Producer({ ...kafkaOptions(await kafka.settings(kind, 'stranger'), 'test'), retries: 0 });
    const sent = producer.send({ messages: [{ topic, key: Buffer.from('x'), value: Buffer.from('x') }] });
    await expect(sent).rejects.toSatisfy((error) => kafkaReason(error) === 'the user lacks rights');
    await producer.close(true);
  }
});

test('a wrong password and an unknown authority are told as such, and no error has a secret in it', async () => {
  const secret = 'not-the-password';
  const { trustPem: _, ...untrusting } = settings;
  const wrong: [KafkaSettings, string][] = [
    [
      { ...settings, signIn: { kind: 'sasl', user: 'worker', password: secret } },
      'Kafka does not accept this user and password',
    ],
    [untrusting, "the broker's certificate is of an unknown authority"],
    [{ ...settings, brokers: ['localhost:1'] }, 'no broker answers'],
  ];
  for (const [each, why] of wrong) {
    const producer = new Producer({ ...kafkaOptions(each, 'test'), retries: 0 });
    const sent = producer.send({ messages: [{ topic, value: Buffer.from('x') }] });
    await expect(sent, why).rejects.toSatisfy((error) => kafkaReason(error) === why);
    await producer.close(true);
  }
});

test.each(['kafka', 'postgres'] as const)(
  'over %s, a consumer that has stopped keeps none of a hundred thousand events in memory',
  async (kind) => {
    const world = worldNow();
    const tenant = await world.tenant();
    const child = spawn(process.execPath, ['--expose-gc', path.join(import.meta.dirname, 'stopped-consumer.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    const given: StoppedConsumerSettings = {
      events: kind === 'kafka' ? settings : { carrier: 'postgres' },
      url: world.server.url,
      installation,
      source,
    };
    child.stdin.end(JSON.stringify(given));
    let state = { batches: 0, rssBytes: 0 };
    createInterface(child.stdout).on('line', (line) => (state = JSON.parse(line) as typeof state));
    try {
      const flood = kind === 'kafka' ? floodKafka : floodStore;
      await expect.poll(() => state.rssBytes, soon).toBeGreaterThan(0);
      await flood(tenant, 0, 500);
      await expect.poll(() => state.batches, soon).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const before = state.rssBytes;
      await flood(tenant, 500, 100_000);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      // All of them would be more than fifty megabytes.
      expect((state.rssBytes - before) / 1024 ** 2).toBeLessThan(16);
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  },
  90_000,
);

async function floodKafka(tenant: TenantId, from: number, to: number): Promise<void> {
  const key = await keyFor();
  const producer = new Producer(kafkaOptions(settings, 'test'));
  for (let number = from; number < to; number += 2_500) {
    const messages = Array.from({ length: Math.min(2_500, to - number) }, (_, index) => {
      const event = eventOf(tenant, {
        type: 'Flooded',
        version: number + index + 1,
        facts: { number: number + index },
      });
      const value = Buffer.from(JSON.stringify(signEvent(cloudEventOf(event, source), key)));
      return { topic: `bailiwick.${installation}.other`, key: Buffer.from(keyOf(event)), value };
    });
    await producer.send({ messages });
  }
  await producer.close(true);
}

async function floodStore(tenant: TenantId, from: number, to: number): Promise<void> {
  await worldNow().admin.query(
    `insert into event (tenant_id, stream, version, at, id, type, schema_version, facts)
       select $1, 'session/5', number + 1, now(), 'evt_' || lpad(number::text, 26, '0'), 'Flooded', 1,
         jsonb_build_object('number', number, 'text', repeat('x', 400)) from generate_series($2::int, $3::int - 1) as number`,
    [tenant, from, to],
  );
}
