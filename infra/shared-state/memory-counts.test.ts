import { FakeClock } from '#infra/kernel/clock.ts';
import { MemoryCounts } from './memory-counts.ts';
import { describeSharedCounts } from './shared-counts.contract.ts';

describeSharedCounts('memory', async () => {
  const clock = new FakeClock();
  const all = new Map();
  const [one, other] = [new MemoryCounts(clock, 'one', all), new MemoryCounts(clock, 'other', all)];
  return { one, other, passMs: async (ms) => clock.advance(ms) };
});
