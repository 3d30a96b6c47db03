// @module-tag kafka
import { afterAll, beforeAll } from 'vitest';
import { carrierContract } from '#infra/streaming/carrier.contract.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { faultsSuite } from './faults-suite.ts';
import { installation, openOn, type Bus } from './kafka-bus.ts';
import { KafkaServer } from './kafka-server.ts';
import { memorySuite } from './memory-suite.ts';
import { rightsSuite } from './rights-suite.ts';
import { trustSuite } from './trust-suite.ts';
import { workerSuite } from './worker-suite.ts';

let kafka: KafkaServer;
let settings: KafkaSettings;

beforeAll(async () => {
  kafka = await KafkaServer.start(installation, ['session', 'other']);
  settings = await kafka.settings();
});
afterAll(() => kafka?.[Symbol.asyncDispose]());

const world = carrierContract((of) => openOn(of, settings));
const bus: Bus = {
  kafka: () => kafka,
  settings: () => settings,
  world,
  open: (of, by = settings) => openOn(of, by),
};

trustSuite(bus);
rightsSuite(bus);
faultsSuite(bus);
memorySuite(bus);
workerSuite(bus);
