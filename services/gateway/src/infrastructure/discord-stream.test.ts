import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { buildStreamStrategy } from './discord-stream.ts';
import { holdTransactions } from './held-transactions.ts';
import type { ProxyClient } from './proxy-client.ts';

const interaction = (id: string, seq: number) => ({
  op: 'dispatch',
  seq,
  t: 'INTERACTION_CREATE',
  d: { id },
  txn: 't',
});

/** What the bot makes of these frames: what discord.js gets, and what the edge is told a second later. */
async function follow(frames: readonly unknown[], answers = true): Promise<{ emitted: unknown[]; told: unknown[] }> {
  const clock = new FakeClock();
  const over = new AbortController();
  const read = Promise.withResolvers<void>();
  const told: unknown[] = [];
  const proxy = {
    async *stream() {
      yield* frames;
      read.resolve();
      await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
    },
    request: async ({ body }: { body: unknown }) => void told.push(body),
  } as unknown as ProxyClient;
  const manager = new EventEmitter();
  const emitted: unknown[] = [];
  const transactions = holdTransactions(clock);
  manager.on('dispatch', ({ data: { t, d } }: { data: { t: string; d: { id?: string } } }) => {
    emitted.push(d.id ?? t);
    if (answers && d.id !== undefined) transactions.ended(d.id);
  });
  const strategy = buildStreamStrategy({
    proxy,
    tenant: newTenantId(),
    transactions,
    events: { attached: () => undefined, session: () => undefined, lost: () => undefined },
    talk: () => undefined,
    request: () => undefined,
    logger: { error: (fault: unknown) => emitted.push(fault), warn: () => undefined, info: () => undefined } as never,
    clock,
    signal: over.signal,
  })(manager as never);
  await strategy.connect();
  await read.promise;
  clock.advance(1_000);
  await new Promise((resolve) => setImmediate(resolve));
  over.abort();
  return { emitted, told };
}

it('gives discord.js an interaction once, and tells the edge which of those that were sent again have ended', async () => {
  const { emitted, told } = await follow([interaction('10', 1), interaction('11', 2), interaction('10', 0)]);
  expect(emitted).toEqual(['10', '11']);
  expect(told).toEqual([{ seq: 2, ended: ['10'] }]);
});

it('says nothing of one that it has not answered yet', async () => {
  const { emitted, told } = await follow([interaction('10', 1), interaction('10', 0)], false);
  expect([emitted, told]).toEqual([['10'], [{ seq: 1 }]]);
});

it('keeps from discord.js that the edge has resumed, and acknowledges it', async () => {
  const { emitted, told } = await follow([{ op: 'dispatch', seq: 3, t: 'RESUMED', d: {} }]);
  expect(emitted).toEqual([]);
  expect(told).toEqual([{ seq: 3 }]);
});
