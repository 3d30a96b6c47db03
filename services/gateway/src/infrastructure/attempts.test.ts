import { describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { problemMediaType } from '#infra/kernel/problem.ts';
import { untilDone, type Outcome } from './attempts.ts';
import { createSemaphore } from './semaphore.ts';

const done: Outcome = { answer: { status: 204, headers: {}, body: Buffer.alloc(0) } };
const answered = (status: number, headers: Record<string, string>, body: object = {}): Outcome => ({
  answer: { status, headers, body: Buffer.from(JSON.stringify(body)) },
});
/** As gateway-proxy answers a bot's call to Discord, and any other call. */
const inDiscordsShape = (status: number, code: string) => answered(status, { 'x-bailiwick-refused': code });
const asProblem = (status: number, code: string) =>
  answered(status, { 'content-type': problemMediaType }, { type: 'x', title: 'No.', status, code });

async function tried(outcomes: readonly Outcome[], repeatable = false, forMs = 60_000) {
  const clock = new FakeClock();
  const over = new AbortController();
  const at: number[] = [];
  const beganAt = clock.now();
  const attempt = async () => {
    at.push(clock.now() - beganAt);
    return outcomes[Math.min(at.length, outcomes.length) - 1] ?? done;
  };
  const outcome = untilDone({ attempt, semaphore: createSemaphore(1), repeatable, signal: over.signal, clock });
  for (let ms = 0; ms < forMs; ms += 50) {
    for (let count = 0; count < 3; count += 1) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50);
  }
  over.abort();
  return { at, outcome: await outcome };
}

describe('a refusal that passes by itself', () => {
  it.each([
    'record.failed',
    'authenticate.not-fresh',
    'authorize.stale',
    'limit.overloaded',
    'forward.breaker-open',
    'database.busy',
    'guard.not-fresh',
  ])('is waited out in both shapes: %s', async (code) => {
    for (const refusal of [inDiscordsShape(503, code), asProblem(503, code)]) {
      const { at, outcome } = await tried([refusal, refusal, done]);
      expect(at).toHaveLength(3);
      expect(outcome).toMatchObject({ answer: { status: 204, repeated: false } });
    }
  });

  it('is waited out before anything was sent, too', async () => {
    const { at } = await tried([{ fault: platformFault('door.timeout', 'no token') }, done]);
    expect(at).toHaveLength(2);
  });

  it('is not met again before the time that it asks for', async () => {
    const { at } = await tried([answered(429, { 'x-bailiwick-refused': 'limit.rate', 'retry-after': '3' }), done]);
    expect(at[1]).toBeGreaterThanOrEqual(3_000);
  });

  it('is met less and less often, and told when the time is over', async () => {
    const { at, outcome } = await tried([inDiscordsShape(503, 'record.failed')]);
    expect(at.length).toBeGreaterThan(10);
    expect(at.length).toBeLessThan(30);
    expect(outcome).toMatchObject({ answer: { status: 503 } });
  });
});

describe('a call that may have been carried out', () => {
  const cut: Outcome = { fault: upstreamFault('proxy.unreachable', 'cut') };

  it('is repeated only where that does no harm, and says so', async () => {
    expect((await tried([cut, done])).at).toHaveLength(1);
    expect((await tried([cut, done], true)).outcome).toMatchObject({ answer: { status: 204, repeated: true } });
    expect((await tried([answered(500, {}), done], true)).at).toHaveLength(2);
  });

  it.each([
    ['was carried out before', asProblem(403, 'once-only.replayed')],
    ['is still refused when the time is over', asProblem(503, 'record.failed')],
    ['was not sent again', { fault: platformFault('proxy.not-sent', 'busy') }],
  ])('is told as that, and not as refused, when it %s', async (_why, last) => {
    expect((await tried([cut, last], true)).outcome).toBe(cut);
    // Of what was never carried out, the refusal is told.
    expect((await tried([last], true)).outcome).toMatchObject(last);
  });

  it('is told as refused when the refusal is about it', async () => {
    const denied = asProblem(403, 'authorize.denied');
    expect((await tried([cut, denied], true)).outcome).toMatchObject({ answer: { status: 403, repeated: true } });
  });
});

describe('a final refusal', () => {
  it.each([
    inDiscordsShape(403, 'authorize.denied'),
    inDiscordsShape(502, 'discord.outcome-unknown'),
    asProblem(403, 'tenancy.other-tenant'),
    asProblem(424, 'player.node-unavailable'),
    answered(404, {}, { code: 10062 }),
    // Discord's own libraries wait for Discord's own limits.
    answered(429, { 'retry-after': '1' }),
  ])('is not repeated', async (refusal) => {
    expect((await tried([refusal, done], true)).at).toHaveLength(1);
  });
});

describe('a semaphore', () => {
  it('lets so many through at once, the others in order, and passes over those that gave up', async () => {
    const semaphore = createSemaphore(1);
    const stay = new AbortController().signal;
    const gaveUp = new AbortController();
    const first = Promise.withResolvers<void>();
    const order: string[] = [];
    const all = [
      semaphore.run(() => first.promise, stay),
      semaphore.run(async () => order.push('second'), gaveUp.signal),
      semaphore.run(async () => order.push('third'), stay),
      semaphore.run(async () => order.push('fourth'), stay),
    ];
    gaveUp.abort();
    first.resolve();
    await Promise.all(all);
    expect(order).toEqual(['third', 'fourth']);
  });
});
