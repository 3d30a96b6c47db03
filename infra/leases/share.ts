import type { Standing } from './lease-store.ts';

/** How much a replica may have above its share before it gives up leases, so that small differences move nothing. */
const slackOf = (share: number): number => Math.floor(share / 10);

/** What a replica has to do for all to hold the same number of leases. */
export interface Move {
  /** Free leases to take. */
  readonly take: number;
  /** Own leases to pass on. */
  readonly passOn: number;
}

/** @param replicas how many share the leases @param own how many this replica holds without those it is passing on */
export function moveOf({ leases, free }: Standing, replicas: number, own: number): Move {
  const share = Math.ceil(leases / Math.max(1, replicas));
  if (free > 0) return { take: Math.min(free, Math.max(0, share - own)), passOn: 0 };
  return { take: 0, passOn: own > share + slackOf(share) ? own - share : 0 };
}
