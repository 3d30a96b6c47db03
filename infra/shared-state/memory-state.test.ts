import { FakeClock } from '#infra/kernel/clock.ts';
import { MemoryState } from './memory-state.ts';
import { describeSharedState } from './shared-state.contract.ts';

describeSharedState('memory', async () => {
  const clock = new FakeClock();
  const state = new MemoryState(clock);
  return { one: state, other: state, passMs: async (ms) => clock.advance(ms) };
});
