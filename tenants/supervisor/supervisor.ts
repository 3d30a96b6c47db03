import type { Socket } from 'node:net';
import type { Turns } from '#infra/http/addresses.ts';
import { Changes } from '#infra/http/followed-state.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { InstallationId, TenantId } from '#infra/kernel/ids.ts';
import { isLeaseLost, type Lease } from '#infra/leases/lease.ts';
import type { LeaseEvents, TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { bot, service, spiffeId } from '#security/identity/spiffe.ts';
import type { ToBot } from '#tenants/instance-protocol/door.ts';
import { BotInstance } from './bot-instance.ts';
import { createDoor, type ProxyAddress, type Vouching } from './door.ts';
import type { BotCondition, InstanceState, ProcessState } from '../instance-protocol/instance-state.ts';
import type { InstanceStore, TenantFacts } from './instance-store.ts';
import { createLaunchSlots, type LaunchSlots } from './launch-slots.ts';
import type { Launcher } from './launcher.ts';

export interface SupervisorOptions {
  readonly installation: InstallationId;
  readonly store: InstanceStore;
  /** Which tenants' bots this supervisor runs. */
  readonly leases: Pick<TenantLeases, 'of' | 'claim'>;
  readonly launcher: Launcher;
  readonly vouching: Vouching;
  readonly proxies: Turns<ProxyAddress>;
  readonly botLogLevel: string;
  /** Maximum number of bots on this machine. */
  readonly maxInstances: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random?: () => number;
}

const startingAtOnce = 4;
const startingAtMostMs = 10_000;
const lookAgainMs = 1_000;

/** A suspended or deleted tenant has no bot; one that is being set up has. */
const mayRun = (facts: TenantFacts): boolean => facts.status === 'created' || facts.status === 'active';

/** Keeps every bot running that should run, of the tenants whose leases it holds, and no others. */
export class Supervisor implements AsyncDisposable, LeaseEvents {
  readonly #options: SupervisorOptions;
  readonly #slots: LaunchSlots;
  readonly #instances = new Map<TenantId, BotInstance>();
  readonly #saving = new Map<TenantId, Promise<void>>();
  readonly #turns = new Map<TenantId, Promise<void>>();
  /** Called when the result of `read` for a tenant may have changed. */
  readonly changes = new Changes<TenantId>();
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = createLaunchSlots(startingAtOnce, startingAtMostMs, options.clock);
  }

  /**
   * Durably sets a tenant's bot to run. Throws `instance.unknown-tenant`, `instance.tenant-not-active`,
   * `instance.no-application`, `instance.machine-full`, and what `TenantLeases.claim` throws.
   */
  async start(tenant: TenantId, requestId: string): Promise<InstanceState> {
    const facts = await this.#find(tenant);
    if (!mayRun(facts)) {
      throw callerFault('instance.tenant-not-active', `A tenant that is ${facts.status} has no bot.`, 409);
    }
    if (facts.applicationId === null) {
      throw callerFault('instance.no-application', "Store the Discord application's token first.", 409);
    }
    const lease = await this.#options.leases.claim(tenant);
    if (!this.#instances.has(tenant) && this.#instances.size >= this.#options.maxInstances) {
      throw platformFault('instance.machine-full', 'This machine has no capacity for another bot.');
    }
    await this.#options.store.desire(lease, 'running', requestId);
    await this.#settle(tenant, true);
    return this.read(tenant);
  }

  /** Durably sets a tenant's bot to stop; resolves once its process is gone. */
  async stop(tenant: TenantId, requestId: string): Promise<void> {
    const { status } = await this.#find(tenant);
    const { store, leases } = this.#options;
    const lease = await leases.claim(tenant);
    if (status === 'deleting') await store.remove(lease, requestId);
    else await store.desire(lease, 'stopped', requestId);
    await this.#settle(tenant);
  }

  /** Throws `instance.unknown-tenant`, and what `TenantLeases.claim` throws. */
  async read(tenant: TenantId): Promise<InstanceState> {
    const facts = await this.#find(tenant);
    await this.#options.leases.claim(tenant);
    return this.#stateOf(facts);
  }

  /** The same for every tenant that has, or should have, a bot; without the layers of those that run elsewhere. */
  async readAll(): Promise<(InstanceState & { readonly tenant: TenantId })[]> {
    const all = await this.#options.store.all();
    return all.map((facts) => ({ tenant: facts.tenant, ...this.#stateOf(facts) }));
  }

  /** Repeated until it is known whether the bot should run, or the lease is another's. */
  taken(lease: Lease): void {
    const { tenant } = lease;
    const { leases, logger, clock } = this.#options;
    this.#settle(tenant).catch((error: unknown) => {
      logger.error({ err: error, tenant }, 'could not read whether a bot should run');
      clock.after(lookAgainMs, () => {
        if (!this.#closed && leases.of(tenant)?.token === lease.token) this.taken(lease);
      });
    });
  }

  async passOn(tenant: TenantId): Promise<void> {
    await this.#settle(tenant);
    // Already stopping, if the supervisor is.
    await this.#instances.get(tenant)?.stop();
    await this.#saving.get(tenant);
  }

  lost(tenants: readonly TenantId[]): void {
    for (const tenant of tenants) {
      // Before its turn comes: it must not go on beside the one that replaces it.
      void this.#instances.get(tenant)?.stop({ atOnce: true });
      void this.#settle(tenant).catch(() => undefined);
    }
  }

  /** A tenant has changed: starts or stops its bot accordingly. */
  async tenantChanged(tenant: TenantId): Promise<void> {
    await this.#settle(tenant);
  }

  /**
   * The identity of a tenant's bot was revoked at this time. The process that had it would only request another, so it
   * is stopped; the bot that replaces it has its own identity.
   */
  revoked(tenant: TenantId, atMs: number): void {
    this.#instances.get(tenant)?.endIfStartedBy(atMs, 'had an identity that was revoked');
  }

  /**
   * Compares everything that should run with everything that runs; at the start, and when notifications were missed.
   */
  async reconcile(): Promise<void> {
    const wanted = (await this.#options.store.all()).map((facts) => facts.tenant);
    const tenants = new Set([...wanted, ...this.#instances.keys()]);
    await Promise.all([...tenants].map((tenant) => this.#settle(tenant)));
  }

  /** The number of bots in each state. */
  counts(): Record<ProcessState, number> {
    const counts = { stopped: 0, starting: 0, ready: 0, degraded: 0, 'backing-off': 0, failed: 0 };
    for (const instance of this.#instances.values()) counts[instance.condition.state] += 1;
    return counts;
  }

  /** For looking at a bot from outside: its process id while it runs. */
  pidOf(tenant: TenantId): number | undefined {
    return this.#instances.get(tenant)?.pid;
  }

  /** Stops every bot; in the database they stay set to run for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#instances.values()].map((instance) => instance.stop()));
    await Promise.all(this.#saving.values());
  }

  #stateOf(facts: TenantFacts): InstanceState {
    const instance = this.#instances.get(facts.tenant);
    const runsElsewhere = facts.isHeld && !this.#options.leases.of(facts.tenant);
    const condition = instance?.condition ?? (runsElsewhere ? facts.condition : notRunning(facts));
    // Nothing is confined where nothing runs.
    const layers = instance?.pid === undefined ? [] : [...this.#options.launcher.layers];
    return { desired: facts.desired ?? 'stopped', ...condition, layers };
  }

  async #find(tenant: TenantId): Promise<TenantFacts> {
    const facts = await this.#options.store.find(tenant);
    if (facts) return facts;
    throw callerFault('instance.unknown-tenant', 'There is no such tenant.', 404);
  }

  /**
   * One change at a time for each tenant, so that a start and a stop cannot overlap. `again`: even if it was given up.
   */
  async #settle(tenant: TenantId, again = false): Promise<void> {
    const before = this.#turns.get(tenant) ?? Promise.resolve();
    const turn = before.then(() => this.#settleNow(tenant, again));
    const settled = turn.catch(() => undefined);
    this.#turns.set(tenant, settled);
    try {
      await turn;
    } finally {
      if (this.#turns.get(tenant) === settled) this.#turns.delete(tenant);
      this.changes.tell(tenant);
    }
  }

  async #settleNow(tenant: TenantId, again: boolean): Promise<void> {
    if (this.#closed) return;
    const { store, leases } = this.#options;
    const facts = leases.of(tenant) && (await store.find(tenant));
    const lease = leases.of(tenant);
    const running = this.#instances.get(tenant);
    const applicationId = facts && facts.desired === 'running' && mayRun(facts) ? facts.applicationId : null;
    const isOther = running?.lease.token !== lease?.token || running?.settings.applicationId !== applicationId;
    if (running && isOther) {
      await running.stop();
      this.#instances.delete(tenant);
    }
    if (applicationId === null || !lease || this.#closed) return;
    const known = this.#instances.get(tenant);
    if (known) {
      if (again) known.start();
      return;
    }
    if (this.#instances.size >= this.#options.maxInstances) {
      this.#save(lease, { state: 'failed', restarts: 0, reason: 'This machine has no capacity for another bot.' });
      return;
    }
    const instance = this.#create(lease, applicationId);
    this.#instances.set(tenant, instance);
    instance.start();
  }

  #create(lease: Lease, applicationId: string): BotInstance {
    const { tenant, token } = lease;
    const { installation, launcher, vouching, proxies, botLogLevel, clock, random, logger } = this.#options;
    const log = logger.child({ tenant });
    const identity = { spiffeId: spiffeId(installation, bot(tenant)), lease: token };
    return new BotInstance({
      tenant,
      lease,
      settings: {
        installation,
        tenant,
        applicationId,
        logLevel: botLogLevel,
        proxySpiffeId: spiffeId(installation, service('gateway-proxy')),
      },
      launcher,
      openDoor: (send: (message: ToBot, socket?: Socket) => void) =>
        createDoor({ ...identity, vouching, proxies, send, logger: log, clock }),
      slots: this.#slots,
      clock,
      ...(random ? { random } : {}),
      changed: (condition) => {
        log.info(
          { state: condition.state, reason: condition.reason, restarts: condition.restarts },
          "a bot's state changed",
        );
        this.#save(lease, condition);
        this.changes.tell(tenant);
      },
    });
  }

  /** In order for each tenant; a state that could not be written is kept in memory until the next one is. */
  #save(lease: Lease, condition: BotCondition): void {
    const { tenant } = lease;
    const before = this.#saving.get(tenant) ?? Promise.resolve();
    const saved = before
      .then(() => this.#options.store.save(lease, condition))
      .catch((error: unknown) => {
        // Whoever runs the bot now tells its state.
        if (!isLeaseLost(error)) this.#options.logger.error({ err: error, tenant }, "could not write a bot's state");
      })
      .finally(() => {
        if (this.#saving.get(tenant) === saved) this.#saving.delete(tenant);
      });
    this.#saving.set(tenant, saved);
  }
}

/** The state in the table of a bot that does not run here was written by an earlier process. */
const notRunning = (facts: TenantFacts): BotCondition =>
  facts.condition.state === 'failed' && facts.desired === 'running'
    ? facts.condition
    : { state: 'stopped', restarts: 0 };
