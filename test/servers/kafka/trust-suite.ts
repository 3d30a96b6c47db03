import { generateKeyPairSync } from 'node:crypto';
import { Consumer as KafkaConsumer } from '@platformatic/kafka';
import { CloudEvent } from 'cloudevents';
import { expect, test } from 'vitest';
import type { Transaction } from '#infra/database/pool.ts';
import { consumerName, effect, schemas } from '#infra/streaming/testing/streaming-world.ts';
import { cloudEventOf } from '#infra/streaming/cloud-event.ts';
import { listDeadLetters, replayDeadLetter } from '#infra/streaming/dead-letters.ts';
import { unframe } from '#infra/streaming/wire-format.ts';
import { kafkaOptions } from '#infra/streaming/kafka-connection.ts';
import { signEvent } from '#infra/streaming/signing.ts';
import { keyOf, type StreamedEvent } from '#infra/streaming/streamed-event.ts';
import { eventOf, framed, installation, keyOn, produceTo, soon, source, topic, type Bus } from './kafka-bus.ts';

/** What consumers believe, and what is on the bus. */
export function trustSuite(bus: Bus): void {
  const produce = (value: string | Buffer, where = {}) => produceTo(bus.settings(), value, where);

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
    const known = cloudEventOf(eventOf(tenant), source);
    const elsewhere = 'spiffe://bots.example.com/svc/api';
    const bad: [string, string | Buffer, { key?: string; to?: string }][] = [
      ['malformed', 'no event', { key }],
      ['malformed', Buffer.alloc(300_000, 'x'), { key }],
      ['malformed', framed(good).subarray(5), { key }],
      ['unsigned', framed(unsigned), { key }],
      ['unknown-key', framed(signEvent(known, unknown)), { key }],
      ['wrong-signature', framed(signEvent(known, stranger)), { key }],
      // Another tenant's event, as the reader's own, and the same at the place of another one.
      ['wrong-signature', framed(moved), { key: `${other}/5` }],
      ['wrong-signature', framed({ ...good, data: { number: 666 } }), { key }],
      ['wrong-place', framed(good), { key: `${other}/5` }],
      ['wrong-source', framed(signEvent(cloudEventOf(eventOf(tenant), elsewhere), own)), { key }],
    ];
    const before = (await listDeadLetters(world.database, { take: 100 })).length;
    for (const [, value, where] of bad) await produce(value, where);
    await produce(framed(good), { key });
    // Sent again, as it was: it has no second effect.
    await produce(framed(good), { key });
    const last = eventOf(tenant, { stream: 'session/6', facts: { number: 2 } });
    await produce(framed(signEvent(cloudEventOf(last, source), own)), { key: keyOf(last) });
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

  test('what is signed and of a schema that is not known is kept for a release that knows it, once, and has one effect', async () => {
    const world = bus.world();
    const tenant = await world.tenant();
    const own = await keyOn(world);
    const [newer, wrong, late] = ['21', '22', '23'].map((guild, index) =>
      eventOf(tenant, { stream: `session/${guild}`, facts: { number: index } }),
    ) as [StreamedEvent, StreamedEvent, StreamedEvent];
    const signed = (event: StreamedEvent) => signEvent(cloudEventOf(event, source), own);
    const sent: [StreamedEvent, number?][] = [
      [newer, 99],
      [newer, 99],
      [wrong, schemas.latestOf('Unwanted').id],
      [late, 99],
      // And again, as it should be.
      [late],
    ];
    for (const [event, id] of sent) await produce(framed(signed(event), id), { key: keyOf(event) });
    await using carrier = await bus.open(world);
    await using _following = await world.follow(carrier);
    await expect.poll(() => world.effects(tenant, '23'), soon).toEqual([2]);
    const letters = async () =>
      (await listDeadLetters(world.database, { take: 100 })).filter(({ tenant: of }) => of === tenant);
    await expect.poll(async () => (await letters()).length, soon).toBe(3);
    expect((await letters()).map(({ reason, event }) => [reason, event?.id]).toSorted()).toEqual(
      [
        ['unknown-schema', newer.id],
        ['wrong-schema', wrong.id],
        ['unknown-schema', late.id],
      ].toSorted(),
    );
    expect(await world.effects(tenant, '21')).toEqual([]);
    const handlers = new Map([
      [
        consumerName,
        async (transaction: Transaction, [event]: readonly StreamedEvent[]) =>
          effect(transaction, event as StreamedEvent),
      ],
    ]);
    for (const { id } of await letters()) await replayDeadLetter(world.database, id, handlers, Date.now());
    // What was sent anew once it was replayed has no second effect either.
    await produce(framed(signed(newer)), { key: keyOf(newer) });
    const last = eventOf(tenant, { stream: 'session/21', version: 2, facts: { number: 9 } });
    await produce(framed(signed(last)), { key: keyOf(last) });
    await expect.poll(() => world.effects(tenant, '21'), soon).toEqual([0, 9]);
    expect(await world.effects(tenant, '22')).toEqual([1]);
    expect(await world.effects(tenant, '23')).toEqual([2]);
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
      const { schemaId, payload = '' } = unframe(message.value ?? Buffer.alloc(0)) ?? {};
      expect(schemas.find(schemaId ?? 0)?.type).toBe('Played');
      const parsed = JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
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
