import { Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { subscribe, type Subscription } from '#infra/event-store/subscription.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Health, HealthCause } from '#infra/observability/health.ts';
import {
  beginAnew,
  beginIfNewer,
  discardSome,
  lagMs,
  readGenerations,
  subscriptionOf,
  swap,
  type Generations,
} from './generations.ts';
import type { Projection } from './projection.ts';

export const projectionStateSchema = z.object({
  name: z.string(),
  /** Of the code that made what is read; 0: nothing is read yet, or it has to be built anew. */
  version: z.number().int(),
  /** Since when it is read. */
  readSince: z.iso.datetime(),
  /** How far what is read is behind. */
  lagMs: z.number().int(),
  /** What is built beside it, and how far that is behind; null if nothing is. */
  rebuild: z.object({ version: z.number().int(), lagMs: z.number().int() }).nullable(),
});
export type ProjectionState = z.infer<typeof projectionStateSchema>;

export interface Projections extends AsyncDisposable {
  list(): Promise<ProjectionState[]>;
  /** Builds one anew, while what there is stays up to date and is read. @throws projection.unknown (404), projection.building (409) */
  rebuild(name: string): Promise<void>;
}

export interface ProjectionsPorts {
  readonly database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants' | 'listen'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Registry;
  /** How often it is looked what has to be filled, swapped and discarded; by default each second. */
  readonly everyMs?: number;
}

const looksBetweenDiscards = 60;
/** What is read may be so far behind; beyond that, health says so. */
const degradedLagMs = 30_000;

/**
 * Keeps read models up to date. Any number of processes may, also of different releases: each fills what is of its own
 * version, one batch at a time among all of them, and goes on where another has ended.
 */
export async function startProjections(
  projections: readonly Projection[],
  ports: ProjectionsPorts,
): Promise<Projections> {
  const { database, health, metrics } = ports;
  const stack = new AsyncDisposableStack();
  for (const projection of projections) {
    await database.acrossTenants((transaction) => beginIfNewer(transaction, projection));
    stack.use(keepUp(projection, ports));
    health.add(`read model ${projection.name}`, () => healthOf(database, projection));
  }
  observe(projections, database, metrics);
  return {
    list: () => Promise.all(projections.map((projection) => stateOf(database, projection))),
    async rebuild(name) {
      const projection = projections.find((each) => each.name === name);
      if (!projection) throw callerFault('projection.unknown', 'There is no such read model.', 404);
      const begun = await database.acrossTenants((transaction) => beginAnew(transaction, projection));
      if (!begun) throw callerFault('projection.building', 'It is being built already.', 409);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Fills what is of this version, and has it read once it has caught up. */
function keepUp(projection: Projection, ports: ProjectionsPorts): AsyncDisposable {
  const { database, clock, logger, everyMs = 1_000 } = ports;
  const stop = new AbortController();
  const filled = new Map<number, Subscription>();
  const fill = async (wanted: readonly number[]): Promise<void> => {
    for (const [generation, subscription] of filled) {
      if (wanted.includes(generation)) continue;
      filled.delete(generation);
      await subscription[Symbol.asyncDispose]();
    }
    for (const generation of wanted.filter((each) => !filled.has(each)))
      filled.set(
        generation,
        await subscribe({
          name: subscriptionOf(projection, generation),
          database,
          types: projection.types,
          from: 'beginning',
          handle: projection.apply(generation),
          clock,
          logger,
        }),
      );
  };
  const look = async (): Promise<void> => {
    const now = await readGenerations(database, projection);
    if (!now) return;
    await fill(ownOf(projection, now));
    if (await swap(database, projection, now))
      logger.info({ projection: projection.name, generation: now.building }, 'a read model was built and is read now');
    else if (isOver(now)) while (!stop.signal.aborted && (await discardSome(database, projection)));
  };
  let before: Generations | undefined;
  let looks = 0;
  /** Whether something may have to be discarded: after each change, and from time to time, should a process have been late. */
  const isOver = (now: Generations): boolean => {
    const isSame = before?.generation === now.generation && before.building === now.building;
    looks = isSame ? looks + 1 : 0;
    before = now;
    return looks % looksBetweenDiscards === 0;
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) =>
        logger.error({ err: error, projection: projection.name }, 'could not look after a read model; tried again'),
      );
      await pause(everyMs, clock, stop.signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await looking;
      await fill([]);
    },
  };
}

/** The generations that a process with this projection fills. */
const ownOf = ({ version }: Projection, now: Generations): number[] => [
  ...(now.version === version ? [now.generation] : []),
  ...(now.building !== null && now.buildingVersion === version ? [now.building] : []),
];

async function stateOf(database: ProjectionsPorts['database'], projection: Projection): Promise<ProjectionState> {
  const { name } = projection;
  const now = await readGenerations(database, projection);
  if (!now) throw callerFault('projection.unknown', 'There is no such read model.', 404);
  const { generation, version, building, buildingVersion, readSince } = now;
  return {
    name,
    version,
    readSince: readSince.toISOString(),
    lagMs: Math.round(await lagMs(database, projection, generation)),
    rebuild:
      building === null || buildingVersion === null
        ? null
        : { version: buildingVersion, lagMs: Math.round(await lagMs(database, projection, building)) },
  };
}

async function healthOf(
  database: ProjectionsPorts['database'],
  projection: Projection,
): Promise<Omit<HealthCause, 'name'>> {
  const { version, lagMs: behindMs, rebuild } = await stateOf(database, projection);
  const building = rebuild ? '; it is being built anew' : '';
  if (version === 0) return { status: 'healthy', detail: `it is being built` };
  const behind = `it is ${(behindMs / 1_000).toFixed(0)} s behind${building}`;
  if (behindMs > degradedLagMs) return { status: 'degraded', detail: behind };
  if (version > projection.version)
    return {
      status: 'degraded',
      detail: `a newer release has built it, and keeps it up to date only while it runs; rebuild it if that is over`,
    };
  return { status: 'healthy', detail: behind };
}

function observe(
  projections: readonly Projection[],
  database: ProjectionsPorts['database'],
  metrics: Registry,
): Gauge<'projection' | 'rows'> {
  return new Gauge({
    name: 'projection_lag_seconds',
    help: 'How long the oldest event waits that a read model does not have yet: in the rows that are read or built',
    labelNames: ['projection', 'rows'],
    registers: [metrics],
    async collect() {
      this.reset();
      for (const projection of projections) {
        const { name } = projection;
        const state = await stateOf(database, projection).catch(() => undefined);
        this.set({ projection: name, rows: 'read' }, state ? state.lagMs / 1_000 : Number.NaN);
        if (state?.rebuild) this.set({ projection: name, rows: 'built' }, state.rebuild.lagMs / 1_000);
      }
    },
  });
}
