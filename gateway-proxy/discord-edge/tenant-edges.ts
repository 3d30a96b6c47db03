import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { heldElsewhere } from '#infra/leases/lease.ts';
import type { TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { CredentialStore } from './credential/credential-store.ts';
import type { EdgePorts } from './edge-ports.ts';
import { OpeningFaults } from './opening-faults.ts';
import { TenantEdge } from './tenant-edge.ts';

export interface TenantEdgesOptions {
  readonly ports: EdgePorts;
  readonly credentials: CredentialStore;
  readonly leases: Pick<TenantLeases, 'of'>;
  /** How many edges there may be. */
  readonly edges: number;
}

/** A tenant with one of these statuses has no session. */
export const closedIn: readonly (TenantStatus | undefined)[] = ['suspended', 'deleting', undefined];

/**
 * The tenants' edges that exist in this process: each is created under the lease that is held, opened, and dropped.
 * Whoever calls this does so in the tenant's turn (tenants.ts).
 */
export class TenantEdges {
  readonly #options: TenantEdgesOptions;
  readonly #edges = new Map<TenantId, TenantEdge>();
  readonly faults = new OpeningFaults();

  constructor(options: TenantEdgesOptions) {
    this.#options = options;
  }

  get(tenant: TenantId): TenantEdge | undefined {
    return this.#edges.get(tenant);
  }

  all(): Iterable<TenantEdge> {
    return this.#edges.values();
  }

  get tenants(): Iterable<TenantId> {
    return this.#edges.keys();
  }

  /**
   * The tenant's edge, with what an earlier one has saved.
   * @throws lease.elsewhere (421), credential.missing (409)
   */
  async create(tenant: TenantId): Promise<TenantEdge> {
    const { credentials, edges, leases, ports } = this.#options;
    const lease = leases.of(tenant);
    if (!lease) throw heldElsewhere();
    const known = this.#edges.get(tenant);
    if (known?.lease.token === lease.token) return known;
    // Of an earlier lease, which another edge had after it.
    await known?.dispose('abandon');
    const credential = await credentials.load(tenant);
    if (!credential) throw callerFault('credential.missing', 'No Discord token is stored. Store one first.', 409);
    if (edges > 1 && lease.token > 1) ports.identifies.tookOver(credential.applicationId);
    const edge = new TenantEdge(credential, lease, ports);
    await edge.restore();
    this.#edges.set(tenant, edge);
    return edge;
  }

  /** An edge that did not open is dropped: the cause may be resolved by the next attempt. */
  async open(tenant: TenantId): Promise<TenantEdge> {
    await this.#dropOutdated(tenant);
    const edge = await this.create(tenant);
    try {
      await edge.open();
    } catch (error) {
      if (edge.state().status === 'none') await this.drop(tenant);
      this.faults.add(tenant, error);
      this.#options.ports.sessionChanged(tenant);
      throw error;
    }
    this.faults.delete(tenant);
    return edge;
  }

  /** The bot of a suspended or deleted tenant takes its leave at Discord, and then its session ends. */
  async end(tenant: TenantId, status: TenantStatus | undefined): Promise<void> {
    if (closedIn.includes(status))
      await this.#edges.get(tenant)?.leave(status === 'suspended' ? 'suspended' : 'deleted');
    await this.drop(tenant);
  }

  /** Its session ends. */
  async drop(tenant: TenantId): Promise<void> {
    const known = this.#edges.get(tenant);
    this.#edges.delete(tenant);
    this.faults.delete(tenant);
    await known?.dispose('end');
    this.#options.ports.sessionChanged(tenant);
  }

  /** Another edge serves this tenant from now on. */
  forget(tenant: TenantId): void {
    this.#edges.delete(tenant);
    this.faults.delete(tenant);
  }

  /** @throws session.tenant-closed (409), after the session has ended */
  async refuseClosed(tenant: TenantId): Promise<void> {
    const status = await this.#options.credentials.statusOf(tenant);
    if (!closedIn.includes(status)) return;
    await this.drop(tenant);
    throw callerFault(
      'session.tenant-closed',
      'This tenant is suspended or being deleted, so its session cannot be opened.',
      409,
    );
  }

  /**
   * An edge without a session may have been created, by a call to Discord, with a credential that has changed since.
   */
  async #dropOutdated(tenant: TenantId): Promise<void> {
    const known = this.#edges.get(tenant);
    if (!known || known.isOpen) return;
    const stored = await this.#options.credentials.load(tenant);
    if (!stored || !known.holds(stored)) await this.drop(tenant);
  }
}
