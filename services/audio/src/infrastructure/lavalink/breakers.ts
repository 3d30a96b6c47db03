import CircuitBreaker from 'opossum';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { BailiwickError, hasCode, upstreamFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';

type Call = () => Promise<unknown>;
type Fire = [Call, TenantId];

/** The state of a node's breaker; open means that it gets no requests for some seconds. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** A call times out by itself before that (node-connection.ts); this is for one that does not. */
const requestLimitMs = 10_000;
const restMs = 5_000;
const windowMs = 10_000;
/** Fewer than it takes to open a breaker. */
const doubtfulPerTenant = 2;
const rememberedTenants = 10_000;

/**
 * A failing node is left alone for a while, by all tenants at once: one breaker per node. What may be caused by a
 * tenant's own requests, a missing response or a failure over what the node was told, counts only twice in ten seconds
 * for each tenant, so that no single tenant takes a node from the others.
 */
export class NodeBreakers implements Disposable {
  readonly #breakers = new Map<string, CircuitBreaker<Fire, unknown>>();
  readonly #latencyMs = new Map<string, number>();
  readonly #faults = new Map<string, string>();
  readonly #faultChanged: (node: string, fault: string | undefined) => void;
  readonly #doubtful = new BoundedMap<string, { count: number }>(rememberedTenants);

  /** `faultChanged` is called for each change of a node's fault, for the log. */
  constructor(faultChanged: (node: string, fault: string | undefined) => void = () => undefined) {
    this.#faultChanged = faultChanged;
  }

  /** Rejects with player.node-unavailable if the node fails, is too slow, or its breaker is open. */
  async run<Result>(node: string, tenant: TenantId, call: () => Promise<Result>): Promise<Result> {
    const startedMs = performance.now();
    try {
      const result = (await this.#breaker(node).fire(call, tenant)) as Result;
      this.#latencyMs.set(node, Math.round(performance.now() - startedMs));
      this.note(node, undefined);
      return result;
    } catch (error) {
      if (error instanceof BailiwickError && error.cause instanceof NodeAtFault) this.note(node, error.cause.message);
      if (error instanceof BailiwickError) throw error;
      throw nodeUnavailable(error);
    }
  }

  state(node: string): BreakerState {
    const breaker = this.#breakers.get(node);
    if (!breaker || breaker.closed) return 'closed';
    return breaker.opened ? 'open' : 'half-open';
  }

  /** What is wrong with a node according to its own responses, in words for operators. */
  fault(node: string): string | undefined {
    return this.#faults.get(node);
  }

  note(node: string, fault: string | undefined): void {
    if (this.#faults.get(node) === fault) return;
    if (fault === undefined) this.#faults.delete(node);
    else this.#faults.set(node, fault);
    this.#faultChanged(node, fault);
  }

  /** Of the last request that was answered, through the proxy; -1 before the first. */
  latencyMs(node: string): number {
    return this.#latencyMs.get(node) ?? -1;
  }

  [Symbol.dispose](): void {
    for (const breaker of this.#breakers.values()) breaker.shutdown();
    this.#breakers.clear();
  }

  #breaker(node: string): CircuitBreaker<Fire, unknown> {
    const existing = this.#breakers.get(node);
    if (existing) return existing;
    const breaker = new CircuitBreaker<Fire, unknown>((call) => call(), {
      timeout: requestLimitMs,
      resetTimeout: restMs,
      errorThresholdPercentage: 50,
      volumeThreshold: 5,
      rollingPercentilesEnabled: false,
      // Also called with the arguments of the fired call; its types do not say so.
      errorFilter: (error: unknown, ...fired: unknown[]) => this.#saysNothing(error, `${node} ${String(fired[1])}`),
    });
    this.#breakers.set(node, breaker);
    return breaker;
  }

  /** What the node or the proxy refuses, or we gave up ourselves, says nothing about the node's health. */
  #saysNothing(error: unknown, key: string): boolean {
    if (hasCode(error, 'player.node-refused') || hasCode(error, 'player.busy')) return true;
    if (error instanceof BailiwickError && error.cause instanceof RefusedOnTheWay) return true;
    return isDoubtful(error) && this.#isOverBudget(key);
  }

  #isOverBudget(key: string): boolean {
    const nowMs = performance.now();
    const counted = this.#doubtful.get(key, nowMs);
    if (!counted) this.#doubtful.set(key, { count: 1 }, nowMs + windowMs);
    else counted.count += 1;
    return (counted?.count ?? 1) > doubtfulPerTenant;
  }
}

/** The node failed over this call, or did not respond in time: opossum's limit, or the call's own. */
const isDoubtful = (error: unknown): boolean =>
  hasCode(error, 'player.node-failed') || hasCode(error, playerErrorCodes.nodeSilent) || hasCode(error, 'ETIMEDOUT');

/** The proxy did not let this tenant's call through; it never reached the node. */
export class RefusedOnTheWay extends Error {
  override readonly name = 'RefusedOnTheWay';
}

/** The node responded, and its response shows its own fault. The message is for operators. */
export class NodeAtFault extends Error {
  override readonly name = 'NodeAtFault';
}

/**
 * Failed Dependency (RFC 4918, 11.4): this service works, but a dependency does not. A 5xx would count against this
 * service at gateway-proxy, which would then block even reads and stops while a node is unavailable.
 */
export const dependencyStatus = 424;

/** The node cannot be reached or does not work: what waits for it is done when it is back. */
export const nodeUnavailable = (cause?: unknown): BailiwickError =>
  upstreamFault(
    playerErrorCodes.nodeAway,
    'The music server cannot be reached right now. Try again in a moment.',
    cause,
    dependencyStatus,
  );

/** The node did not respond in time: it is unknown whether it acted. */
export const nodeSilent = (cause?: unknown): BailiwickError =>
  upstreamFault(
    playerErrorCodes.nodeSilent,
    'The music server did not respond. Try again in a moment.',
    cause,
    dependencyStatus,
  );

/** The node works, and refuses this. */
export const nodeRefused = (status: number, text: string): BailiwickError =>
  answered('player.node-refused', 'The music server refused the request.', status, text);

/** The node failed over this; the cause may be the node, or what it was told to do. */
export const nodeFailed = (status: number, text: string): BailiwickError =>
  answered('player.node-failed', 'The music server failed. Try again in a moment.', status, text);

const answered = (code: string, message: string, status: number, text: string): BailiwickError =>
  new BailiwickError({
    code,
    owner: 'upstream',
    status: dependencyStatus,
    message,
    operatorMessage: `Lavalink answered ${status}: ${text.slice(0, 300)}`,
  });
