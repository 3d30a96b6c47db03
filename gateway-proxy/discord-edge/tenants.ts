import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import { heldElsewhere, type Lease } from '#infra/leases/lease.ts';
import type { LeaseEvents, TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { CheckedApplication } from '#tenants/application-check/check-application.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { Change, CredentialStore } from './credential/credential-store.ts';
import type { EdgePorts } from './edge-ports.ts';
import { PreparedTenants } from './prepared-tenants.ts';
import { Reconciliation } from './reconciliation.ts';
import type { GuildBook } from './state/guild-book.ts';
import type { TenantEdge } from './tenant-edge.ts';
import { closedIn, TenantEdges } from './tenant-edges.ts';

export interface TenantsOptions {
  readonly ports: EdgePorts;
  readonly database: Pick<Database, 'listen'>;
  readonly credentials: CredentialStore;
  /** Of which tenants this process is the edge. */
  readonly leases: Pick<TenantLeases, 'of' | 'claim' | 'isRunning'>;
  /** How many edges there may be. */
  readonly edges: number;
  /** Drops what is cached of a tenant's keys: only the tenant's edge is told when they change. */
  readonly forgetKeys: (tenant: TenantId) => void;
  /** Before anything is done for these: reads again which keys of their own they use. */
  readonly readKeys: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const openAtOnce = 8;
const waitingPerTenant = 64;
const busy = () => platformFault('session.busy', 'Too many requests for this session at once. Try again in a moment.');

/**
 * The tenants that this edge serves: those whose leases it holds. It opens the session of each that is active and has a
 * credential, and then follows the tenants' statuses, so that a suspended or deleted one is disconnected within moments.
 *
 * Creating, opening, closing and dropping a tenant's edge happen under the tenant's lock, one after the other: a change
 * in the database notifies while the request that made it asks for the session.
 */
export class Tenants implements LeaseEvents, AsyncDisposable {
  readonly #options: TenantsOptions;
  readonly #edges: TenantEdges;
  readonly #mutex = new KeyedMutex({ concurrency: 1, waiting: waitingPerTenant, busy });
  readonly #reconciliation: Reconciliation;
  /** Sessions closed by request: they stay closed until requested. */
  readonly #stopped = new Set<TenantId>();
  readonly #prepared: PreparedTenants;
  #listening: AsyncDisposable | undefined;

  constructor(options: TenantsOptions) {
    this.#options = options;
    const { forgetKeys, readKeys, clock } = options;
    this.#edges = new TenantEdges(options);
    this.#reconciliation = new Reconciliation({
      ...options,
      reconcile: (tenant, starting) =>
        this.#inTurn(tenant, () => {
          starting();
          return this.#reconcile(tenant);
        }),
    });
    this.#prepared = new PreparedTenants({
      prepare(tenants) {
        for (const tenant of tenants) forgetKeys(tenant);
        return readKeys();
      },
      prepared: (tenants) => this.#reconciliation.start(() => this.#reconcileAll(tenants)),
      failed: (error) => this.#reconciliation.failed(error),
      clock,
    });
  }

  async start(): Promise<void> {
    const { database, logger } = this.#options;
    this.#listening = await database.listen('tenant', {
      notified: (tenant) => {
        if (isTenantId(tenant)) this.#reconciliation.start(() => this.#reconciliation.run(tenant));
      },
      connected: () => this.#reconciliation.start(() => this.#reconcileAll()),
      disconnected: () => logger.warn('lost the database connection for tenant changes'),
    });
  }

  /**
   * Makes sure that this process is the tenant's edge. While the database does not answer, it is if it was.
   * @throws lease.elsewhere (421), lease.uncertain, database.unavailable (503)
   */
  async hold(tenant: TenantId): Promise<Lease> {
    const { leases } = this.#options;
    const lease = (leases.isRunning ? leases.of(tenant) : undefined) ?? (await leases.claim(tenant));
    await this.#prepared.ready(tenant);
    return lease;
  }

  /** @throws credential.missing, and what `hold` throws */
  async edge(tenant: TenantId): Promise<TenantEdge> {
    const { token } = await this.hold(tenant);
    const known = this.#edges.get(tenant);
    return known?.lease.token === token ? known : this.#inTurn(tenant, () => this.#edges.create(tenant));
  }

  taken({ tenant }: Lease): void {
    this.#prepared.add(tenant);
  }

  passOn(tenant: TenantId): Promise<void> {
    return this.#inTurn(tenant, async () => {
      await this.#edges.get(tenant)?.passOn();
      this.#leaveTo(tenant);
    });
  }

  lost(tenants: readonly TenantId[]): void {
    for (const tenant of tenants)
      this.#inTurn(tenant, async () => {
        await this.#edges.get(tenant)?.dispose('abandon');
        this.#leaveTo(tenant);
      }).catch((error: unknown) => this.#reconciliation.failed(error));
  }

  state(tenant: TenantId): SessionState {
    const reason = this.#edges.faults.reason(tenant);
    if (reason !== undefined) return { status: 'failed', reason, guilds: 0 };
    return this.#edges.get(tenant)?.state() ?? { status: 'none', guilds: 0 };
  }

  /** Whether every session that should be open could be opened. */
  get health(): HealthCheck {
    return this.#edges.faults.health;
  }

  /** For every tenant that has a session here, had one, or should have one. */
  states(): (SessionState & { readonly tenant: TenantId })[] {
    const tenants = new Set([...this.#edges.tenants, ...this.#edges.faults.tenants]);
    return [...tenants].map((tenant) => ({ tenant, ...this.state(tenant) }));
  }

  /** What is known of the tenant's guilds; undefined without a session. */
  book(tenant: TenantId): Pick<GuildBook, 'guilds' | 'guild' | 'hasLeft' | 'botUserId'> | undefined {
    return this.#edges.get(tenant)?.book;
  }

  /** @throws credential.missing, session.tenant-closed */
  openSession(tenant: TenantId): Promise<SessionState> {
    return this.#heldInTurn(tenant, async () => {
      await this.#edges.refuseClosed(tenant);
      this.#stopped.delete(tenant);
      if (this.#edges.get(tenant)?.leaving) await this.#edges.drop(tenant);
      const edge = await this.#edges.open(tenant);
      // The tenant may have been suspended since the last check.
      await this.#edges.refuseClosed(tenant);
      return edge.state();
    });
  }

  closeSession(tenant: TenantId): Promise<void> {
    return this.#heldInTurn(tenant, async () => {
      this.#stopped.add(tenant);
      this.#edges.faults.delete(tenant);
      const status = await this.#options.credentials.statusOf(tenant);
      if (closedIn.includes(status)) return this.#edges.end(tenant, status);
      await this.#edges.get(tenant)?.close('end');
    });
  }

  /** @throws credential.used-by-another-tenant */
  storeCredential(tenant: TenantId, token: string, application: CheckedApplication, change: Change): Promise<void> {
    return this.#heldInTurn(tenant, async (lease) => {
      const stored = await this.#options.credentials.store(lease, token, application, change);
      const known = this.#edges.get(tenant);
      if (!known) return;
      if (known.applicationId === stored.applicationId) return known.replaceCredential(stored);
      const wasOpen = known.state().status !== 'none';
      await this.#edges.drop(tenant);
      if (!wasOpen) return;
      await this.#edges.refuseClosed(tenant);
      await this.#edges.open(tenant);
    });
  }

  deleteCredential(tenant: TenantId, change: Change): Promise<void> {
    return this.#heldInTurn(tenant, async (lease) => {
      // The session first: nothing may be sent with a token that is reported as deleted.
      await this.#edges.end(tenant, await this.#options.credentials.statusOf(tenant));
      await this.#options.credentials.delete(lease, change);
    });
  }

  /**
   * The tenant has taken its own key away: its session ends. Opening it again fails, which says why, and is repeated
   * until the key is back.
   */
  keyLost(tenant: TenantId): void {
    this.#reconciliation.start(async () => {
      if (!this.#options.leases.of(tenant)) return;
      await this.#inTurn(tenant, () => this.#edges.drop(tenant));
      await this.#reconciliation.run(tenant);
    });
  }

  /** It is back: the session need not wait for the next attempt. */
  keyReturned(tenant: TenantId): void {
    this.#reconciliation.start(() => this.#reconciliation.run(tenant));
  }

  all(): Iterable<TenantEdge> {
    return this.#edges.all();
  }

  /** Opens no further session: the process is about to end. */
  close(): void {
    this.#reconciliation.close();
  }

  /** Leaves every session resumable by the next edge. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    this.#prepared[Symbol.dispose]();
    await this.#listening?.[Symbol.asyncDispose]();
    await Promise.all([...this.all()].map((edge) => this.#inTurn(edge.tenant, () => edge.dispose('keep'))));
  }

  /** Asked before and in its turn: the lease may be passed on while this waits. */
  async #heldInTurn<Result>(tenant: TenantId, work: (lease: Lease) => Promise<Result>): Promise<Result> {
    await this.hold(tenant);
    return this.#inTurn(tenant, async () => {
      const lease = this.#options.leases.of(tenant);
      if (!lease) throw heldElsewhere();
      return work(lease);
    });
  }

  /** Another edge serves this tenant from now on. */
  #leaveTo(tenant: TenantId): void {
    this.#edges.forget(tenant);
    this.#stopped.delete(tenant);
    this.#options.forgetKeys(tenant);
  }

  #inTurn<Result>(tenant: TenantId, work: () => Promise<Result>): Promise<Result> {
    return this.#mutex.run(tenant, work);
  }

  /** All whose leases are held, or only those of them. */
  async #reconcileAll(only?: ReadonlySet<TenantId>): Promise<void> {
    const { credentials, leases } = this.#options;
    const [active, abandoned] = await Promise.all([credentials.active(), credentials.abandoned()]);
    const isHere = (tenant: TenantId) => leases.of(tenant) !== undefined && (only?.has(tenant) ?? true);
    const queue = [...new Set([...active, ...this.#edges.tenants, ...abandoned])].filter(isHere);
    const work = async () => {
      for (let tenant = queue.shift(); tenant !== undefined; tenant = queue.shift()) {
        try {
          // Its bot has to take its leave, which needs an edge.
          if (abandoned.includes(tenant)) await this.edge(tenant);
          await this.#reconciliation.run(tenant);
        } catch (error) {
          this.#reconciliation.failed(error);
        }
      }
    };
    await Promise.all(Array.from({ length: openAtOnce }, work));
  }

  /** Brings one tenant's session in line with the tenant's status in the database. */
  async #reconcile(tenant: TenantId): Promise<void> {
    if (this.#reconciliation.isClosed || !this.#options.leases.of(tenant)) return;
    await this.#prepared.ready(tenant);
    const status = await this.#options.credentials.statusOf(tenant);
    if (status === undefined) this.#stopped.delete(tenant);
    if (closedIn.includes(status)) return this.#edges.end(tenant, status);
    if (status !== 'active' || this.#stopped.has(tenant)) return;
    const known = this.#edges.get(tenant);
    // A failed session stays failed until somebody has fixed the cause.
    if (known && known.state().status !== 'none') return;
    if (!known && !(await this.#options.credentials.load(tenant))) return;
    if (!this.#reconciliation.isClosed) await this.#edges.open(tenant);
  }
}
