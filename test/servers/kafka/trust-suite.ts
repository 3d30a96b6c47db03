import { generateKeyPairSync } from 'node:crypto';
import { Consumer as KafkaConsumer, Producer } from '@platformatic/kafka';
import { CloudEvent } from 'cloudevents';
import { expect, test } from 'vitest';
import { cloudEventOf } from '#infra/streaming/cloud-event.ts';
import { listDeadLetters, replayDeadLetter } from '#infra/streaming/dead-letters.ts';
import { kafkaOptions } from '#infra/streaming/kafka-connection.ts';
import { signEvent } from '#infra/streaming/signing.ts';
import { keyOf } from '#infra/streaming/streamed-event.ts';
import { eventOf, installation, keyOn, soon, source, topic, type Bus } from './kafka-bus.ts';

/** What consumers believe, and what is on the bus. */
export function trustSuite(bus: Bus): void {
  const produce = async (value: string | Buffer, { key = '', to = topic } = {}) => {
    const producer = new Producer(kafkaOptions(bus.settings(), 'test'));
    await producer.send({ messages: [{ topic: to, key: Buffer.from(key), value: Buffer.from(value) }] });
    await producer.close(true);
  };
  test('believes what is signed by a workload, and buries what is not, once, with why', async () => {
    const world = bus.world();
    const tenant = await world.tenant();
    const other = await world.tenant();
    const event = eventOf(tenant);
    const own = await keyOn(bus.world());
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
    await using carrier = await bus.open(world);
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
    const world = bus.world();
    const tenant = await world.tenant();
    await using carrier = await bus.open(world);
    await world.happens(tenant, '77', [1]);
    const reader = new KafkaConsumer({
      ...kafkaOptions(bus.settings(), 'reader'),
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
}
