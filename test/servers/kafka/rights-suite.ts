import { Admin, Producer } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { kafkaOptions, kafkaReason } from '#infra/streaming/kafka-connection.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { installation, soon, topic, type Bus } from './kafka-bus.ts';

/** Who may do what. */
export function rightsSuite(bus: Bus): void {
  test('a certificate signs in as a password does', async () => {
    const world = bus.world();
    const tenant = await world.tenant();
    await using carrier = await bus.open(world, await bus.kafka().settings('certificate'));
    await using _following = await world.follow(carrier);
    await world.happens(tenant, '1', [1]);
    await expect.poll(() => world.effects(tenant, '1'), soon).toEqual([1]);
  });

  test('the worker can neither make nor delete topics, nor read others; a stranger can do nothing', async () => {
    const admin = new Admin(kafkaOptions(bus.settings(), 'test'));
    await expect(admin.createTopics({ topics: ['bailiwick.elsewhere.session'] })).rejects.toThrow();
    await expect(admin.createTopics({ topics: [`bailiwick.${installation}.more`] })).rejects.toThrow();
    await expect(admin.deleteTopics({ topics: [topic] })).rejects.toThrow();
    await admin.close();
    for (const kind of ['sasl', 'certificate'] as const) {
      const producer = new Producer({
        ...kafkaOptions(await bus.kafka().settings(kind, 'stranger'), 'test'),
        retries: 0,
      });
      const sent = producer.send({ messages: [{ topic, key: Buffer.from('x'), value: Buffer.from('x') }] });
      await expect(sent).rejects.toSatisfy((error) => kafkaReason(error) === 'the user lacks rights');
      await producer.close(true);
    }
  });

  test('a wrong password and an unknown authority are told as such, and no error has a secret in it', async () => {
    const secret = 'not-the-password';
    const { trustPem: _, ...untrusting } = bus.settings();
    const wrong: [KafkaSettings, string][] = [
      [
        { ...bus.settings(), signIn: { kind: 'sasl', user: 'worker', password: secret } },
        'Kafka does not accept this user and password',
      ],
      [untrusting, "the broker's certificate is of an unknown authority"],
      [{ ...bus.settings(), brokers: ['localhost:1'] }, 'no broker answers'],
    ];
    for (const [each, why] of wrong) {
      const producer = new Producer({ ...kafkaOptions(each, 'test'), retries: 0 });
      const sent = producer.send({ messages: [{ topic, value: Buffer.from('x') }] });
      await expect(sent, why).rejects.toSatisfy((error) => kafkaReason(error) === why);
      await producer.close(true);
    }
  });
}
