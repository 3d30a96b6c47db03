import type { Database } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import { heldElsewhere, type Lease } from '#infra/leases/lease.ts';
import type { LeaseEvents, TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { Change, CredentialStore } from './credential/credential-store.ts';
import type { GuildBook } from './state/guild-book.ts';
import type { EdgePorts } from './edge-ports.ts';
import { PreparedTenants } from './prepared-tenants.ts';
import { TenantEdge } from './tenant-edge.ts';
import type { CheckedApplication } from '#tenants/application-check/check-application.ts';

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
const retryMs = 2_000;
const retryKeyMs = 30_000;
const waitingPerTenant = 64;
const busy = () => platformFault('session.busy', 'Too many requests for this session at once. Try again in a moment.');

/** The tenant's own key cannot be used: for the tenant to resolve, and no fault of this process. */
const isExternal = (error: unknown): error is BailiwickError => hasCode(error, 'keyring.external-key');
const isKeyFault = (error: unknown): boolean => error instanceof BailiwickError && error.code.startsWith('keyring.');
/** A dependency is unavailable. */
const isPassing = (error: unknown): boolean =>
  error instanceof BailiwickError && error.status === 503 && (!isKeyFault(error) || error.code === keysAwayCode);

/** For the tenant to read. */
function reasonOf(error: unknown): string {
  if (error instanceof BailiwickError && error.code === keysAwayCode)
    return `The bot cannot connect to Discord. ${error.message} It then connects by itself.`;
  if (isPassing(error)) return 'The platform cannot open the session right now and keeps trying automatically.';
  if (isExternal(error)) return `The bot is stopped. ${error.message}`;
  return isKeyFault(error)
    ? "The stored Discord token cannot be decrypted. Store it again, or ask the operator to restore this tenant's key."
    : 'The session could not be opened. If this continues, contact the operator.';
}

/** A tenant with one of these statuses has no session. */
const closedIn: readonly (TenantStatus | undefined)[] = ['suspended', 'deleting', undefined];

/**
 * The tenants that this edge serves: those whose leases it holds. It opens the session of each that is active and has a
 * credential, and then follows the tenants' statuses, so that a suspended or deleted one is disconnected within moments.
 *
 * Creating, opening, closing and dropping a tenant's edge happen under the tenant's lock, one after the other: a change
 * in the database notifies while the request that made it asks for the session.
 */
export class Tenants implements LeaseEvents, AsyncDisposable {
  readonly #options: TenantsOptions;
  readonly #edges = new Map<TenantId, TenantEdge>();
  readonly #mutex = new KeyedMutex({ concurrency: 1, waiting: waitingPerTenant, busy });
  /** Tenants whose reconciliation waits for its turn, and will include changes up to then. */
  readonly #toReconcile = new Set<TenantId>();
  /** Tenants whose reconciliation failed and is retried later, regardless of notifications until then. */
  readonly #retries = new Set<TenantId>();
  /** Why the last attempt to open a session failed; kept until it opens or is no longer wanted. */
  readonly #faults = new Map<TenantId, string>();
  /** Those of them that the tenants' own keys cause. */
  readonly #withoutKey = new Set<TenantId>();
  /** Sessions closed by request: they stay closed until requested. */
  readonly #stopped = new Set<TenantId>();
  readonly #prepared: PreparedTenants;
  #listening: AsyncDisposable | undefined;
  #closing = false;

  constructor(options: TenantsOptions) {
    this.#options = options;
    const { forgetKeys, readKeys, clock } = options;
    this.#prepared = new PreparedTenants({
      prepare(tenants) {
        for (const tenant of tenants) forgetKeys(tenant);
        return readKeys();
      },
      prepared: (tenants) => this.#inBackground(() => this.#reconcileAll(tenants)),
      failed: (error) => this.#failed(error),
      clock,
    });
  }

  async start(): Promise<void> {
    const { database, logger } = this.#options;
    this.#listening = await database.listen('tenant', {
      notified: (tenant) => {
        if (isTenantId(tenant)) this.#inBackground(() => this.#reconcileInTurn(tenant));
      },
      connected: () => this.#inBackground(() => this.#reconcileAll()),
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
    return known?.lease.token === token ? known : this.#inTurn(tenant, () => this.#edgeOf(tenant));
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
      }).catch((error: unknown) => this.#failed(error));
  }

  state(tenant: TenantId): SessionState {
    const reason = this.#faults.get(tenant);
    if (reason !== undefined) return { status: 'failed', reason, guilds: 0 };
    return this.#edges.get(tenant)?.state() ?? { status: 'none', guilds: 0 };
  }

  /** Whether every session that should be open could be opened. */
  readonly health: HealthCheck = () => {
    const faults = [...this.#faults].filter(([tenant]) => !this.#withoutKey.has(tenant));
    const [first] = faults;
    if (!first) return { status: 'healthy' };
    return { status: 'degraded', detail: `${faults.length} session(s) cannot be opened. ${first[1]}` };
  };

  /** For every tenant that has a session here, had one, or should have one. */
  states(): (SessionState & { readonly tenant: TenantId })[] {
    const tenants = new Set([...this.#edges.keys(), ...this.#faults.keys()]);
    return [...tenants].map((tenant) => ({ tenant, ...this.state(tenant) }));
  }

  /** What is known of the tenant's guilds; undefined without a session. */
  book(tenant: TenantId): Pick<GuildBook, 'guilds' | 'guild' | 'hasLeft' | 'botUserId'> | undefined {
    return this.#edges.get(tenant)?.book;
  }

  /** @throws credential.missing, session.tenant-closed */
  openSession(tenant: TenantId): Promise<SessionState> {
    return this.#heldInTurn(tenant, async () => {
      await this.#refuseClosed(tenant);
      this.#stopped.delete(tenant);
      if (this.#edges.get(tenant)?.leaving) await this.#drop(tenant);
      const edge = await this.#open(tenant);
      // The tenant may have been suspended since the last check.
      await this.#refuseClosed(tenant);
      return edge.state();
    });
  }

  closeSession(tenant: TenantId): Promise<void> {
    return this.#heldInTurn(tenant, async () => {
      this.#stopped.add(tenant);
      this.#noFault(tenant);
      const status = await this.#options.credentials.statusOf(tenant);
      if (closedIn.includes(status)) return this.#end(tenant, status);
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
      await this.#drop(tenant);
      if (!wasOpen) return;
      await this.#refuseClosed(tenant);
      await this.#open(tenant);
    });
  }

  deleteCredential(tenant: TenantId, change: Change): Promise<void> {
    return this.#heldInTurn(tenant, async (lease) => {
      // The session first: nothing may be sent with a token that is reported as deleted.
      await this.#end(tenant, await this.#options.credentials.statusOf(tenant));
      await this.#options.credentials.delete(lease, change);
    });
  }

  /**
   * The tenant has taken its own key away: its session ends. Opening it again fails, which says why, and is repeated
   * until the key is back.
   */
  keyLost(tenant: TenantId): void {
    this.#inBackground(async () => {
      if (!this.#options.leases.of(tenant)) return;
      await this.#inTurn(tenant, () => this.#drop(tenant));
      await this.#reconcileInTurn(tenant);
    });
  }

  /** It is back: the session need not wait for the next attempt. */
  keyReturned(tenant: TenantId): void {
    this.#inBackground(() => this.#reconcileInTurn(tenant));
  }

  all(): Iterable<TenantEdge> {
    return this.#edges.values();
  }

  /** Opens no further session: the process is about to end. */
  close(): void {
    this.#closing = true;
  }

  /** Leaves every session resumable by the next edge. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    this.#prepared[Symbol.dispose]();
    await this.#listening?.[Symbol.asyncDispose]();
    await Promise.all([...this.#edges].map(([tenant, edge]) => this.#inTurn(tenant, () => edge.dispose('keep'))));
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
    this.#edges.delete(tenant);
    this.#noFault(tenant);
    this.#stopped.delete(tenant);
    this.#options.forgetKeys(tenant);
  }

  #inTurn<Result>(tenant: TenantId, work: () => Promise<Result>): Promise<Result> {
    return this.#mutex.run(tenant, work);
  }

  async #refuseClosed(tenant: TenantId): Promise<void> {
    const status = await this.#options.credentials.statusOf(tenant);
    if (!closedIn.includes(status)) return;
    await this.#drop(tenant);
    throw callerFault(
      'session.tenant-closed',
      'This tenant is suspended or being deleted, so its session cannot be opened.',
      409,
    );
  }

  async #edgeOf(tenant: TenantId): Promise<TenantEdge> {
    const lease = this.#options.leases.of(tenant);
    if (!lease) throw heldElsewhere();
    const known = this.#edges.get(tenant);
    if (known?.lease.token === lease.token) return known;
    // Of an earlier lease, which another edge had after it.
    await known?.dispose('abandon');
    const credential = await this.#options.credentials.load(tenant);
    if (!credential) {
      throw callerFault('credential.missing', 'No Discord token is stored. Store one first.', 409);
    }
    const { edges, ports } = this.#options;
    if (edges > 1 && lease.token > 1) ports.identifies.tookOver(credential.applicationId);
    const edge = new TenantEdge(credential, lease, ports);
    await edge.restore();
    this.#edges.set(tenant, edge);
    return edge;
  }

  /** An edge that did not open is dropped: the cause may be resolved by the next attempt. */
  async #open(tenant: TenantId): Promise<TenantEdge> {
    await this.#dropOutdated(tenant);
    const edge = await this.#edgeOf(tenant);
    try {
      await edge.open();
    } catch (error) {
      if (edge.state().status === 'none') await this.#drop(tenant);
      this.#faults.set(tenant, reasonOf(error));
      if (isExternal(error)) this.#withoutKey.add(tenant);
      else this.#withoutKey.delete(tenant);
      this.#options.ports.sessionChanged(tenant);
      throw error;
    }
    this.#noFault(tenant);
    return edge;
  }

  /**
   * An edge without a session may have been created, by a call to Discord, with a credential that has changed since.
   */
  async #dropOutdated(tenant: TenantId): Promise<void> {
    const known = this.#edges.get(tenant);
    if (!known || known.isOpen) return;
    const stored = await this.#options.credentials.load(tenant);
    if (!stored || !known.holds(stored)) await this.#drop(tenant);
  }

  #noFault(tenant: TenantId): void {
    this.#faults.delete(tenant);
    this.#withoutKey.delete(tenant);
  }

  /** The bot of a suspended or deleted tenant takes its leave at Discord, and then its session ends. */
  async #end(tenant: TenantId, status: TenantStatus | undefined): Promise<void> {
    if (closedIn.includes(status))
      await this.#edges.get(tenant)?.leave(status === 'suspended' ? 'suspended' : 'deleted');
    await this.#drop(tenant);
  }

  async #drop(tenant: TenantId): Promise<void> {
    const known = this.#edges.get(tenant);
    this.#edges.delete(tenant);
    this.#noFault(tenant);
    await known?.dispose('end');
    this.#options.ports.sessionChanged(tenant);
  }

  /** All whose leases are held, or only those of them. */
  async #reconcileAll(only?: ReadonlySet<TenantId>): Promise<void> {
    const { credentials, leases } = this.#options;
    const [active, abandoned] = await Promise.all([credentials.active(), credentials.abandoned()]);
    const isHere = (tenant: TenantId) => leases.of(tenant) !== undefined && (only?.has(tenant) ?? true);
    const queue = [...new Set([...active, ...this.#edges.keys(), ...abandoned])].filter(isHere);
    const work = async () => {
      for (let tenant = queue.shift(); tenant !== undefined; tenant = queue.shift()) {
        try {
          // Its bot has to take its leave, which needs an edge.
          if (abandoned.includes(tenant)) await this.edge(tenant);
          await this.#reconcileInTurn(tenant);
        } catch (error) {
          this.#failed(error);
        }
      }
    };
    await Promise.all(Array.from({ length: openAtOnce }, work));
  }

  async #reconcileInTurn(tenant: TenantId): Promise<void> {
    if (this.#toReconcile.has(tenant)) return;
    this.#toReconcile.add(tenant);
    try {
      await this.#inTurn(tenant, () => {
        this.#toReconcile.delete(tenant);
        return this.#reconcile(tenant);
      });
    } catch (error) {
      this.#toReconcile.delete(tenant);
      if (isPassing(error)) this.#reconcileLater(tenant, retryMs);
      else if (isKeyFault(error)) this.#reconcileLater(tenant, retryKeyMs);
      throw error;
    }
  }

  /** Ensures that a missed suspension takes effect, and that a restored key is noticed. */
  #reconcileLater(tenant: TenantId, delayMs: number): void {
    if (this.#retries.has(tenant)) return;
    this.#retries.add(tenant);
    this.#options.clock.after(delayMs, () => {
      this.#retries.delete(tenant);
      this.#inBackground(() => this.#reconcileInTurn(tenant));
    });
  }

  /** Brings one tenant's session in line with the tenant's status in the database. */
  async #reconcile(tenant: TenantId): Promise<void> {
    if (this.#closing || !this.#options.leases.of(tenant)) return;
    await this.#prepared.ready(tenant);
    const status = await this.#options.credentials.statusOf(tenant);
    if (status === undefined) this.#stopped.delete(tenant);
    if (closedIn.includes(status)) return this.#end(tenant, status);
    if (status !== 'active' || this.#stopped.has(tenant)) return;
    const known = this.#edges.get(tenant);
    // A failed session stays failed until somebody has fixed the cause.
    if (known && known.state().status !== 'none') return;
    if (!known && !(await this.#options.credentials.load(tenant))) return;
    if (!this.#closing) await this.#open(tenant);
  }

  #inBackground(work: () => Promise<void>): void {
    if (this.#closing) return;
    work().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    // What looks after the tenants' own keys has told of it once.
    const level = isExternal(error) ? 'debug' : 'error';
    this.#options.logger[level]({ err: error }, "could not reconcile a tenant's session");
  }
}
