import { readGenerations } from '#infra/cqrs/generations.ts';
import type { Projections, ProjectionState } from '#infra/cqrs/projections.ts';
import type { Database } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';

/** Under this name in table `projection`. */
const name = 'plays-of-all';
/** Of `rebuild_window_totals` and the triggers in the migrations. */
const version = 1;

type ReadModels = Pick<Projections, 'list' | 'rebuild'>;

/**
 * What was played at all tenants together: the sums of their windows, in table `window_total`, which names no tenant. They change
 * in the transaction in which a window does, so they have its checkpoint and are never behind it; the deletion of a tenant
 * takes what was its own out of them. They are made anew at once if what there is was restored or is of another version.
 * @returns these and the other read models, for operators
 */
export async function withPlaysOfAll(
  others: ReadModels,
  database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants'>,
): Promise<ReadModels> {
  const known = await readGenerations(database, { name });
  if ((known?.version ?? 0) < version) await rebuild(database);
  return {
    list: async () => [...(await others.list()), await stateOf(database)],
    rebuild: (wanted) => (wanted === name ? rebuild(database) : others.rebuild(wanted)),
  };
}

/** In one transaction: the sums before are read until it has ended, and whoever adds to windows waits for it. */
async function rebuild(database: Pick<Database, 'acrossTenants'>): Promise<void> {
  await database.acrossTenants((transaction) => transaction.query('select rebuild_window_totals($1)', [version]));
}

async function stateOf(database: Pick<Database, 'queryAcrossTenants'>): Promise<ProjectionState> {
  const known = await readGenerations(database, { name });
  if (!known) throw callerFault('projection.unknown', 'There is no such read model.', 404);
  return { name, version: known.version, readSince: known.readSince.toISOString(), lagMs: 0, rebuild: null };
}
