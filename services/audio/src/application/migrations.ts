import type { TenantId } from '#infra/kernel/ids.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';

/**
 * How many players are moved or restored at the same time: of all tenants, so that the nodes that are left and the
 * database are not flooded when one is lost; and of one, so that the largest does not make the others wait.
 */
export const migrationLimits = { all: 16, ofTenant: 4 } as const;

const unbounded = {
  waiting: Number.POSITIVE_INFINITY,
  busy: () => new Error('any number may wait'),
};

/** The order in which players are moved when a node is lost, is back, or is being drained. */
export class Migrations {
  readonly #all = new KeyedMutex({ concurrency: migrationLimits.all, ...unbounded });
  readonly #ofTenants = new KeyedMutex({ concurrency: migrationLimits.ofTenant, ...unbounded });

  /** Runs `move` when it is its turn; settles as it does. */
  run<Result>(tenant: TenantId, move: () => Promise<Result>): Promise<Result> {
    return this.#ofTenants.run(tenant, () => this.#all.run('', move));
  }
}
