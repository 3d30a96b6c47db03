import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { heldElsewhere, type Lease, type LeasedPart } from './lease.ts';
import { LeaseNews } from './lease-news.ts';
import { LeaseStore, type Standing } from './lease-store.ts';
import { leaseTiming, type LeaseTiming } from './lease-timing.ts';
import { leftToOthersMs, PassingOn } from './passing-on.ts';
import { RunningTime, type Instant } from './running-time.ts';
import { moveOf, Settling } from './share.ts';

export interface LeaseEvents {
  /** This replica is the holder from now on. */
  taken(lease: Lease): void;
  /** A planned hand-over: the lease is passed on once this resolves, or fails. */
  passOn(tenant: TenantId): Promise<void>;
  /** Others may hold these by now: what is done for them has to end at once. */
  lost(tenants: readonly TenantId[]): void;
}

export interface TenantLeasesOptions {
  readonly database: Database;
  readonly part: LeasedPart;
  /** How many replicas there should be. */
  readonly replicas: number;
  /** The one that this process runs on. */
  readonly machine: string;
  /** For how many running bots there is room; by default there is no limit. */
  readonly capacity?: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing?: LeaseTiming;
  /** Milliseconds of a clock that is never set. */
  readonly monotonicMs?: () => number;
}

/** Larger steps would hold up the renewal. */
const takeAtOnce = 1_000;
/** What a timer may be early by. */
const justAfterMs = 5;
/** Each one is an interruption for its tenant, so they follow each other. */
const passOnAtOnce = 8;

/**
 * The leases of one replica. Each tenant has one holder at a time: a replica renews all that it holds with one small
 * statement, takes what others no longer renew, and passes on what it has beyond its share, or what another machine should
 * have (infra/decisions/0040). What a holder does that
 * does not know yet that it was replaced is refused by the fencing token of its leases (infra/decisions/0018).
 */
export class TenantLeases implements AsyncDisposable {
  readonly #options: TenantLeasesOptions;
  readonly #timing: LeaseTiming;
  readonly #store: LeaseStore;
  readonly #held = new Map<TenantId, Lease>();
  readonly #news: LeaseNews;
  readonly #time: RunningTime;
  readonly #passing: PassingOn;
  readonly #settling: Settling;
  #goes = false;
  #events: LeaseEvents | undefined;
  #address = '';
  #id = '';
  #renewed: Instant | undefined;
  /** Since when every renewal has succeeded in time. */
  #inTouch: Instant | undefined;
  /** After the last renewal: how long until the next of the others expires unless it renews. */
  #nextExpiryMs: number | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #cancelBeat: () => void = () => undefined;
  #closed = false;

  constructor(options: TenantLeasesOptions) {
    this.#options = options;
    this.#timing = options.timing ?? leaseTiming;
    this.#store = new LeaseStore(options.database, options.part, options.machine, this.#timing.lifetimeMs);
    const heard = {
      free: () => this.#somethingIsFree(),
      taken: (tenant: TenantId, replica: string) => {
        if (replica !== this.#id) this.#passing.taken(tenant);
      },
    };
    this.#news = new LeaseNews({ ...options, heard });
    const { beatMs, certainMs: stoppedMs } = this.#timing;
    this.#time = new RunningTime({ ...options, everyMs: beatMs / 3, stoppedMs });
    this.#settling = new Settling(this.#time, options.replicas, this.#timing.settlingMs);
    this.#passing = new PassingOn({
      ...options,
      time: this.#time,
      held: (tenant) => this.#held.get(tenant),
      end: async (tenant) => this.#events?.passOn(tenant),
      free: (leases, freeing) => this.#free(leases, freeing),
      over: (tenant) => {
        const kept = this.of(tenant);
        if (kept) this.#events?.taken(kept);
      },
    });
  }

  /** Of this run of this process; empty before it has joined. */
  get replica(): string {
    return this.#id;
  }

  /** How many leases this replica holds. */
  get size(): number {
    return this.#held.size;
  }

  /** Whether this replica still knows that it is the holder of what it holds. */
  get certain(): boolean {
    return this.#renewed !== undefined && this.#time.elapsedMs(this.#renewed) < this.#timing.certainMs;
  }

  /**
   * False once this process has stood still for so long that others may act by now, until it has renewed. Unlike
   * `certain`, it stays true while only the database does not answer: then nobody can take over.
   */
  get isRunning(): boolean {
    return !this.#time.wasStopped;
  }

  /**
   * Whether what is under way for the holder of this lease may go on. While only the database does not answer it may:
   * nobody can take over then.
   */
  mayAct({ tenant, token }: Lease): boolean {
    return this.isRunning && this.#held.get(tenant)?.token === token;
  }

  /**
   * Registers this process, which listens at this address, and takes part from now on.
   * @throws database.unavailable
   */
  async join(address: string, events: LeaseEvents): Promise<void> {
    this.#address = address;
    this.#events = events;
    await this.#register();
    this.#settling.begin();
    await this.#news.follow();
    this.#time.follow();
    await this.#beat();
  }

  /**
   * Passes on everything, before this process ends: each lease as soon as what is done for its tenant has ended. From
   * now on this replica takes none.
   */
  async leave(): Promise<void> {
    this.#goes = true;
    if (this.#id === '') return;
    try {
      await this.#serially(() => this.#store.leave(this.#id));
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'could not tell the other replicas that this one leaves');
    }
    await this.#passing.runAll(this.#held.keys());
  }

  /** The lease of this tenant, if this replica holds it and is not passing it on. */
  of(tenant: TenantId): Lease | undefined {
    return this.#passing.isLeaving(tenant) ? undefined : this.#held.get(tenant);
  }

  /**
   * The lease of this tenant, which is taken if it is free.
   * @throws lease.elsewhere (421): another replica holds it; lease.uncertain, database.unavailable (503): try again
   */
  async claim(tenant: TenantId): Promise<Lease> {
    if (!this.certain) throw uncertain();
    const held = this.of(tenant);
    if (held) return held;
    if (this.#passing.includes(tenant)) {
      // So that whoever is then asked instead is the next holder.
      await this.#news.takenElsewhere(tenant, leftToOthersMs);
      throw heldElsewhere();
    }
    if (this.#goes) throw heldElsewhere();
    const taken = await this.#serially(async () => {
      const lease = this.of(tenant) ?? (await this.#store.take(this.#id, tenant));
      if (lease !== undefined && lease !== 'left') this.#took([lease]);
      return lease;
    });
    if (taken === 'left') await this.#news.takenElsewhere(tenant, leftToOthersMs);
    if (taken === undefined || taken === 'left') throw heldElsewhere();
    return taken;
  }

  /** Frees everything at once; what was done for the tenants has ended by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cancelBeat();
    this.#time[Symbol.dispose]();
    await this.#news[Symbol.asyncDispose]();
    await this.#serially(async () => {
      if (this.#id !== '') await this.#store.unregister(this.#id);
    }).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'leases could not be given back, and have to expire');
    });
  }

  async #register(): Promise<void> {
    const { part, machine, capacity } = this.#options;
    const id = newId('rep');
    const asked = this.#time.now();
    await this.#store.register({ id, part, address: this.#address, machine, capacity });
    this.#id = id;
    this.#renewed = asked;
    this.#inTouch = asked;
    this.#time.mayGoOn();
  }

  /** Others wait for it, so it is not left until the next beat. */
  #somethingIsFree(): void {
    if (this.#closed || this.#goes) return;
    this.#serially(() => this.#renew()).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'could not look for free leases');
    });
  }

  async #beat(): Promise<void> {
    try {
      await this.#serially(() => this.#renew());
    } catch (error) {
      this.#inTouch = undefined;
      this.#nextExpiryMs = null;
      this.#options.logger.warn({ err: error, held: this.size }, 'leases could not be renewed');
    }
    if (!this.#closed) this.#cancelBeat = this.#options.clock.after(this.#nextBeatMs(), () => void this.#beat());
  }

  /** Sooner if another replica expires before: its tenants should not wait for a beat as well. */
  #nextBeatMs(): number {
    const { beatMs } = this.#timing;
    return this.#nextExpiryMs === null ? beatMs : Math.min(beatMs, this.#nextExpiryMs + justAfterMs);
  }

  async #renew(): Promise<void> {
    if (this.#closed) return;
    const asked = this.#time.now();
    const standing = await this.#store.renew(this.#id);
    this.#nextExpiryMs = standing?.nextExpiryMs ?? null;
    if (!standing) return this.#replaced();
    // A database that only did not answer for a while was away for all.
    if (!this.certain) this.#inTouch = undefined;
    this.#renewed = asked;
    // Unless it was stopped after it had asked.
    if (this.certain) this.#time.mayGoOn();
    this.#inTouch ??= this.#time.now();
    if (standing.own !== this.#held.size) await this.#compare();
    await this.#share(standing);
  }

  /** It was taken for dead while it was stopped, or cut off from the database. */
  async #replaced(): Promise<void> {
    this.#options.logger.warn({ held: this.size }, 'this replica did not renew in time: others act for its tenants');
    this.#forget([...this.#held.keys()]);
    await this.#register();
  }

  /** After a statement whose answer was lost, or the deletion of a tenant. */
  async #compare(): Promise<void> {
    const known = new Map((await this.#store.heldBy(this.#id)).map((lease) => [lease.tenant, lease]));
    this.#forget([...this.#held.keys()].filter((tenant) => !known.has(tenant)));
    this.#took([...known.values()].filter(({ tenant }) => !this.#held.has(tenant)));
  }

  async #share(standing: Standing): Promise<void> {
    if (this.#goes) return;
    // Whoever was cut off itself gives the others the time to come back, too: after an outage of the database all are late.
    const mayRemove = this.#inTouch !== undefined && this.#time.elapsedMs(this.#inTouch) >= this.#timing.lifetimeMs;
    if (standing.expired > 0 && mayRemove) {
      await this.#store.removeExpired();
      return this.#renew();
    }
    const { take, passOn } = moveOf(standing, this.#settling.expected(standing), this.#held.size - this.#passing.size);
    if (take > 0) this.#took(await this.#store.takeFree(this.#id, Math.min(take, takeAtOnce)));
    if (take > takeAtOnce) return this.#renew();
    if (passOn > 0 || standing.strays > 0) await this.#passOn(passOn);
  }

  /** What another machine should have, and up to so many altogether. */
  async #passOn(most: number): Promise<void> {
    const { size } = this.#passing;
    const passable = await this.#store.passable(this.#id, passOnAtOnce + size);
    const staying = passable.filter(({ tenant }) => this.of(tenant) !== undefined);
    const strays = staying.filter(({ stray }) => stray).length;
    for (const { tenant } of staying.slice(0, Math.min(Math.max(strays, most), passOnAtOnce - size)))
      void this.#passing.run(tenant);
  }

  #took(leases: readonly Lease[]): void {
    for (const lease of leases) {
      if (this.#held.get(lease.tenant)?.token === lease.token) continue;
      this.#held.set(lease.tenant, lease);
      this.#passing.taken(lease.tenant);
      this.#events?.taken(lease);
    }
  }

  #forget(tenants: readonly TenantId[]): void {
    for (const tenant of tenants) this.#held.delete(tenant);
    if (tenants.length > 0) this.#events?.lost(tenants);
  }

  #free(leases: readonly Lease[], freeing: (tenant: TenantId) => void): Promise<void> {
    return this.#serially(async () => {
      // Some may have been lost meanwhile.
      const held = leases.filter((lease) => this.#held.get(lease.tenant) === lease).map(({ tenant }) => tenant);
      if (held.length === 0) return;
      for (const tenant of held) freeing(tenant);
      await this.#store.release(this.#id, held);
      for (const tenant of held) this.#held.delete(tenant);
    });
  }

  /** One statement at a time, so that what this replica holds is known before and after each. */
  #serially<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

const uncertain = () =>
  platformFault('lease.uncertain', 'It is not certain which replica acts for this tenant. Try again in a moment.');
