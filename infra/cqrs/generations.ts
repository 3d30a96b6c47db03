import type { Database, Transaction } from '#infra/database/pool.ts';
import { handleWithin } from '#infra/event-store/subscription.ts';
import type { Projection } from './projection.ts';

/** The row of a read model in table projection. */
export interface Generations {
  /** What is read; 0 before anything is. */
  readonly generation: number;
  /** Of the projection that made it; 0 if it has to be built anew. */
  readonly version: number;
  readonly building: number | null;
  readonly buildingVersion: number | null;
  readonly readSince: Date;
}

/** The subscription that fills a generation. */
export const subscriptionOf = ({ name }: Pick<Projection, 'name'>, generation: number): string =>
  `projection/${name}/${generation}`;

export async function readGenerations(
  database: Pick<Database, 'queryAcrossTenants'>,
  { name }: Pick<Projection, 'name'>,
): Promise<Generations | undefined> {
  const [row] = await database.queryAcrossTenants<Generations & Record<string, unknown>>({
    name: 'read-projection',
    text: `select generation, version, building, building_version as "buildingVersion", read_since as "readSince"
             from projection where name = $1`,
    values: [name],
  });
  return row;
}

/**
 * Begins a generation for a projection that is new, or newer than what is read and built. What an older process still fills
 * is read until the new one has caught up.
 */
export async function beginIfNewer(transaction: Transaction, { name, version }: Projection): Promise<void> {
  await transaction.query(
    `insert into projection (name, generation, version, building, building_version, newest)
       values ($1, 0, 0, 1, $2, 1) on conflict do nothing`,
    [name, version],
  );
  await transaction.query(
    `update projection set newest = newest + 1, building = newest + 1, building_version = $2
       where name = $1 and version < $2 and coalesce(building_version, 0) < $2`,
    [name, version],
  );
}

/** Begins a generation of this version, whatever there is. @returns whether it did: not if one is being built already */
export async function beginAnew(transaction: Transaction, { name, version }: Projection): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update projection set newest = newest + 1, building = newest + 1, building_version = $2
       where name = $1 and (building is null or building_version <> $2)`,
    [name, version],
  );
  return rowCount === 1;
}

/** Events that a swap may still have to apply; a generation that is further behind has to catch up by itself first. */
const batchesAtSwap = 3;

/**
 * Has the generation that is built read from now on, if it has caught up: with the checkpoints of both held, it applies what
 * is left, so that it is not behind what was read before. @returns whether it is read now
 */
export function swap(
  database: Pick<Database, 'acrossTenants'>,
  projection: Projection,
  { generation, building, buildingVersion }: Generations,
): Promise<boolean> {
  if (building === null || buildingVersion !== projection.version) return Promise.resolve(false);
  const { name, types } = projection;
  return database.acrossTenants(async (transaction) => {
    const held = await transaction.query('select 1 from projection where name = $1 and building = $2 for update', [
      name,
      building,
    ]);
    if (held.rowCount !== 1) return false;
    await transaction.query('select 1 from event_subscription where name = $1 for update', [
      subscriptionOf(projection, generation),
    ]);
    const built = {
      name: subscriptionOf(projection, building),
      types,
      handle: projection.apply(building),
    };
    let batches = 0;
    while (await handleWithin(transaction, built)) {
      batches += 1;
      if (batches === batchesAtSwap) return false;
    }
    await transaction.query(
      `update projection set generation = building, version = building_version, building = null, building_version = null,
         read_since = clock_timestamp() where name = $1`,
      [name],
    );
    return true;
  });
}

/** Rows that are deleted in one transaction. */
const deletedAtOnce = 5_000;

/** Deletes some of what is neither read nor built. @returns whether there may be more */
export function discardSome(database: Pick<Database, 'acrossTenants'>, { name, table }: Projection): Promise<boolean> {
  return database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query<{ kept: number[]; newest: number }>(
      'select array_remove(array[generation, building], null) as kept, newest from projection where name = $1 for share',
      [name],
    );
    const { kept = [], newest = 0 } = rows[0] ?? {};
    const over = Array.from({ length: newest }, (_, index) => index + 1).filter((each) => !kept.includes(each));
    const names = over.map((each) => subscriptionOf({ name }, each));
    // Its row is locked while somebody still fills it.
    await transaction.query('delete from event_subscription where name = any($1)', [names]);
    const { rowCount } = await transaction.query(
      `delete from ${table} where ctid in (select ctid from ${table} where generation = any($1) limit $2)`,
      [over, deletedAtOnce],
    );
    return rowCount === deletedAtOnce;
  });
}

/**
 * For how long the oldest event waits that a generation does not have yet, in ms; 0 if it has all. One that nobody fills
 * has none.
 */
export async function lagMs(
  database: Pick<Database, 'queryAcrossTenants'>,
  projection: Pick<Projection, 'name' | 'types'>,
  generation: number,
): Promise<number> {
  const [row] = await database.queryAcrossTenants<{ lag: number | null }>({
    name: 'projection-lag',
    text: `select extract(epoch from clock_timestamp() - (select at from event
             where (transaction, position) > (s.transaction, s.position) and type = any($2)
             order by transaction, position limit 1))::float * 1000 as lag
           from event_subscription s where name = $1`,
    values: [subscriptionOf(projection, generation), projection.types],
  });
  return Math.max(0, row?.lag ?? 0);
}
