import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { openPool } from '#infra/database/connections.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openSharedState } from './open-shared-state.ts';
import { describeSharedState } from './shared-state.contract.ts';
import type { SharedState } from './shared-state.ts';

let server: TestDatabase;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  server = stack.use(await testDatabase());
});
afterAll(() => stack.disposeAsync());

async function opened(url = server.urlOf('proxy')): Promise<SharedState> {
  const owner = {
    installation: installationId('state.example'),
    part: 'gateway-proxy',
    logger: silentLogger(),
    clock: systemClock,
  } as const;
  return stack.use(await openSharedState({ kind: 'postgres', url }, owner));
}

describeSharedState('PostgreSQL', async () => ({ one: await opened(), other: await opened(), passMs: delay }));

describe('shared state in PostgreSQL', () => {
  test('is stored under names that tell nothing but whose it is', async () => {
    const state = await opened();
    const tenant = newTenantId();
    await state.remember({ tenant, name: 'a call of 80351110224678912' }, 60_000);
    const admin = openPool({ url: server.adminUrl, maxConnections: 1 });
    const { rows } = await admin.query('select name from shared_state where name like $1', [`%${tenant}%`]);
    await admin.end();
    expect(rows).toEqual([
      {
        name: expect.stringMatching(
          new RegExp(`^bailiwick:state\\.example:gateway-proxy:\\{${tenant}\\}:[A-Za-z0-9_-]{43}$`),
        ),
      },
    ]);
  });

  test('counts what replicas take at the same moment from the same buckets, in whatever order they name them', async () => {
    const [one, other] = [await opened(), await opened()];
    const rate = { perSec: 1, burst: 1_000 };
    const buckets = Array.from({ length: 50 }, (_, index) => ({ name: `contended ${index}`, rate, count: 1 }));
    const reversed = buckets.toReversed();
    await Promise.all(Array.from({ length: 20 }, (_, turn) => (turn % 2 ? one.spend(buckets) : other.spend(reversed))));
    const debts = await one.spend(buckets);
    for (const debtMs of debts) expect(debtMs).toBeGreaterThan(19_000);
  });

  test('is unavailable within a second if nobody answers', async () => {
    const nobody = await opened('postgres://nobody:secret-word@127.0.0.1:1/none');
    const sinceMs = Date.now();
    const failure: unknown = await nobody.knows({ name: 'a call' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'shared-state.unavailable', status: 503 });
    expect(String((failure as Error & { operatorMessage: string }).operatorMessage)).not.toContain('secret-word');
    expect(Date.now() - sinceMs).toBeLessThan(1_000);
    expect(await nobody.health()).toMatchObject({ status: 'degraded' });
  });
});
