import CircuitBreaker from 'opossum';
import { BailiwickError, hasCode, upstreamFault } from '#infra/kernel/errors.ts';
import { FaultBudget } from '#infra/kernel/fault-budget.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { isElsewhere } from '../../application/held-tenants.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { LoadBreakers } from './load-breakers.ts';

type Call = () => Promise<unknown>;
type Fire = [Call, TenantId];

/** The state of a node's breaker; open means that it gets no requests for some seconds. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** A call times out by itself before that (node-connection.ts); this is for one that does not. */
const requestLimitMs = 10_000;
const restMs = 5_000;
/** The breaker opens when more than half of at least five calls within ten seconds fail. */
const opensAt = { rollingCountTimeout: 10_000, volumeThreshold: 5, errorThresholdPercentage: 50 };
/** At most two within any ten seconds, which never is more than half of five. */
const doubtfulPerTenant = { burst: 2, perSec: 1 / 20 };

/** What a call is for: `load` has the node ask a music service, which may be what fails. */
export type Purpose = 'load' | 'other';

/**
 * A failing node is left alone for a while, by all tenants at once: one breaker per node. What may be caused by a
 * tenant's own requests (no response, a connection that breaks off, a failure over what the node was told) counts only
 * within each tenant's budget, so that no single tenant takes a node from the others. Each tenant has a breaker of its
 * own at a node for what it loads there: a source that fails it is left alone, while its players can still be told what
 * to do.
 */
export class NodeBreakers implements Disposable {
  readonly #breakers = new Map<string, CircuitBreaker<Fire, unknown>>();
  readonly #loads = new LoadBreakers();
  readonly #latencyMs = new Map<string, number>();
  readonly #faults = new Map<string, string>();
  readonly #faultChanged: (node: string, fault: string | undefined) => void;

  /** `faultChanged` is called for each change of a node's fault, for the log. */
  constructor(faultChanged: (node: string, fault: string | undefined) => void = () => undefined) {
    this.#faultChanged = faultChanged;
  }

  /** Rejects with player.node-unavailable if the node fails, is too slow, or a breaker is open. */
  async run<Result>(
    node: string,
    tenant: TenantId,
    call: () => Promise<Result>,
    purpose: Purpose = 'other',
  ): Promise<Result> {
    const startedMs = performance.now();
    const atNode = () => this.#breaker(node).fire(call, tenant);
    try {
      const result = (await (purpose === 'load' ? this.#loads.run(node, tenant, atNode) : atNode())) as Result;
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
    return stateOf(this.#breakers.get(node));
  }

  /** Whether a tenant's loads are refused there, because of the node or of what the tenant loads. */
  refusesLoads(node: string, tenant: TenantId): boolean {
    return this.state(node) === 'open' || this.#loads.state(node, tenant) === 'open';
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

  /** Forgets the nodes that are not kept. */
  keep(isKept: (node: string) => boolean): void {
    for (const [node, breaker] of this.#breakers) {
      if (isKept(node)) continue;
      breaker.shutdown();
      this.#breakers.delete(node);
    }
    this.#loads.keep(isKept);
    for (const known of [this.#latencyMs, this.#faults])
      for (const node of known.keys()) if (!isKept(node)) known.delete(node);
  }

  [Symbol.dispose](): void {
    for (const breaker of this.#breakers.values()) breaker.shutdown();
    this.#breakers.clear();
    this.#loads.keep(() => false);
  }

  #breaker(node: string): CircuitBreaker<Fire, unknown> {
    const existing = this.#breakers.get(node);
    if (existing) return existing;
    const budget = new FaultBudget(doubtfulPerTenant);
    const breaker: CircuitBreaker<Fire, unknown> = new CircuitBreaker<Fire, unknown>((call) => call(), {
      timeout: requestLimitMs,
      resetTimeout: restMs,
      ...opensAt,
      rollingPercentilesEnabled: false,
      // Also called with the arguments of the fired call; its types do not say so.
      errorFilter: (error: unknown, ...fired: unknown[]) =>
        saysNothing(error) ||
        (isDoubtful(error) && !budget.take(String(fired[1]), breaker.halfOpen ? 'trial' : 'operation')),
    });
    this.#breakers.set(node, breaker);
    return breaker;
  }
}

const stateOf = (breaker: CircuitBreaker<Fire, unknown> | undefined): BreakerState => {
  if (!breaker || breaker.closed) return 'closed';
  return breaker.opened ? 'open' : 'half-open';
};

/** What the node or the proxy refuses, or we gave up ourselves, says nothing about the node's health. */
const saysNothing = (error: unknown): boolean =>
  hasCode(error, 'player.node-refused') ||
  hasCode(error, 'player.busy') ||
  isElsewhere(error) ||
  (error instanceof BailiwickError && error.cause instanceof RefusedOnTheWay);

/** The node failed or broke off over this call, or did not respond in time: opossum's limit, or the call's own. */
const isDoubtful = (error: unknown): boolean =>
  hasCode(error, 'player.node-failed') ||
  hasCode(error, playerErrorCodes.nodeSilent) ||
  hasCode(error, 'ETIMEDOUT') ||
  (error instanceof BailiwickError && error.cause instanceof BrokenOff);

/** The proxy did not let this tenant's call through; it never reached the node. */
export class RefusedOnTheWay extends Error {
  override readonly name = 'RefusedOnTheWay';
}

/** The node ended the connection of this call without a response, as gateway-proxy tells. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
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
