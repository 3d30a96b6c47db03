import { afterEach, expect, test, vi } from 'vitest';
import type { BailiwickError } from '#infra/kernel/errors.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { BrokenOff, NodeBreakers, nodeFailed, nodeSilent, nodeUnavailable, RefusedOnTheWay } from './breakers.ts';

const [one, other] = [newTenantId(), newTenantId()];
const made: NodeBreakers[] = [];
afterEach(() => {
  vi.useRealTimers();
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

const doubtful = [
  ['a failure', () => nodeFailed(500, 'no such thing')],
  ['silence', () => nodeSilent()],
  ['a broken connection', () => nodeUnavailable(new BrokenOff('502'))],
] as const;

test.each(doubtful)('%s over the calls of one tenant alone does not take the node from another', async (_, fault) => {
  const breakers = await breakersThatHeard(fault, () => one);
  expect(breakers.state('main')).toBe('closed');
  expect(await breakers.run('main', other, () => Promise.resolve('played'))).toBe('played');
});

test.each(doubtful)('%s over the calls of many tenants closes the node to all for a while', async (_, fault) => {
  const breakers = await breakersThatHeard(fault, () => newTenantId());
  expect(breakers.state('main')).toBe('open');
});

test('one tenant alone does not take a node from another, however its failures are spread over time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  const breakers = new NodeBreakers();
  made.push(breakers);
  const failing = () => breakers.run('main', one, () => Promise.reject(nodeSilent())).catch(() => undefined);
  const fine = () => breakers.run('main', one, () => Promise.resolve());
  await failing();
  // The second of one ten seconds and the first two of the next are in the same ten.
  vi.advanceTimersByTime(9_500);
  for (const call of [fine, fine, failing]) await call();
  vi.advanceTimersByTime(600);
  await failing();
  await failing();
  expect(breakers.state('main')).toBe('closed');
});

test('a node is not kept from the others by one tenant that makes each trial, and fails', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  const breakers = await breakersThatHeard(nodeSilent, () => newTenantId());
  for (const then of ['open', 'closed']) {
    vi.advanceTimersByTime(5_000);
    expect(breakers.state('main')).toBe('half-open');
    await breakers.run('main', one, () => Promise.reject(nodeSilent())).catch(() => undefined);
    expect(breakers.state('main')).toBe(then);
  }
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

test('a tenant whose loads fail is refused further ones for a while; its players and other tenants are not', async () => {
  const breakers = new NodeBreakers();
  made.push(breakers);
  let asked = 0;
  const failing = () => {
    asked += 1;
    return Promise.reject(nodeFailed(500, 'the source is broken'));
  };
  for (let load = 0; load < 20; load += 1) await breakers.run('main', one, failing, 'load').catch(() => undefined);
  expect(asked).toBe(6);
  expect(breakers.refusesLoads('main', one)).toBe(true);
  await expect(breakers.run('main', one, failing, 'load')).rejects.toMatchObject({ code: 'player.node-unavailable' });
  expect(await breakers.run('main', one, () => Promise.resolve('paused'))).toBe('paused');
  expect(breakers.state('main')).toBe('closed');
  expect(breakers.refusesLoads('main', other)).toBe(false);
  expect(await breakers.run('main', other, () => Promise.resolve('found'), 'load')).toBe('found');
  expect(await breakers.run('second', one, () => Promise.resolve('found'), 'load')).toBe('found');
});

test('loads of that tenant are tried again after the rest, and go on if they work', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  const breakers = new NodeBreakers();
  made.push(breakers);
  const failing = () => breakers.run('main', one, () => Promise.reject(nodeSilent()), 'load').catch(() => undefined);
  for (let load = 0; load < 8; load += 1) await failing();
  expect(breakers.refusesLoads('main', one)).toBe(true);
  vi.advanceTimersByTime(5_000);
  expect(await breakers.run('main', one, () => Promise.resolve('found'), 'load')).toBe('found');
  expect(breakers.refusesLoads('main', one)).toBe(false);
});

test("what a node does not find or refuses, and what the way to it breaks, says nothing of a tenant's loads", async () => {
  const breakers = new NodeBreakers();
  made.push(breakers);
  const refused = () => Promise.reject(nodeUnavailable(new RefusedOnTheWay('429')));
  for (let load = 0; load < 20; load += 1) await breakers.run('main', one, refused, 'load').catch(() => undefined);
  expect(breakers.refusesLoads('main', one)).toBe(false);
});

test('loads that fail at the same time count as those that fail one after the other', async () => {
  const breakers = new NodeBreakers();
  made.push(breakers);
  const failing = () => breakers.run('main', one, () => Promise.reject(nodeSilent()), 'load').catch(() => undefined);
  await Promise.all(Array.from({ length: 8 }, failing));
  expect(breakers.refusesLoads('main', one)).toBe(true);
});
