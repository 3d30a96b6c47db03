import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Lease, LeasedPart } from '../lease.ts';
import type { LeaseTiming } from '../lease-timing.ts';
import { TenantLeases } from '../tenant-leases.ts';

/** Ten times as fast as in production, and what a busy machine may be late by. */
export const timing: LeaseTiming = { beatMs: 100, lifetimeMs: 1_000, certainMs: 600, settlingMs: 0 };

/** The clock of a process that can be stopped, and that may be wrong. */
export class ProcessClock implements Clock {
  readonly #skewMs: number;
  #stopped = false;
  #late: (() => void)[] = [];

  constructor(skewMs: number) {
    this.#skewMs = skewMs;
  }

  now(): number {
    return Date.now() + this.#skewMs;
  }

  after(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    const timer = setTimeout(() => {
      if (cancelled) return;
      if (this.#stopped) this.#late.push(() => cancelled || run());
      else run();
    }, delayMs);
    return () => {
      cancelled = true;
      clearTimeout(timer);
    };
  }

  /** As SIGSTOP does: nothing that is due runs. */
  stop(): void {
    this.#stopped = true;
  }

  /** As SIGCONT does: everything that is due runs. */
  goOn(): void {
    this.#stopped = false;
    const late = this.#late;
    this.#late = [];
    for (const run of late) run();
  }
}

export interface TestReplica extends AsyncDisposable {
  readonly leases: TenantLeases;
  readonly database: Database;
  readonly clock: ProcessClock;
  /** What it acts on at this moment. */
  readonly acting: Map<TenantId, Lease>;
  /** Everything that happened, in order. */
  readonly told: string[];
  /** It ends without a word. */
  kill(): void;
}

export interface TestReplicaOptions {
  readonly url: string;
  readonly address: string;
  readonly replicas?: number;
  readonly machine?: string;
  readonly part?: LeasedPart;
  readonly skewMs?: number;
  readonly timing?: Partial<LeaseTiming>;
  /** How long it takes to stop what it does for a tenant. */
  readonly stopsInMs?: number | ((tenant: TenantId) => number);
  /** Called when it begins to act for a tenant. */
  readonly onTaken?: (tenant: TenantId) => void;
}

/** One replica of a part, as its process would have it: with connections and a clock of its own. */
export async function startReplica(options: TestReplicaOptions): Promise<TestReplica> {
  const {
    url,
    address,
    replicas = 1,
    machine = 'one',
    part = 'supervisor',
    skewMs = 0,
    stopsInMs = 0,
    onTaken,
  } = options;
  const database = openDatabase({ url, maxConnections: 2 });
  const clock = new ProcessClock(skewMs);
  const acting = new Map<TenantId, Lease>();
  const told: string[] = [];
  const leases = new TenantLeases({
    database,
    part,
    replicas,
    machine,
    clock,
    logger: silentLogger(),
    timing: { ...timing, ...options.timing },
  });
  await leases.join(address, {
    taken(lease) {
      onTaken?.(lease.tenant);
      acting.set(lease.tenant, lease);
      told.push(`taken ${lease.tenant} ${lease.token}`);
    },
    async passOn(tenant) {
      await delay(typeof stopsInMs === 'number' ? stopsInMs : stopsInMs(tenant));
      acting.delete(tenant);
      told.push(`passed on ${tenant}`);
    },
    lost(tenants) {
      for (const tenant of tenants) acting.delete(tenant);
      told.push(...tenants.map((tenant) => `lost ${tenant}`));
    },
  });
  return {
    leases,
    database,
    clock,
    acting,
    told,
    kill: () => clock.stop(),
    async [Symbol.asyncDispose]() {
      await leases[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
