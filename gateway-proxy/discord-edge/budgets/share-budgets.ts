import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import type { Egress } from './egress.ts';
import type { InvalidRequests } from './invalid-requests.ts';
import { windowMs, type OtherEdges } from './other-edges.ts';

/** How often each edge tells the others what it did. */
const shareEveryMs = 1_000;
/** An edge that has not said so for this long does not run. */
const runsForMs = 3_500;

export interface SharedBudgets {
  readonly counts: SharedCounts;
  readonly others: OtherEdges;
  readonly invalidRequests: InvalidRequests;
  readonly egress: Egress;
  readonly clock: Clock;
}

/**
 * Tells the other edges once a second how many requests Discord has refused, that this edge runs, and whether Discord
 * has blocked the address; and hears the same of them. No call waits for it. While nothing can be heard, each edge
 * keeps to its own part of every budget.
 */
export function shareBudgets(budgets: SharedBudgets): Disposable {
  const { clock } = budgets;
  let isOver = false;
  let cancel: () => void = () => undefined;
  const share = async (): Promise<void> => {
    await exchange(budgets).catch(() => undefined);
    if (!isOver) cancel = clock.after(shareEveryMs, () => void share());
  };
  void share();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      cancel();
    },
  };
}

async function exchange({ counts, others, invalidRequests, egress }: SharedBudgets): Promise<void> {
  // Only what Discord said to this edge itself: what was heard would never end.
  const { blockedForMs } = egress;
  const [refused, running, blocked] = await counts.exchange([
    { name: 'refused by Discord', counts: invalidRequests.byAge, forMs: windowMs },
    { name: 'running edges', counts: [1], forMs: runsForMs },
    { name: 'blocked by Discord', counts: blockedForMs > 0 ? [1] : [], forMs: blockedForMs },
  ]);
  if (refused && running && blocked) others.hear({ refused, running: running.length, blocked: blocked.length > 0 });
}
