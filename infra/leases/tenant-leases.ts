import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { heldElsewhere, type Lease, type LeasedPart } from './lease.ts';
import { LeaseNews } from './lease-news.ts';
import { LeaseStore, type Standing } from './lease-store.ts';
import { moveOf } from './share.ts';

export interface LeaseTiming {
  /** How often a replica renews. */
  readonly beatMs: number;
  /** After this long without a renewal its leases are free, by the database's clock. */
  readonly lifetimeMs: number;
  /** After this long it trusts its own leases no longer, by its own clocks: before others can have them. */
  readonly certainMs: number;
  /** How long a new replica leaves their share to others that are only starting. */
  readonly settlingMs: number;
}

/** A holder that ends without a word is followed by another within four seconds. */
const leaseTiming: LeaseTiming = { beatMs: 750, lifetimeMs: 3_000, certainMs: 2_000, settlingMs: 10_000 };

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
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing?: LeaseTiming;
  /** Milliseconds of a clock that is never set. */
  readonly monotonicMs?: () => number;
}

/** Larger steps would hold up the renewal. */
const takeAtOnce = 1_000;
/** Each one is an interruption for its tenant, so they follow each other. */
const passOnAtOnce = 8;
const leaveAtOnce = 32;
/** How long a lease that was passed on is left to the others, and how long whoever asks for it here waits for them. */
const leftToOthersMs = 2_000;

/**
 * The leases of one replica. Each tenant has one holder at a time: a replica renews all that it holds with one small
 * statement, takes what others no longer renew, and passes on what it has beyond its share. What a holder does that
 * does not know yet that it was replaced is refused by the fencing token of its leases (infra/decisions/0018).
 */
export class TenantLeases implements AsyncDisposable {
  readonly #options: TenantLeasesOptions;
  readonly #timing: LeaseTiming;
  readonly #store: LeaseStore;
  readonly #held = new Map<TenantId, Lease>();
  readonly #leaving = new Set<TenantId>();
  readonly #news: LeaseNews;
  readonly #passedOn = new Map<TenantId, Instant>();
  /** When this process last certainly ran. */
  #ran: Instant;
  #wasStopped = false;
  #cancelRunning: () => void = () => undefined;
  #goes = false;
  #events: LeaseEvents | undefined;
  #address = '';
  #id = '';
  #joined: Instant | undefined;
  #settled = false;
  #renewed: Instant | undefined;
  /** Since when every renewal has succeeded in time. */
  #inTouch: Instant | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #cancelBeat: () => void = () => undefined;
  #closed = false;

  constructor(options: TenantLeasesOptions) {
    this.#options = options;
    this.#timing = options.timing ?? leaseTiming;
    this.#store = new LeaseStore(options.database, options.part, this.#timing.lifetimeMs);
    const heard = {
      free: () => this.#somethingIsFree(),
      taken: (tenant: TenantId, replica: string) => void (replica !== this.#id && this.#passedOn.delete(tenant)),
    };
    this.#news = new LeaseNews({ ...options, heard });
    this.#ran = this.#now();
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
    return this.#renewed !== undefined && this.#elapsedMs(this.#renewed) < this.#timing.certainMs;
  }

  /**
   * False once this process has stood still for so long that others may act by now, until it has renewed. Unlike
   * `certain`, it stays true while only the database does not answer: then nobody can take over.
   */
  get isRunning(): boolean {
    this.#notice();
    return !this.#wasStopped;
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
    this.#joined = this.#now();
    await this.#news.follow();
    this.#keepRunning();
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
    const waiting = [...this.#held.keys()].filter((tenant) => !this.#leaving.has(tenant));
    const work = async () => {
      for (let tenant = waiting.shift(); tenant; tenant = waiting.shift()) await this.#passOn(tenant);
    };
    await Promise.all(Array.from({ length: leaveAtOnce }, work));
  }

  /** The lease of this tenant, if this replica holds it and is not passing it on. */
  of(tenant: TenantId): Lease | undefined {
    return this.#leaving.has(tenant) ? undefined : this.#held.get(tenant);
  }

  /**
   * The lease of this tenant, which is taken if it is free.
   * @throws lease.elsewhere (421): another replica holds it; lease.uncertain, database.unavailable (503): try again
   */
  async claim(tenant: TenantId): Promise<Lease> {
    if (!this.certain) throw uncertain();
    const held = this.of(tenant);
    if (held) return held;
    if (this.#isPassing(tenant)) {
      // So that whoever is then asked instead is the next holder.
      await this.#news.takenElsewhere(tenant, leftToOthersMs);
      throw heldElsewhere();
    }
    if (this.#goes) throw heldElsewhere();
    return this.#serially(async () => {
      const lease = this.of(tenant) ?? (await this.#store.take(this.#id, tenant));
      if (!lease) throw heldElsewhere();
      this.#took([lease]);
      return lease;
    });
  }

  /** Frees everything at once; what was done for the tenants has ended by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cancelBeat();
    this.#cancelRunning();
    await this.#news[Symbol.asyncDispose]();
    await this.#serially(async () => {
      if (this.#id !== '') await this.#store.unregister(this.#id);
    }).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'leases could not be given back, and have to expire');
    });
  }

  async #register(): Promise<void> {
    const { part } = this.#options;
    const id = newId('rep');
    const asked = this.#now();
    await this.#store.register({ id, part, address: this.#address });
    this.#id = id;
    this.#renewed = asked;
    this.#inTouch = asked;
    this.#wasStopped = false;
  }

  /** Notices when this process stands still, as after SIGSTOP, or while its machine sleeps. */
  #keepRunning(): void {
    this.#notice();
    if (this.#closed) return;
    this.#cancelRunning = this.#options.clock.after(this.#timing.beatMs / 3, () => this.#keepRunning());
  }

  #notice(): void {
    this.#wasStopped ||= this.#elapsedMs(this.#ran) >= this.#timing.certainMs;
    this.#ran = this.#now();
  }

  #isPassing(tenant: TenantId): boolean {
    if (this.#leaving.has(tenant)) return true;
    const passedOn = this.#passedOn.get(tenant);
    return passedOn !== undefined && this.#elapsedMs(passedOn) < leftToOthersMs;
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
      this.#options.logger.warn({ err: error, held: this.size }, 'leases could not be renewed');
    }
    if (!this.#closed) this.#cancelBeat = this.#options.clock.after(this.#timing.beatMs, () => void this.#beat());
  }

  async #renew(): Promise<void> {
    if (this.#closed) return;
    const asked = this.#now();
    const standing = await this.#store.renew(this.#id);
    if (!standing) return this.#replaced();
    // A database that only did not answer for a while was away for all.
    if (!this.certain) this.#inTouch = undefined;
    this.#renewed = asked;
    // Unless it was stopped after it had asked.
    if (this.certain) this.#wasStopped = false;
    this.#inTouch ??= this.#now();
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
    const mayRemove = this.#inTouch !== undefined && this.#elapsedMs(this.#inTouch) >= this.#timing.lifetimeMs;
    if (standing.expired > 0 && mayRemove) {
      await this.#store.removeExpired();
      return this.#renew();
    }
    const { take, passOn } = moveOf(standing, this.#expected(standing), this.#held.size - this.#leaving.size);
    if (take > 0) this.#took(await this.#store.takeFree(this.#id, Math.min(take, takeAtOnce)));
    if (take > takeAtOnce) return this.#renew();
    const staying = [...this.#held.keys()].filter((tenant) => !this.#leaving.has(tenant));
    for (const tenant of staying.slice(0, Math.min(passOn, passOnAtOnce - this.#leaving.size)))
      void this.#passOn(tenant);
  }

  /** Until all were there once, those that are missing are only starting; but not for ever. */
  #expected({ replicas }: Standing): number {
    const expected = this.#options.replicas;
    const isLate = this.#joined !== undefined && this.#elapsedMs(this.#joined) >= this.#timing.settlingMs;
    this.#settled ||= isLate || replicas >= expected;
    return this.#settled ? replicas : expected;
  }

  #took(leases: readonly Lease[]): void {
    for (const lease of leases) {
      if (this.#held.get(lease.tenant)?.token === lease.token) continue;
      this.#held.set(lease.tenant, lease);
      this.#passedOn.delete(lease.tenant);
      this.#events?.taken(lease);
    }
  }

  #forget(tenants: readonly TenantId[]): void {
    for (const tenant of tenants) this.#held.delete(tenant);
    if (tenants.length > 0) this.#events?.lost(tenants);
  }

  async #passOn(tenant: TenantId): Promise<void> {
    const lease = this.#held.get(tenant);
    this.#leaving.add(tenant);
    try {
      await this.#events?.passOn(tenant);
      await this.#serially(async () => {
        // It may have been lost meanwhile.
        if (!lease || this.#held.get(tenant) !== lease) return;
        this.#passedOn.set(tenant, this.#now());
        await this.#store.release(this.#id, tenant);
        this.#held.delete(tenant);
      });
    } catch (error) {
      this.#options.logger.warn({ err: error, tenant }, 'a lease could not be passed on, and is kept');
    } finally {
      this.#leaving.delete(tenant);
    }
    const kept = this.of(tenant);
    if (kept) this.#events?.taken(kept);
  }

  /** One statement at a time, so that what this replica holds is known before and after each. */
  #serially<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #now(): Instant {
    const { clock, monotonicMs = () => performance.now() } = this.#options;
    return { wallMs: clock.now(), monotonicMs: monotonicMs() };
  }

  /** By whichever clock went on: one may have been set back, the other stands still while the machine sleeps. */
  #elapsedMs(since: Instant): number {
    const now = this.#now();
    return Math.max(now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs);
  }
}

interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const uncertain = () =>
  platformFault('lease.uncertain', 'It is not certain which replica acts for this tenant. Try again in a moment.');

/** Whether a write was refused because another replica holds the lease by now. */
export const isLeaseLost = (error: unknown): boolean => hasCode(error, 'lease.lost');
