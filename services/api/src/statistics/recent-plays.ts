import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { paneOf, sliding, type Pane } from '#infra/streaming/windows.ts';
import { heardByHour, playsByMinute } from '#services/contracts/play-windows.ts';
import { trackEndings } from '#services/contracts/timeline.ts';

const minutesOfDay = 24 * 60;
const minuteMs = playsByMinute.everyMs;
const hourMs = heardByHour.everyMs;
const dayMs = 24 * hourMs;

export const recentPlaysQuery = z.strictObject({
  /** Of how many minutes there is a count each, this one included. */
  minutes: z.coerce.number().int().min(1).max(minutesOfDay).default(60),
});

const count = z.number().int();
const sumsSchema = z.object({ played: count, finished: count, skipped: count, stopped: count, failed: count });

export const recentPlaysSchema = z.object({
  asOf: z.iso.datetime(),
  /** The time of the newest event that is counted; null: none yet. */
  newestAt: z.iso.datetime().nullable(),
  /** Minutes that begin before it change no more, however late an event of them arrives; of all tenants: unknown. */
  finalBefore: z.iso.datetime().nullable(),
  /** Events that arrived after their minute had ended and were added to it, and those that came too late for it. */
  late: z.object({ corrected: count, leftOut: count }),
  /** Oldest first. */
  minutes: z.array(z.object({ at: z.iso.datetime(), played: count, failed: count })),
  /** The last 60 minutes and the last 24 hours, this minute included. */
  lastHour: sumsSchema,
  lastDay: sumsSchema,
  /** The 60 minutes of the last 24 hours in which most was played; null if nothing was. */
  busiest: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), played: count }).nullable(),
  /** For how long music could be heard in each of the last 24 hours of the clock, in all servers together; of tracks that have ended. */
  heard: z.array(z.object({ at: z.iso.datetime(), heardMs: count })),
});
export type RecentPlays = z.infer<typeof recentPlaysSchema>;

interface Row {
  readonly name: string;
  readonly at: Date;
  readonly key: string;
  readonly value: number;
}
interface State {
  readonly newest: Date | null;
  readonly corrected: number;
  readonly leftOut: number;
}
type Reader = Pick<Database, 'queryInTenant' | 'queryAcrossTenants'>;

/** Reads the windows of a tenant, or of all of them together, that the worker keeps (services/worker/src/statistics). */
export async function recentPlays(
  database: Reader,
  tenant: TenantId | 'all',
  { minutes }: z.output<typeof recentPlaysQuery>,
  nowMs: number,
): Promise<RecentPlays> {
  const nextMs = paneOf(nowMs, minuteMs) + minuteMs;
  const [panes, state] = await Promise.all([
    panesOf(database, tenant, nextMs - dayMs - hourMs, nextMs),
    stateOf(database, tenant),
  ]);
  const plays = panes.get(playsByMinute.name) ?? new Map<number, Pane>();
  const windowsOf = (sizeMs: number, fromMs: number) => sliding(plays, { sizeMs, everyMs: minuteMs }, fromMs, nextMs);
  const hours = windowsOf(hourMs, nextMs - dayMs + hourMs);
  const [busiest] = hours.toSorted((one, other) => playedIn(other.sums) - playedIn(one.sums));
  return {
    asOf: iso(nowMs),
    newestAt: state.newest?.toISOString() ?? null,
    finalBefore:
      tenant === 'all' || !state.newest
        ? null
        : iso(paneOf(state.newest.getTime() - playsByMinute.latenessMs, minuteMs)),
    late: { corrected: state.corrected, leftOut: state.leftOut },
    minutes: windowsOf(minuteMs, nextMs - (minutes - 1) * minuteMs).map(({ endMs, sums }) => ({
      at: iso(endMs - minuteMs),
      played: playedIn(sums),
      failed: sums['failed'] ?? 0,
    })),
    lastHour: sumsOf(hours.at(-1)?.sums),
    lastDay: sumsOf(windowsOf(dayMs, nextMs)[0]?.sums),
    busiest:
      busiest && playedIn(busiest.sums) > 0
        ? { from: iso(busiest.endMs - hourMs), to: iso(busiest.endMs), played: playedIn(busiest.sums) }
        : null,
    heard: heardOf(panes.get(heardByHour.name) ?? new Map<number, Pane>(), nowMs),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const playedIn = (sums: Pane): number => sums['played'] ?? 0;

const sumsOf = (sums: Pane = {}): RecentPlays['lastHour'] => {
  const ended = Object.fromEntries(trackEndings.map((ending) => [ending, sums[ending] ?? 0]));
  return sumsSchema.parse({ ...ended, played: playedIn(sums) });
};

const heardOf = (panes: ReadonlyMap<number, Pane>, nowMs: number): RecentPlays['heard'] =>
  Array.from({ length: 24 }, (_, index) => paneOf(nowMs, hourMs) - (23 - index) * hourMs).map((at) => ({
    at: iso(at),
    heardMs: panes.get(at)?.['heard'] ?? 0,
  }));

async function panesOf(
  database: Reader,
  tenant: TenantId | 'all',
  fromMs: number,
  toMs: number,
): Promise<Map<string, Map<number, Pane>>> {
  const values = [[playsByMinute.name, heardByHour.name], new Date(fromMs), new Date(toMs)];
  const rows =
    tenant === 'all'
      ? await database.queryAcrossTenants<Row & Record<string, unknown>>({
          name: 'window-totals',
          text: `select name, at, key, value::float8 as value from window_total
                   where name = any($1) and at >= $2::timestamptz and at < $3::timestamptz`,
          values,
        })
      : await database.queryInTenant<Row & Record<string, unknown>>(tenant, {
          name: 'window-panes',
          text: `select name, at, key, value::float8 as value from window_pane
                   where tenant_id = $4 and name = any($1) and at >= $2::timestamptz and at < $3::timestamptz`,
          values: [...values, tenant],
        });
  const panes = new Map<string, Map<number, Pane>>();
  for (const { name, at, key, value } of rows) {
    const own = panes.get(name) ?? new Map<number, Pane>();
    panes.set(name, own);
    own.set(at.getTime(), { ...own.get(at.getTime()), [key]: value });
  }
  return panes;
}

async function stateOf(database: Reader, tenant: TenantId | 'all'): Promise<State> {
  const [state] =
    tenant === 'all'
      ? await database.queryAcrossTenants<State & Record<string, unknown>>({
          name: 'window-total-state',
          text: `select newest, corrected::float8, left_out::float8 as "leftOut" from window_total_state where name = $1`,
          values: [playsByMinute.name],
        })
      : await database.queryInTenant<State & Record<string, unknown>>(tenant, {
          name: 'window-state',
          text: `select watermark as newest, corrected::float8, left_out::float8 as "leftOut" from window_state
                   where name = $1 and tenant_id = $2`,
          values: [playsByMinute.name, tenant],
        });
  return state ?? { newest: null, corrected: 0, leftOut: 0 };
}
