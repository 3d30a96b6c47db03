import { describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { createUserPool } from './user-pool.ts';

describe('users for bots', () => {
  test('gives no two running bots the same user, down to the last', () => {
    const pool = createUserPool({ first: 50_000, count: 20 });
    const users = Array.from({ length: 20 }, () => pool.take(newTenantId()));
    expect(new Set(users).size).toBe(20);
    expect(users.every((uid) => uid >= 50_000 && uid < 50_020)).toBe(true);
  });

  test('refuses when every user is taken, and has room again when one is given back', () => {
    const pool = createUserPool({ first: 50_000, count: 1 });
    const tenant = newTenantId();
    pool.take(tenant);
    expect(() => pool.take(newTenantId())).toThrow('no capacity');
    pool.giveBack(tenant);
    expect(pool.take(newTenantId())).toBe(50_000);
  });

  test('gives a tenant the same user again', () => {
    const tenant = newTenantId();
    const users = [1, 2].map(() => createUserPool({ first: 50_000, count: 10_000 }).take(tenant));
    expect(users[0]).toBe(users[1]);
  });
});
