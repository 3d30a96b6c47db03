import { afterEach, expect, test } from 'vitest';
import type { BailiwickError } from '#infra/kernel/errors.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { NodeBreakers, nodeFailed, nodeUnavailable, RefusedOnTheWay } from './breakers.ts';

const [one, other] = [newTenantId(), newTenantId()];
const made: NodeBreakers[] = [];
afterEach(() => {
  for (const breakers of made.splice(0)) breakers[Symbol.dispose]();
});

const breakersThatHeard = async (fault: () => BailiwickError, tenantOf: (call: number) => typeof one) => {
  const breakers = new NodeBreakers();
  made.push(breakers);
  for (let call = 0; call < 20; call += 1) {
    const failing = breakers.run('main', tenantOf(call), () => Promise.reject(fault()));
    await expect(failing).rejects.toMatchObject({ status: 424 });
  }
  return breakers;
};

test('what a node fails over for one tenant alone does not take it from another', async () => {
  const breakers = await breakersThatHeard(
    () => nodeFailed(500, 'no such thing'),
    () => one,
  );
  expect(breakers.state('main')).toBe('closed');
  expect(await breakers.run('main', other, () => Promise.resolve('played'))).toBe('played');
});

test('what a node fails over for many tenants closes it to all for a while', async () => {
  const breakers = await breakersThatHeard(
    () => nodeFailed(500, 'out of order'),
    () => newTenantId(),
  );
  expect(breakers.state('main')).toBe('open');
});

test('a tenant that the proxy stops, suspended or too fast, says nothing about the node', async () => {
  const breakers = await breakersThatHeard(
    () => nodeUnavailable(new RefusedOnTheWay('403')),
    () => one,
  );
  expect(breakers.state('main')).toBe('closed');
});

test('a node that cannot be reached is left alone, even if one tenant alone says so', async () => {
  const breakers = await breakersThatHeard(
    () => nodeUnavailable(new Error('503')),
    () => one,
  );
  expect(breakers.state('main')).toBe('open');
});
