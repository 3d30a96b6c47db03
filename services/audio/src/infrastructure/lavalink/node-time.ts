import type { Clock } from '#infra/kernel/clock.ts';

/** No message is this late, and no two clocks differ by this much: beyond it, the node has set its clock. */
const plausibleMs = 60_000;

/**
 * Converts the time of one connection's node into ours. The shortest transit time of this connection's messages is
 * assumed for all of them, so that a late message counts for when it was sent, whatever the node's clock says.
 */
export class NodeTime {
  readonly #clock: Clock;
  #offsetMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `nodeMs` as the node wrote it into a message that has just arrived; never later than now. */
  ours(nodeMs: number | undefined): number {
    const nowMs = this.#clock.now();
    if (nodeMs === undefined) return nowMs;
    const offsetMs = nowMs - nodeMs;
    const known = this.#offsetMs;
    if (known === undefined || offsetMs < known || offsetMs - known > plausibleMs) this.#offsetMs = offsetMs;
    return Math.min(nowMs, nodeMs + (this.#offsetMs ?? offsetMs));
  }
}
