import type { Clock } from '#infra/kernel/clock.ts';
import type { FollowedLeases } from '#infra/leases/followed-leases.ts';
import { hasReplicas, leasedParts, type LeasedPart } from '#infra/leases/lease.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { DecisionPoint } from '#policies/decision-point.ts';
import type { Revocations } from '#security/identity/revocations.ts';
import { questionOf } from '../checks/authorize.ts';
import type { Identified } from '../exchange/exchange.ts';

const reconsiderEveryMs = 1_000;
/** How long a stream continues while nothing can be decided: a database restart must not disconnect every bot. */
const undecidedForMs = 30_000;

interface LiveStream {
  readonly exchange: Identified;
  readonly cut: (why: string) => void;
  /** The replica that it leads to, once known. */
  origin: string | undefined;
  decidedAtMs: number;
}

export interface LiveStreamPorts {
  readonly revocations: Revocations;
  readonly decisions: Pick<DecisionPoint, 'decide'>;
  readonly leases: Readonly<
    Record<LeasedPart, Pick<FollowedLeases, 'isSuperseded' | 'originOf' | 'replicas' | 'onChanged'>>
  >;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for every stream that is cut. */
  readonly onCut: (exchange: Identified, why: string) => void;
}

/**
 * Open streams and WebSockets. They are re-authorised: at once when something is revoked, and every second by the
 * decision point, so that no stream outlives its caller's right to it. One that is no longer between those who
 * act for a tenant ends as soon as that is known.
 */
export class LiveStreams implements Disposable {
  readonly #ports: LiveStreamPorts;
  readonly #open = new Set<LiveStream>();
  readonly #stopFollowing: (() => void)[];
  #cancel: () => void = () => undefined;
  #disposed = false;

  constructor(ports: LiveStreamPorts) {
    this.#ports = ports;
    this.#stopFollowing = [
      ports.revocations.onRevoked(() => this.#cutRevoked()),
      ...leasedParts.map((part) => ports.leases[part].onChanged((tenant) => this.#cutMoved(tenant))),
    ];
    this.#schedule();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Follows an exchange until it ends; `cut` breaks it off. */
  follow(exchange: Identified, cut: () => void): void {
    const stream: LiveStream = {
      exchange,
      origin: this.#originOf(exchange),
      decidedAtMs: this.#ports.clock.now(),
      cut: (why) => {
        if (!this.#open.delete(stream)) return;
        this.#ports.onCut(exchange, why);
        cut();
      },
    };
    this.#open.add(stream);
    exchange.onEnd(() => this.#open.delete(stream));
    // Revoked, or superseded, between the checks and now.
    this.#cutIfRevoked(stream);
    this.#cutIfMoved(stream);
  }

  /** Of a tenant, or of any. */
  #cutMoved(tenant: TenantId | undefined): void {
    for (const stream of this.#open)
      if (tenant === undefined || stream.exchange.tenant === tenant) this.#cutIfMoved(stream);
  }

  #cutIfMoved(stream: LiveStream): void {
    const { lease } = stream.exchange;
    if (lease && this.#ports.leases[lease.part].isSuperseded(lease.tenant, lease.token)) stream.cut('superseded');
    const origin = this.#originOf(stream.exchange);
    stream.origin ??= origin;
    if (origin !== stream.origin) stream.cut('moved');
  }

  #originOf({ route, params, tenant }: Identified): string | undefined {
    if (!hasReplicas(route.to)) return undefined;
    const leases = this.#ports.leases[route.to];
    if (params.replica !== undefined) return leases.replicas.get(params.replica);
    return tenant === undefined ? undefined : leases.originOf(tenant);
  }

  #cutRevoked(): void {
    for (const stream of this.#open) this.#cutIfRevoked(stream);
  }

  #cutIfRevoked(stream: LiveStream): void {
    const { peer, tokenId } = stream.exchange;
    if (!peer) return;
    const query = tokenId === undefined ? peer : { ...peer, jti: tokenId };
    if (this.#ports.revocations.isRevoked(query)) stream.cut('revoked');
  }

  #schedule(): void {
    if (this.#disposed) return;
    this.#cancel = this.#ports.clock.after(reconsiderEveryMs, () => {
      this.#reconsider().then(
        () => this.#schedule(),
        (error: unknown) => {
          this.#ports.logger.error({ err: error }, 'could not re-authorise streams');
          this.#schedule();
        },
      );
    });
  }

  async #reconsider(): Promise<void> {
    for (const stream of this.#open) {
      const decision = await this.#ports.decisions.decide(questionOf(stream.exchange));
      const nowMs = this.#ports.clock.now();
      const undecided = decision.reason === 'stale' || decision.reason === 'failed';
      if (!undecided) stream.decidedAtMs = nowMs;
      if (undecided ? nowMs - stream.decidedAtMs > undecidedForMs : !decision.allowed) stream.cut(decision.reason);
    }
  }

  /** Cuts everything, when the process stops. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancel();
    for (const stop of this.#stopFollowing) stop();
    for (const stream of this.#open) stream.cut('stopping');
  }
}
