import { expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { Migrations, migrationLimits } from './migrations.ts';

test('500 players of many tenants move a few at a time, and the largest tenant does not hold up the others', async () => {
  const migrations = new Migrations();
  const large = newTenantId();
  const small = Array.from({ length: 20 }, () => newTenantId());
  const moves = [
    ...Array.from({ length: 400 }, () => large),
    ...small.flatMap((tenant) => [tenant, tenant, tenant, tenant, tenant]),
  ];
  const underway = new Map<string, number>();
  const ended: string[] = [];
  let most = 0;
  let mostOfOne = 0;
  const move = (tenant: typeof large) => async () => {
    underway.set(tenant, (underway.get(tenant) ?? 0) + 1);
    most = Math.max(
      most,
      [...underway.values()].reduce((sum, count) => sum + count),
    );
    mostOfOne = Math.max(mostOfOne, underway.get(tenant) ?? 0);
    await new Promise((resolve) => setImmediate(resolve));
    underway.set(tenant, (underway.get(tenant) ?? 0) - 1);
    ended.push(tenant);
  };
  await Promise.all(moves.map((tenant) => migrations.run(tenant, move(tenant))));
  expect(ended).toHaveLength(500);
  expect(most).toBe(migrationLimits.all);
  expect(mostOfOne).toBe(migrationLimits.ofTenant);
  // The last of the small ones has moved long before the last of the large one.
  expect(Math.max(...small.map((tenant) => ended.lastIndexOf(tenant)))).toBeLessThan(250);
});

test('a move that fails makes room for the next', async () => {
  const migrations = new Migrations();
  const tenant = newTenantId();
  const failing = Array.from({ length: 40 }, () => migrations.run(tenant, () => Promise.reject(new Error('away'))));
  await Promise.allSettled(failing);
  expect(await migrations.run(tenant, () => Promise.resolve('moved'))).toBe('moved');
});
