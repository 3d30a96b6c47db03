import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId, newTenantId } from '#infra/kernel/ids.ts';
import { decidedAtMs } from '#policies/decision-facts.ts';
import { auditWorld, someRecords, type AuditWorld } from '#test/audit-world.ts';
import { failuresUnder, mostFailures, recordedDecision } from './recorded-decision.ts';

let world: AuditWorld;
const tenant = newTenantId();
const now = Date.now();
const hour = 60 * 60_000;
/** Decisions of the last ten hours, one record each and ten records a batch. */
const decisions = Array.from({ length: 100 }, (_, index) => newId('dec', now - ((99 - index) * hour) / 10));
const [first = '', middle = '', last = ''] = [decisions[0], decisions[55], decisions[99]];
const recordOf = (decision: string) => someRecords(tenant, 1, { decision, target: `of ${decision}` });
const find = (decision: string, of = tenant) => recordedDecision(world.api, of, decision, decidedAtMs(decision) ?? 0);

beforeAll(async () => {
  world = await auditWorld();
  await using sequencer = world.start();
  expect(sequencer).toBeDefined();
  for (let start = 0; start < decisions.length; start += 10) {
    await world.write(tenant, decisions.slice(start, start + 10).flatMap(recordOf));
    await world.sealed();
    // As if each batch had been sealed when its last decision was made.
    const sealedAt = new Date(decidedAtMs(decisions[start + 9] ?? '') ?? 0);
    await world.admin.query('update audit_leaf set sealed_at = $2 where tenant_id = $1 and leaf_index >= $3', [
      tenant,
      sealedAt,
      start,
    ]);
  }
  await world.write(tenant, recordOf(middle));
  await world.sealed();
});
afterAll(() => world?.[Symbol.asyncDispose]());

test.each([
  ['the first', first],
  ['one in the middle, that is recorded twice', middle],
  ['the last', last],
])('finds %s by its id alone', async (_what, decision) => {
  expect(await find(decision)).toMatchObject({ decision, target: `of ${decision}` });
});

test('finds one that was sealed hours after it was made, as when the worker was away', async () => {
  await world.admin.query('update audit_leaf set sealed_at = now() where tenant_id = $1', [tenant]);
  expect(await find(first)).toMatchObject({ decision: first });
  expect(await find(middle)).toMatchObject({ decision: middle });
});

test('finds nothing of what was never decided, nor in the log of another tenant', async () => {
  expect(await find(newId('dec', now - hour))).toBeUndefined();
  expect(await find(newId('dec', now + hour))).toBeUndefined();
  expect(await find(middle, newTenantId())).toBeUndefined();
});

test('finds what failed under a decision, the newest first, and no more than it may', async () => {
  const failuresOf = (decision: string) => failuresUnder(world.api, tenant, decision, decidedAtMs(decision) ?? 0);
  expect(await failuresOf(last)).toEqual([]);
  const failed = Array.from({ length: mostFailures + 2 }, (_, number) =>
    someRecords(tenant, 1, { decision: last, outcome: 'failed', reason: `fault.${number}` }),
  ).flat();
  await using sequencer = world.start();
  expect(sequencer).toBeDefined();
  await world.write(tenant, failed);
  await world.sealed();
  const found = await failuresOf(last);
  expect(found.map(({ reason }) => reason)).toEqual(
    failed
      .toReversed()
      .slice(0, mostFailures)
      .map(({ reason }) => reason),
  );
  expect(await failuresOf(middle)).toEqual([]);
});
