import type { BreakerState } from './breakers.ts';
import type { NodeInfo } from './node-info.ts';

/** The state of a node, as far as this process knows. */
export interface NodeHealth {
  readonly node: string;
  readonly regions: readonly string[];
  /** Whether it gets no new players, and those that it has move to others. */
  readonly draining: boolean;
  /** Players with a track that this process has there: it is drained when no process has any. */
  readonly kept: number;
  /** By its load (node-loads.ts): the node with the least gets the next player. */
  readonly penalty: number;
  readonly breaker: BreakerState;
  /** Tenants with an open session. */
  readonly sessions: number;
  readonly players: number;
  readonly playingPlayers: number;
  readonly lavalinkLoad: number;
  /** Of the last request that was answered; -1 before the first. */
  readonly latencyMs: number;
  /** What is wrong with it according to its own responses, such as a refused password. */
  readonly fault: string | null;
  /** What it can do; null before a tenant has connected to it. */
  readonly info: NodeInfo | null;
}
