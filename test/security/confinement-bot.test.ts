import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLogger } from '#infra/logger/logger.ts';
import { startConfinementFixture, type ConfinementFixture } from './confinement-fixture.ts';

let fixture: ConfinementFixture;
beforeAll(async () => {
  fixture = await startConfinementFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const within = { timeout: 15_000, interval: 50 };

describe('a confined bot', () => {
  test('starts, is vouched for, comes through its door and is ready', async () => {
    const supervisor = await fixture.supervisor({ logger: createLogger('t', 'debug') });
    const tenant = await fixture.tenant();
    await supervisor.start(tenant, 'req_test');
    await vi.waitFor(async () => expect((await supervisor.read(tenant)).state).toBe('ready'), within);
    console.log(
      await supervisor.read(tenant),
      fixture.edge.seen.map((x) => x.method + ' ' + x.path),
    );
  });
});
