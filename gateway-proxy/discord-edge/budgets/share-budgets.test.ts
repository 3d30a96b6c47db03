import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { MemoryCounts, type CountsInMemory } from '#infra/shared-state/memory-counts.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import { Egress } from './egress.ts';
import { Identifies } from './identifies.ts';
import { InvalidRequests } from './invalid-requests.ts';
import { OtherEdges } from './other-edges.ts';
import { shareBudgets } from './share-budgets.ts';

/** Edges of one address, which tell each other what they use of its budgets. */
const limits = { perTenant: 5, soft: 40, hard: 70 };
const limit = { total: 1_000, remaining: 1_000, reset_after: 3_600_000, max_concurrency: 1 };
const secondMs = 1_000;
const minuteMs = 60_000;
let clock: FakeClock;
let all: CountsInMemory;
let isAway: boolean;
let stack: AsyncDisposableStack;

beforeEach(() => {
  clock = new FakeClock();
  all = new Map();
  isAway = false;
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

function startEdge(name: string, edges = 2) {
  const counts = new MemoryCounts(clock, name, all);
  const reachable: SharedCounts = {
    isShared: true,
    exchange: async (statements) => {
      if (isAway) throw new Error('away');
      return counts.exchange(statements);
    },
    health: counts.health,
    [Symbol.asyncDispose]: () => counts[Symbol.asyncDispose](),
  };
  const others = new OtherEdges(clock, { edges, tells: true });
  const invalidRequests = new InvalidRequests(clock, others, limits);
  const egress = stack.use(new Egress({ clock, logger: silentLogger(), invalidRequests, others }));
  const identifies = new Identifies(clock, others);
  const sharing = shareBudgets({ counts: reachable, others, invalidRequests, egress, clock });
  stack.use(sharing);
  return { others, invalidRequests, egress, identifies, stop: () => sharing[Symbol.dispose]() };
}
type Edge = ReturnType<typeof startEdge>;

const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
async function pass(ms: number): Promise<void> {
  await settle();
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(Math.min(500, ms - passed));
    await settle();
  }
}
/** Blameless tenants cause a refused request each, as many as may. */
function cause({ invalidRequests }: Edge, most = Infinity): number {
  let caused = 0;
  while (caused < most) {
    const tenant = newTenantId();
    if (invalidRequests.waitMs(tenant) > 0) return caused;
    invalidRequests.count(tenant);
    caused += 1;
  }
  return caused;
}

describe('edges that tell each other what they use', () => {
  it('let one that runs alone use the whole budget', async () => {
    const alone = startEdge('alone');
    await pass(secondMs);
    expect(cause(alone)).toBe(limits.hard);
  });

  it('are limited together once they have heard of each other', async () => {
    const [one, other] = [startEdge('one'), startEdge('other')];
    await pass(2 * secondMs);
    expect(cause(one, 50)).toBe(50);
    await pass(2 * secondMs);
    expect(cause(other)).toBe(limits.hard - 50);
    await pass(2 * secondMs);
    expect(cause(one)).toBe(0);
  });

  it('forget what others caused after ten minutes, and not earlier', async () => {
    const [one, other] = [startEdge('one'), startEdge('other')];
    await pass(2 * secondMs);
    expect(cause(one)).toBe(limits.hard);
    await pass(9 * minuteMs);
    expect(cause(other)).toBe(0);
    await pass(2 * minuteMs);
    expect(cause(other)).toBe(limits.hard);
  });

  it('still count what an edge caused that has ended, and one that takes its place', async () => {
    const [one, other] = [startEdge('one'), startEdge('other')];
    await pass(2 * secondMs);
    expect(cause(one)).toBe(limits.hard);
    await pass(2 * secondMs);
    one.stop();
    await pass(5 * secondMs);
    const next = startEdge('next');
    await pass(2 * secondMs);
    expect([cause(other), cause(next)]).toEqual([0, 0]);
  });

  it('keep to their parts while nothing can be heard, and never cause what makes Discord block', async () => {
    const one = startEdge('one');
    await pass(2 * secondMs);
    expect(cause(one)).toBe(limits.hard);
    isAway = true;
    await pass(4 * secondMs);
    const late = startEdge('late');
    await pass(secondMs);
    // Discord blocks after 10,000 where the limit is 7,000.
    const most = Math.floor((limits.hard * 9_500) / 7_000);
    expect(limits.hard + cause(late) + cause(one)).toBeLessThanOrEqual(most + 1);
    expect(late.invalidRequests.total).toBeGreaterThan(0);
    isAway = false;
    await pass(2 * secondMs);
    expect([cause(one), cause(late)]).toEqual([0, 0]);
  });

  it('all stop when Discord has blocked the address, and go on when it no longer does', async () => {
    await using server = await blockingDiscord(120);
    const [one, other] = [startEdge('one'), startEdge('other')];
    const send = ({ egress }: Edge) => egress.send(newTenantId(), { url: server.url, method: 'GET', headers: {} });
    await send(one);
    await pass(2 * secondMs);
    expect(server.served()).toBe(1);
    expect((await send(other)).status).toBe(429);
    expect(server.served()).toBe(1);
    expect(other.egress.closed).toBe(true);
    await pass(125 * secondMs);
    expect(other.egress.closed).toBe(false);
    await send(other);
    expect(server.served()).toBe(2);
  });

  it('hold back no longer than that, although the edge that was told has ended', async () => {
    await using server = await blockingDiscord(120);
    const [one, other] = [startEdge('one'), startEdge('other')];
    await one.egress.send(newTenantId(), { url: server.url, method: 'GET', headers: {} });
    await pass(2 * secondMs);
    one.stop();
    await pass(60 * secondMs);
    expect(other.egress.closed).toBe(true);
    await pass(65 * secondMs);
    expect(other.egress.closed).toBe(false);
  });

  it('identify as fast as one may when one runs alone, and half as fast each when both do', async () => {
    const one = startEdge('one');
    expect(await identifiedIn(one, 2)).toBeGreaterThan(35);
    const other = startEdge('other');
    await pass(2 * secondMs);
    const rates = await Promise.all([identifiedIn(one, 2), identifiedIn(other, 2)]);
    for (const rate of rates) expect(rate).toBeLessThanOrEqual(42);
    other.stop();
    await pass(5 * secondMs);
    expect(one.others.running).toBe(1);
  });
});

let applications = 0;
/** How many applications identify at this edge in so many seconds. */
async function identifiedIn({ identifies }: Edge, seconds: number): Promise<number> {
  let granted = 0;
  const stop = new AbortController();
  await pass(secondMs);
  for (let at = 0; at < 200; at += 1)
    identifies
      .wait(`application ${(applications += 1)}`, limit, stop.signal)
      .then(() => (granted += 1))
      .catch(() => undefined);
  for (let step = 0; step < seconds * 20; step += 1) {
    clock.advance(50);
    await settle();
  }
  stop.abort();
  await settle();
  return granted;
}

/** Answers as the shield in front of Discord does. */
async function blockingDiscord(retryAfterSec: number) {
  let served = 0;
  const server = createServer((_request, response) => {
    served += 1;
    response
      .writeHead(429, { 'retry-after': String(retryAfterSec), 'content-type': 'text/html' })
      .end('error code: 1015');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    served: () => served,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
