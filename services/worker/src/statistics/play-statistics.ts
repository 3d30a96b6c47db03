import { z } from 'zod';
import type { Projection } from '#infra/cqrs/projection.ts';
import type { Transaction } from '#infra/database/pool.ts';
import type { RecordedEvent } from '#infra/event-store/event-store.ts';
import { faultNames, quarterMs, startKind } from '#services/contracts/statistics.ts';
import { trackEndings } from '#services/contracts/timeline.ts';

/** What the worker needs of them; the rest is sealed for audio. */
export const endedSchema = z.object({
  ending: z.enum(trackEndings),
  /** Events of earlier releases have none. */
  fault: z.enum(faultNames).catch('other'),
});
const sessionStream = /^music-session\/(?<guild>\d+)$/;

/** Counts what is played and how it ends, for each server and quarter of an hour. */
export const playStatistics: Projection = {
  name: 'play-statistics',
  version: 1,
  types: ['TrackOrdered', 'TrackStarted', 'TrackEnded'],
  table: 'play_statistics',
  apply: (generation) => async (transaction, events) => {
    const counts = new Counts();
    for (const { event, afterMs } of await startsOf(transaction, events)) {
      counts.add(event, 'played');
      counts.add(event, startKind(afterMs));
    }
    for (const event of events.filter(({ type }) => type === 'TrackEnded')) {
      const { ending, fault } = endedSchema.parse(event.facts);
      counts.add(event, ending === 'failed' ? `failed:${fault}` : ending);
    }
    await counts.store(transaction, generation);
  },
};

interface Count {
  readonly tenant: string;
  readonly guild: string;
  readonly atMs: number;
  readonly kind: string;
  count: number;
}

class Counts {
  readonly #counts = new Map<string, Count>();

  add({ tenant, stream, atMs }: RecordedEvent, kind: string): void {
    const guild = sessionStream.exec(stream)?.groups?.['guild'];
    if (guild === undefined) return;
    const quarter = Math.floor(atMs / quarterMs) * quarterMs;
    const key = `${tenant} ${guild} ${quarter} ${kind}`;
    const count = this.#counts.get(key) ?? { tenant, guild, atMs: quarter, kind, count: 0 };
    count.count += 1;
    this.#counts.set(key, count);
  }

  /** What is about a tenant that is gone meanwhile is left out. */
  async store(transaction: Transaction, generation: number): Promise<void> {
    const counts = [...this.#counts.values()];
    if (counts.length === 0) return;
    await transaction.query({
      name: 'count-plays',
      text: `insert into play_statistics (tenant_id, generation, guild_id, at, kind, count)
        select counted.tenant, $1, counted.guild, counted.at, counted.kind, counted.count
          from unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::int[])
            as counted (tenant, guild, at, kind, count) join tenant on tenant.id = counted.tenant
        on conflict (tenant_id, generation, guild_id, at, kind)
          do update set count = play_statistics.count + excluded.count`,
      values: [
        generation,
        counts.map(({ tenant }) => tenant),
        counts.map(({ guild }) => guild),
        counts.map(({ atMs }) => new Date(atMs)),
        counts.map(({ kind }) => kind),
        counts.map(({ count }) => count),
      ],
    });
  }
}

interface Start<Event> {
  readonly event: Event;
  /** Since the order. */
  readonly afterMs: number;
}

/**
 * The starts that are plays: the first one after an order to a music server. A track that goes on after an interruption is
 * started again, and has not been played twice.
 */
export async function startsOf<Event extends Pick<RecordedEvent, 'tenant' | 'stream' | 'version' | 'atMs' | 'type'>>(
  transaction: Transaction,
  events: readonly Event[],
): Promise<Start<Event>[]> {
  const started = events.filter(({ type }) => type === 'TrackStarted');
  if (started.length === 0) return [];
  const { rows } = await transaction.query<{ number: string; at: Date }>({
    name: 'orders-of-starts',
    // An order is not older than a week of the log: only its partitions are looked into.
    text: `select started.number, before.at
      from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[]) with ordinality
        as started (tenant, stream, version, at, number)
      cross join lateral (select type, at from event where tenant_id = started.tenant and stream = started.stream
        and version < started.version and at <= started.at and at > started.at - interval '7 days'
        and type in ('TrackOrdered', 'TrackStarted') order by version desc limit 1) as before
      where before.type = 'TrackOrdered'`,
    values: [
      started.map(({ tenant }) => tenant),
      started.map(({ stream }) => stream),
      started.map(({ version }) => version),
      started.map(({ atMs }) => new Date(atMs)),
    ],
  });
  return rows.flatMap(({ number, at }) => {
    const event = started[Number(number) - 1];
    return event ? [{ event, afterMs: event.atMs - at.getTime() }] : [];
  });
}
