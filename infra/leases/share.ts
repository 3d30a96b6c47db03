import type { Standing } from './lease-store.ts';
import type { Instant, RunningTime } from './running-time.ts';

/** How much a replica may have above its share before it gives up leases, so that small differences move nothing. */
const slackOf = (share: number): number => Math.floor(share / 10);

/** What a replica has to do for all to hold the same number of leases, as far as none of them is pinned to a machine. */
export interface Move {
  /** Free leases to take; those that are pinned to its machine come first. */
  readonly take: number;
  /** Own leases to pass on, besides those that another machine should have. */
  readonly passOn: number;
}

/** @param replicas how many share the leases @param own how many this replica holds without those it is passing on */
export function moveOf({ leases, free, pinned, stays }: Standing, replicas: number, own: number): Move {
  if (!stays) return { take: 0, passOn: own };
  const share = Math.ceil(leases / Math.max(1, replicas));
  if (free > 0) return { take: Math.max(pinned, Math.min(free, share - own)), passOn: 0 };
  return { take: 0, passOn: own > share + slackOf(share) ? own - share : 0 };
}

/** How many replicas share the leases: until all were there once, those that are missing are only starting. */
export class Settling {
  readonly #time: RunningTime;
  readonly #expected: number;
  readonly #forMs: number;
  #joined: Instant | undefined;
  #settled = false;

  /** @param forMs after this long a missing replica is waited for no longer */
  constructor(time: RunningTime, expected: number, forMs: number) {
    this.#time = time;
    this.#expected = expected;
    this.#forMs = forMs;
  }

  begin(): void {
    this.#joined = this.#time.now();
  }

  expected({ registered, replicas }: Pick<Standing, 'registered' | 'replicas'>): number {
    const isLate = this.#joined !== undefined && this.#time.elapsedMs(this.#joined) >= this.#forMs;
    // One whose machine is drained is there, too.
    this.#settled ||= isLate || registered >= this.#expected;
    return this.#settled ? replicas : this.#expected;
  }
}
