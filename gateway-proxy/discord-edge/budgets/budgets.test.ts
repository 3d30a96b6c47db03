import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FakeClock, type Clock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { refusedHeader } from '#infra/http/refusals.ts';
import { Egress } from './egress.ts';
import { Identifies, type SessionStartLimit } from './identifies.ts';
import { InvalidRequests } from './invalid-requests.ts';
import { OtherEdges } from './other-edges.ts';

const minuteMs = 60_000;
/** What one of so many edges knows of the others, if it hears nothing. */
const edgeOf = (clock: Clock, edges: number) => new OtherEdges(clock, { edges, tells: false });

describe('InvalidRequests', () => {
  const limits = { perTenant: 5, soft: 20, hard: 30 };
  const onlyOne = (clock: FakeClock) => new InvalidRequests(clock, edgeOf(clock, 1), limits);
  const cause = (budget: InvalidRequests, times: number, tenant = newTenantId()) => {
    for (let time = 0; time < times; time += 1) budget.count(tenant);
    return tenant;
  };

  it('stops a tenant at its share, and nobody else', () => {
    const budget = onlyOne(new FakeClock());
    const other = newTenantId();
    const careless = cause(budget, 4);
    expect(budget.waitMs(careless)).toBe(0);
    budget.count(careless);
    expect(budget.waitMs(careless)).toBeGreaterThan(0);
    expect(budget.waitMs(other)).toBe(0);
  });

  it('lets only the blameless go on when all together have caused many', () => {
    const budget = onlyOne(new FakeClock());
    const some = cause(budget, 1);
    for (let tenant = 0; tenant < 5; tenant += 1) cause(budget, 4);
    expect(budget.total).toBe(21);
    expect(budget.waitMs(some)).toBeGreaterThan(0);
    expect(budget.waitMs(newTenantId())).toBe(0);
    for (let tenant = 0; tenant < 3; tenant += 1) cause(budget, 4);
    expect(budget.waitMs(newTenantId())).toBeGreaterThan(0);
  });

  it('forgets after ten minutes, and says truly how long to wait', () => {
    const clock = new FakeClock();
    const budget = onlyOne(clock);
    const tenant = cause(budget, 5);
    const waitMs = budget.waitMs(tenant);
    expect(waitMs).toBeGreaterThanOrEqual(10 * minuteMs);
    expect(waitMs).toBeLessThanOrEqual(11 * minuteMs);
    clock.advance(waitMs - 1);
    expect(budget.waitMs(tenant)).toBeGreaterThan(0);
    clock.advance(1);
    expect(budget.waitMs(tenant)).toBe(0);
    expect(budget.total).toBe(0);
  });
});

describe('edges that cannot tell each other anything', () => {
  it('together stay within the limits of one', () => {
    const clock = new FakeClock();
    const limits = { perTenant: 5, soft: 20, hard: 30 };
    const budgets = [1, 2].map(() => new InvalidRequests(clock, edgeOf(clock, 2), limits));
    let sent = 0;
    for (const budget of budgets)
      for (let tenant = 0; tenant < 100; tenant += 1) {
        const id = newTenantId();
        if (budget.waitMs(id) > 0) continue;
        budget.count(id);
        sent += 1;
      }
    expect(sent).toBe(limits.hard);
  });

  it('identify at the rate of one', async () => {
    const clock = new FakeClock();
    const limit = { total: 1_000, remaining: 1_000, reset_after: 3_600_000, max_concurrency: 1 };
    const began = clock.now();
    let granted = 0;
    for (const edge of ['a', 'b']) {
      const budget = new Identifies(clock, edgeOf(clock, 2));
      for (let application = 0; application < 40; application += 1)
        void budget.wait(`${edge}${application}`, limit, new AbortController().signal).then(() => (granted += 1));
    }
    for (let step = 0; step < 10; step += 1) {
      clock.advance(100);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
    expect(clock.now() - began).toBe(1_000);
    // The first of each needs no turn.
    expect(granted).toBeLessThanOrEqual(20 + 2);
    expect(granted).toBeGreaterThan(10);
  });

  it('leave room between two identifies of an application that moves', async () => {
    const clock = new FakeClock();
    const limit = { total: 1_000, remaining: 1_000, reset_after: 3_600_000, max_concurrency: 1 };
    const next = new Identifies(clock, edgeOf(clock, 2));
    next.tookOver('moved');
    let granted = false;
    void next.wait('moved', limit, new AbortController().signal).then(() => (granted = true));
    const settle = async () => {
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    };
    await settle();
    clock.advance(4_999);
    await settle();
    expect(granted).toBe(false);
    clock.advance(1);
    await settle();
    expect(granted).toBe(true);
  });
});

describe('Identifies', () => {
  const left = (remaining = 1_000): SessionStartLimit => ({
    total: 1_000,
    remaining,
    reset_after: 3_600_000,
    max_concurrency: 1,
  });
  const limits = { reserve: 50, intervalMs: 5_000, normalPerHour: 3, longestWaitMs: 10 * minuteMs, perSecond: 10 };
  const never = new AbortController().signal;

  /** Has an application identify repeatedly, and returns when each was permitted. */
  const times = async (clock: FakeClock, budget: Identifies, count: number, application = 'a') => {
    const at: number[] = [];
    const started = clock.now();
    for (let number = 0; number < count; number += 1) {
      const leave = budget.wait(application, left(), never).then(() => at.push(clock.now() - started));
      while (at.length <= number) {
        clock.advance(100);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      await leave;
    }
    return at;
  };

  it('keeps five seconds between two of one application, and grows the pause of one that needs too many', async () => {
    const clock = new FakeClock();
    const at = await times(clock, new Identifies(clock, edgeOf(clock, 1), limits), 6);
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(gaps.slice(0, 3).every((gap) => gap >= 5_000 && gap < 5_500)).toBe(true);
    expect(gaps[3]).toBeGreaterThanOrEqual(10_000);
    expect(gaps[4]).toBeGreaterThanOrEqual(20_000);
  });

  it('never uses the last ones, beyond which Discord resets the token', async () => {
    const clock = new FakeClock();
    const budget = new Identifies(clock, edgeOf(clock, 1), limits);
    expect(await budget.wait('a', left(50), never)).toEqual({ granted: false, resetAfterMs: 3_600_000 });
    expect(await budget.wait('a', left(51), never)).toEqual({ granted: true });
  });

  it('shares the pace of all applications, and one that waits for itself holds nobody up', async () => {
    const clock = new FakeClock();
    const budget = new Identifies(clock, edgeOf(clock, 1), limits);
    const order: string[] = [];
    const ask = (application: string) => budget.wait(application, left(), never).then(() => order.push(application));
    await ask('greedy');
    const waiting = [ask('greedy'), ask('b'), ask('c')];
    for (let step = 0; step < 4; step += 1) {
      clock.advance(100);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(order).toEqual(['greedy', 'b', 'c']);
    clock.advance(5_000);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    clock.advance(1_000);
    await Promise.all(waiting);
    expect(order).toEqual(['greedy', 'b', 'c', 'greedy']);
  });

  it('gives up when the session does', async () => {
    const clock = new FakeClock();
    const budget = new Identifies(clock, edgeOf(clock, 1), limits);
    await budget.wait('a', left(), never);
    const stop = new AbortController();
    const waiting = budget.wait('a', left(), stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow('abort');
  });
});

describe('Egress', () => {
  let server: Server;
  let url: string;
  let served = 0;
  let answer: { status: number; headers?: Record<string, string>; body?: string } = { status: 200 };

  beforeAll(async () => {
    server = createServer((_request, response) => {
      served += 1;
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v10/users/@me`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (clock = new FakeClock(), breakerResetMs = 5_000) => {
    const others = edgeOf(clock, 1);
    const invalidRequests = new InvalidRequests(clock, others);
    const egress = new Egress({ clock, logger: silentLogger(), invalidRequests, others, breakerResetMs });
    return { clock, invalidRequests, egress };
  };
  const send = (egress: Egress, tenant = newTenantId()) => egress.send(tenant, { url, method: 'GET', headers: {} });

  it('falls silent for everybody while the shield before Discord has shut the address out', async () => {
    const { clock, egress } = open();
    answer = { status: 429, headers: { 'retry-after': '120', 'content-type': 'text/html' }, body: 'error code: 1015' };
    expect((await send(egress)).status).toBe(429);
    answer = { status: 200 };
    const before = served;
    const refused = await send(egress);
    expect(refused.status).toBe(429);
    expect(refused.headers.get(refusedHeader)).toBe('discord.invalid-requests');
    expect(await refused.json()).toMatchObject({ global: true, retry_after: 120 });
    expect(served).toBe(before);
    expect(egress.closed).toBe(true);
    clock.advance(120_000);
    expect((await send(egress)).status).toBe(200);
    await egress[Symbol.asyncDispose]();
  });

  it('counts 401, 403 and 429, but no 429 that is shared, and no other answer', async () => {
    const { egress, invalidRequests } = open();
    const json = { 'content-type': 'application/json' };
    for (const status of [401, 403, 429]) {
      answer = { status, headers: json };
      await send(egress);
    }
    expect(invalidRequests.total).toBe(3);
    for (const other of [
      { status: 429, headers: { ...json, 'x-ratelimit-scope': 'shared' } },
      { status: 404, headers: json },
      { status: 500, headers: json },
    ]) {
      answer = other;
      await send(egress);
    }
    expect(invalidRequests.total).toBe(3);
    await egress[Symbol.asyncDispose]();
  });

  it('stops asking a Discord that cannot answer, and says 503', async () => {
    const { egress } = open();
    answer = { status: 503, headers: { 'content-type': 'application/json' } };
    for (let time = 0; time < 25; time += 1) expect((await send(egress)).status).toBe(503);
    expect(egress.closed).toBe(true);
    const before = served;
    const held = await send(egress);
    expect(held.status).toBe(503);
    expect(held.headers.get(refusedHeader)).toBe('discord.not-sent');
    expect(served).toBe(before);
    await egress[Symbol.asyncDispose]();
  });

  it('goes on asking Discord for the others when it cannot answer one tenant', async () => {
    const { egress } = open();
    const one = newTenantId();
    answer = { status: 503, headers: { 'content-type': 'application/json' } };
    for (let time = 0; time < 50; time += 1) expect((await send(egress, one)).status).toBe(503);
    expect(egress.closed).toBe(false);
    answer = { status: 200 };
    expect((await send(egress)).status).toBe(200);
    await egress[Symbol.asyncDispose]();
  });

  it('is not kept from asking by one tenant that makes each trial, and fails', async () => {
    const { egress } = open(undefined, 20);
    const one = newTenantId();
    answer = { status: 503, headers: { 'content-type': 'application/json' } };
    for (let time = 0; time < 25; time += 1) await send(egress);
    for (const closed of [true, false]) {
      await expect.poll(() => egress.closed).toBe(false);
      await send(egress, one);
      expect(egress.closed).toBe(closed);
    }
    await egress[Symbol.asyncDispose]();
  });
});
