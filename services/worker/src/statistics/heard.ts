import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { StreamedEvent } from '#infra/streaming/streamed-event.ts';

/** Music was heard from one moment to another. */
interface Heard {
  readonly tenant: TenantId;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Row {
  readonly number: string;
  readonly type: string;
  readonly at: Date;
  readonly playback: string | null;
}

/** Changes of one track that are looked at, the latest. */
const mostChanges = 500;

/**
 * When the tracks could be heard that ended: not while they were paused or interrupted. What happened meanwhile is read from the
 * event store, whatever has brought the ends, so it does not depend on which events were handled together.
 */
export async function heardUntil(transaction: Transaction, ends: readonly StreamedEvent[]): Promise<Heard[]> {
  if (ends.length === 0) return [];
  const { rows } = await transaction.query<Row>({
    name: 'playback-of-ended-tracks',
    // A track is not longer than a week: only its partitions are looked into.
    text: `select ended.number, before.type, before.at, before.playback
      from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[]) with ordinality
        as ended (tenant, stream, version, at, number)
      cross join lateral (select type, at, version, facts ->> 'playback' as playback from event
        where tenant_id = ended.tenant and stream = ended.stream and version < ended.version
          and at <= ended.at and at > ended.at - interval '7 days'
          and type in ('TrackEnded', 'TrackOrdered', 'TrackStarted', 'Interrupted', 'Paused', 'Resumed', 'PositionChanged')
        order by version desc limit ${mostChanges}) as before
      order by ended.number, before.version desc`,
    values: [
      ends.map(({ tenant }) => tenant),
      ends.map(({ stream }) => stream),
      ends.map(({ version }) => version),
      ends.map(({ atMs }) => new Date(atMs)),
    ],
  });
  const before = Map.groupBy(rows, ({ number }) => Number(number) - 1);
  return ends.flatMap((end, index) => heardOf(end, before.get(index) ?? []));
}

/** @param newestFirst what had happened in the session until then */
function heardOf({ tenant, atMs }: StreamedEvent, newestFirst: readonly Row[]): Heard[] {
  const since = newestFirst.findIndex(({ type }) => type === 'TrackEnded');
  const changes = (since < 0 ? newestFirst : newestFirst.slice(0, since)).toReversed();
  const heard: Heard[] = [];
  let isPlaying = false;
  let isPaused = false;
  changes.forEach(({ type, at, playback }, index) => {
    if (type === 'TrackOrdered') [isPlaying, isPaused] = [false, false];
    else if (type === 'TrackStarted') isPlaying = true;
    else if (type === 'Interrupted') isPlaying = false;
    else if (type === 'PositionChanged') isPlaying = playback === 'playing';
    else isPaused = type === 'Paused';
    const [fromMs, toMs] = [at.getTime(), changes[index + 1]?.at.getTime() ?? atMs];
    if (isPlaying && !isPaused && toMs > fromMs) heard.push({ tenant, fromMs, toMs });
  });
  return heard;
}
