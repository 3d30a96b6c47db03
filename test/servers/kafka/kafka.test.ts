// @module-tag kafka
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import { carrierContract } from '#infra/streaming/carrier.contract.ts';
import { cloudEventOf } from '#infra/streaming/cloud-event.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { signEvent } from '#infra/streaming/signing.ts';
import { keyOf } from '#infra/streaming/streamed-event.ts';
import { carriedEvents } from '#infra/streaming/testing/carried-events.ts';
import { streamingWorld, type StreamingWorld } from '#infra/streaming/testing/streaming-world.ts';
import { faultsSuite } from './faults-suite.ts';
import { eventOf, framed, installation, keyOn, openOn, produceTo, source, type Bus } from './kafka-bus.ts';
import { KafkaServer } from './kafka-server.ts';
import { memorySuite } from './memory-suite.ts';
import { rightsSuite } from './rights-suite.ts';
import { trustSuite } from './trust-suite.ts';
import { workerSuite } from './worker-suite.ts';

let kafka: KafkaServer;
let settings: KafkaSettings;
let world: StreamingWorld;

beforeAll(async () => {
  kafka = await KafkaServer.start(installation, ['session', 'other']);
  settings = await kafka.settings();
  world = await streamingWorld();
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await kafka?.[Symbol.asyncDispose]();
});

const bus: Bus = {
  kafka: () => kafka,
  settings: () => settings,
  world: () => world,
  open: (of, by = settings) => openOn(of, by),
};

carrierContract({ oneEffect: true, waits: true, deadLetters: true, signatures: true }, () =>
  carriedEvents(world, {
    open: () => bus.open(world),
    async crash() {
      await kafka.kill();
      return async () => {
        await delay(1_500);
        await kafka.run();
      };
    },
    /** With the id of the worker's key, and another key. */
    async forge({ tenant, guild, number }) {
      const event = eventOf(tenantIdSchema.parse(tenant), { stream: `session/${guild}`, facts: { number } });
      const { kid } = await keyOn(world);
      const { privateKey } = generateKeyPairSync('ed25519');
      const forged = signEvent(cloudEventOf(event, source), { kid, source, privateKey });
      await produceTo(settings, framed(forged), { key: keyOf(event) });
    },
  }),
);

trustSuite(bus);
rightsSuite(bus);
faultsSuite(bus);
memorySuite(bus);
workerSuite(bus);
