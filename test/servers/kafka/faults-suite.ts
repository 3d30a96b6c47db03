import { expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { consumerName } from '#infra/streaming/testing/streaming-world.ts';
import { openPostgresCarrier } from '#infra/streaming/postgres-carrier.ts';
import { soon, upTo, type Bus } from './kafka-bus.ts';

/** What breaks underneath, and changes of the carrier. */
export function faultsSuite(bus: Bus): void {
  test('while the broker hangs, other transactions of the database go on, and health says that events wait', async () => {
    const world = bus.world();
    const tenant = await world.tenant();
    await using carrier = await bus.open(world);
    await using _following = await world.follow(carrier);
    bus.kafka().pause();
    try {
      await world.happens(tenant, '10', upTo(5));
      await expect.poll(async () => (await carrier.health()).status, soon).toBe('degraded');
    } finally {
      bus.kafka().resume();
    }
    await expect.poll(() => world.effects(tenant, '10'), soon).toEqual(upTo(5));
    await expect.poll(async () => (await carrier.health()).status, soon).toBe('healthy');
  });

  test('from the event store to Kafka and back, no event is lost and none has two effects', async () => {
    const world = bus.world();
    const tenant = await world.tenant();
    const postgres = () =>
      openPostgresCarrier({
        database: world.database,
        consumers: [consumerName],
        clock: systemClock,
        logger: silentLogger(),
      });
    let number = 0;
    for (const each of [postgres, () => bus.open(world), postgres, () => bus.open(world)]) {
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
      await using carrier = await bus.open(world);
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
  });
}
