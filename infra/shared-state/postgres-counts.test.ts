import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openSharedCounts } from './open-shared-state.ts';
import { describeSharedCounts } from './shared-counts.contract.ts';
import type { SharedCounts } from './shared-counts.ts';

let server: TestDatabase;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  server = stack.use(await testDatabase());
});
afterAll(() => stack.disposeAsync());

async function opened(part: 'api' | 'discord-edge' = 'api', url?: string): Promise<SharedCounts> {
  const owner = { installation: installationId('state.example'), part, logger: silentLogger(), clock: systemClock };
  const role = part === 'api' ? 'api' : 'edge';
  return stack.use(await openSharedCounts({ kind: 'postgres', url: url ?? server.urlOf(role) }, owner));
}

describeSharedCounts('PostgreSQL', async () => ({ one: await opened(), other: await opened(), passMs: delay }));

describe('shared counts in PostgreSQL', () => {
  test('a part does not hear another, and cannot speak for it', async () => {
    const key = { name: 'anything', forMs: 60_000 };
    await (await opened('discord-edge')).exchange([{ ...key, counts: [1] }]);
    expect(await (await opened('api')).exchange([{ ...key, counts: [2] }])).toEqual([[]]);
    const impostor = await opened('discord-edge', server.urlOf('api'));
    await expect(impostor.exchange([{ ...key, counts: [3] }])).rejects.toMatchObject({
      code: 'shared-state.unavailable',
    });
  });

  test('is unavailable within a second if nobody answers', async () => {
    const nobody = await opened('api', 'postgres://nobody:secret-word@127.0.0.1:1/none');
    const failure: unknown = await nobody.exchange([{ name: 'any', counts: [1], forMs: 1 }]).catch((error) => error);
    expect(failure).toMatchObject({ code: 'shared-state.unavailable', status: 503 });
    expect(await nobody.health()).toMatchObject({ status: 'degraded' });
  });
});
