import { isTenantId } from '#infra/kernel/ids.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedState } from '#infra/shared-state/shared-state.ts';
import type { CountedRate } from './counted-rate.ts';
import type { Limits } from './limits.ts';

/** How often each proxy tells the others what it admitted. */
export const shareEveryMs = 100;

/**
 * Limits the rates of all proxies together. No request waits for it: each proxy admits by what it knows, tells the
 * others ten times a second what it admitted, and learns what they did. So a key can exceed its rate by at most what
 * the other proxies can admit in between: for each of them one burst, and what comes back in 100 ms. What cannot be
 * told is dropped: until the shared state is back, each proxy limits by itself.
 */
export function shareRates(
  { tenant, workload, publicAddress }: Pick<Limits, 'tenant' | 'workload' | 'publicAddress'>,
  { sharedState, clock }: { readonly sharedState: SharedState; readonly clock: Clock },
): Disposable {
  const rates = Object.entries({ tenant, workload, publicAddress });
  for (const [, rate] of rates) rate.count();
  const share = async (): Promise<void> => {
    await Promise.all(rates.map(([name, rate]) => reconcile(name, rate, sharedState, clock).catch(() => undefined)));
    if (!isOver) cancel = clock.after(shareEveryMs, () => void share());
  };
  let isOver = false;
  let cancel = clock.after(shareEveryMs, () => void share());
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      cancel();
    },
  };
}

async function reconcile(name: string, limited: CountedRate, sharedState: SharedState, clock: Clock): Promise<void> {
  const taken = [...limited.count()];
  if (taken.length === 0) return;
  const { rate } = limited;
  const spendings = taken.map(([key, count]) => ({ ...ownerOf(key), name: `${name} ${key}`, rate, count }));
  const debtsMs = await sharedState.spend(spendings);
  const nowMs = clock.now();
  for (const [index, [key]] of taken.entries()) {
    const debtMs = debtsMs[index];
    if (debtMs !== undefined) limited.learn(key, debtMs, nowMs);
  }
}

/** The key of a tenant's rate starts with the tenant. */
function ownerOf(key: string) {
  const [tenant = ''] = key.split(' ', 1);
  return isTenantId(tenant) ? { tenant } : {};
}
