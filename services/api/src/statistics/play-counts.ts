import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { faultNames, startBoundsMs } from '#services/contracts/statistics.ts';

/** What is counted, for which time and where. */
export interface CountedRange {
  readonly from: Date;
  readonly to: Date;
  readonly guild?: Snowflake | undefined;
  /** IANA name. */
  readonly timeZone: string;
  readonly by: 'hour' | 'day' | 'week';
}

const count = z.number().int();
const ended = { finished: count, skipped: count, stopped: count, failed: count };

export const playCountsSchema = z.object({
  /** One for each hour, day or week from the one in which `from` is, also those in which nothing was played. */
  plays: z.array(z.object({ at: z.iso.datetime(), played: count, ...ended })),
  /** Hours of the week in which something was played; weekday 1 is Monday. */
  hours: z.array(
    z.object({ weekday: z.number().int().min(1).max(7), hour: z.number().int().min(0).max(23), played: count }),
  ),
  failures: z.array(z.object({ fault: z.enum(faultNames), tracks: count })),
  /** How long it took from the order to a music server until the music was heard. */
  starts: z.object({
    /** Half of the plays were heard within so many ms, and 95 of 100; null if nothing was played, or for longer than 30 s. */
    p50Ms: count.nullable(),
    p95Ms: count.nullable(),
    /** Plays that were heard within so many ms and not within the one before; null: later than all. */
    buckets: z.array(z.object({ withinMs: count.nullable(), plays: count })),
  }),
});
export type PlayCounts = z.infer<typeof playCountsSchema>;

interface Row {
  readonly plays: readonly (Omit<PlayCounts['plays'][number], 'at'> & { readonly at: string })[] | null;
  readonly hours: PlayCounts['hours'] | null;
  readonly kinds: Readonly<Record<string, number>> | null;
}

/** Reads them from the read model, all at the same moment (services/worker/src/statistics). */
export async function playCounts(
  database: Pick<Database, 'queryInTenant'>,
  tenant: TenantId,
  { from, to, guild, timeZone, by }: CountedRange,
): Promise<PlayCounts> {
  const [row] = await database.queryInTenant<Row & Record<string, unknown>>(tenant, {
    name: 'play-counts',
    text: statement,
    values: [tenant, from, to, guild ?? null, timeZone, by],
  });
  const kinds = row?.kinds ?? {};
  return {
    plays: (row?.plays ?? []).map((each) => ({ ...each, at: new Date(each.at).toISOString() })),
    hours: row?.hours ?? [],
    failures: faultNames
      .map((fault) => ({ fault, tracks: kinds[`failed:${fault}`] ?? 0 }))
      .filter(({ tracks }) => tracks > 0),
    starts: startsOf(kinds),
  };
}

const statement = `with counted as materialized (
    select at, kind, count from play_statistics
      where tenant_id = $1 and generation = (select generation from projection where name = 'play-statistics')
        and at >= $2::timestamptz and at < $3::timestamptz and ($4::text is null or guild_id = $4)),
  by_time as (select date_trunc($6, at, $5) as at,
      sum(count) filter (where kind = 'played') as played, sum(count) filter (where kind = 'finished') as finished,
      sum(count) filter (where kind = 'skipped') as skipped, sum(count) filter (where kind = 'stopped') as stopped,
      sum(count) filter (where starts_with(kind, 'failed:')) as failed
    from counted group by 1),
  times as (select at from generate_series(date_trunc($6, $2::timestamptz, $5), $3::timestamptz - interval '1 ms',
      ('1 ' || $6)::interval, $5) as at)
  select
    (select json_agg(json_build_object('at', at, 'played', coalesce(played, 0), 'finished', coalesce(finished, 0),
        'skipped', coalesce(skipped, 0), 'stopped', coalesce(stopped, 0), 'failed', coalesce(failed, 0)) order by at)
      from times left join by_time using (at)) as plays,
    (select json_agg(json_build_object('weekday', weekday, 'hour', hour, 'played', played) order by weekday, hour)
      from (select extract(isodow from at at time zone $5)::int as weekday,
          extract(hour from at at time zone $5)::int as hour, sum(count) as played
        from counted where kind = 'played' group by 1, 2) as hours) as hours,
    (select json_object_agg(kind, counts) from (select kind, sum(count) as counts from counted group by 1) as kinds) as kinds`;

function startsOf(kinds: Readonly<Record<string, number>>): PlayCounts['starts'] {
  const buckets = [...startBoundsMs, null].map((withinMs) => ({
    withinMs,
    plays: kinds[`start:${withinMs ?? 'over'}`] ?? 0,
  }));
  const all = buckets.reduce((total, { plays }) => total + plays, 0);
  const within = (share: number): number | null => {
    let plays = 0;
    if (all === 0) return null;
    for (const bucket of buckets) {
      plays += bucket.plays;
      if (plays >= share * all) return bucket.withinMs;
    }
    return null;
  };
  return { p50Ms: within(0.5), p95Ms: within(0.95), buckets };
}
