import type { Database, Transaction } from '#infra/database/pool.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import { eventChannel, eventColumns, recorded, type EventRow, type RecordedEvent } from './event-store.ts';
import { Interruption } from './interruption.ts';

export interface SubscriptionOptions {
  /** Its checkpoints are stored under this name: consumers with the same name share the work. */
  readonly name: string;
  readonly database: Pick<Database, 'acrossTenants' | 'listen'>;
  /**
   * Called with events of one lane in their order; those of a tenant are always in the same lane. It runs in the
   * transaction in which the checkpoint is stored, which sees the rows of every tenant: what it writes there is done
   * exactly once. Anything else it does may be done again after a crash. While it rejects, its lane waits, and is tried
   * again with growing pauses; so what can never be done has to be noted and resolved.
   */
  readonly handle: (transaction: Transaction, events: readonly RecordedEvent[]) => Promise<void>;
  /** Only events of these types; by default all. */
  readonly types?: readonly string[];
  /** Where a subscription begins that is new: with what happens from now on, or with all that is kept. */
  readonly from: 'now' | 'beginning';
  /** How many consumers can work at once; fixed when the subscription is made, 1 to 16. By default 1. */
  readonly lanes?: number;
  /** Events that are handled at once; by default 100. */
  readonly batch?: number;
  /**
   * How soon it looks again after it was notified, for what an open transaction still held up, and how often while it
   * cannot be notified; by default each second. In between it looks ever more rarely, up to every eight times that.
   */
  readonly everyMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Subscription extends AsyncDisposable {
  /** Degraded while events are not handled, and says since when. */
  readonly health: HealthCheck;
}

const pauses = { minMs: 250, maxMs: 30_000 };
/** A transaction that holds up what comes after it is over long before. */
const restsAtMost = 8;
/** An idle subscription stores how far it has looked after so many transactions: it would have to pass over them again. */
const storesAfterTransactions = 10_000n;

/**
 * Follows what happens, over all tenants, from the checkpoint on; resolves when the subscription exists. Several
 * processes may: each batch is handled by one of them. An event is delivered once no transaction is under way that could
 * come before it, so none is missed however late it is committed; a transaction that stays open for long holds up every
 * subscription.
 */
export async function subscribe(options: SubscriptionOptions): Promise<Subscription> {
  const { database, name, clock, logger, everyMs = 1_000 } = options;
  await database.acrossTenants((transaction) => create(transaction, options));
  const stop = new AbortController();
  let wake = new AbortController();
  let restMs = everyMs;
  let isConnected = false;
  const lookAtOnce = (): void => {
    restMs = everyMs;
    wake.abort();
  };
  const listening = await database.listen(eventChannel, {
    notified: lookAtOnce,
    connected: () => {
      isConnected = true;
      lookAtOnce();
    },
    disconnected: () => {
      isConnected = false;
      lookAtOnce();
    },
  });
  const interruption = new Interruption(pauses, clock);
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      wake = new AbortController();
      let waitMs = isConnected ? restMs : everyMs;
      try {
        if (await handleNext(options)) waitMs = 0;
        else restMs = Math.min(restMs * 2, everyMs * restsAtMost);
        interruption.over();
      } catch (error) {
        waitMs = interruption.failed();
        wake = new AbortController();
        logger.error({ err: error, subscription: name }, 'could not handle events; tried again');
      }
      if (waitMs > 0) await pause(waitMs, clock, AbortSignal.any([stop.signal, wake.signal]));
    }
  };
  const following = follow();
  return {
    health: interruption.health,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      await listening[Symbol.asyncDispose]();
    },
  };
}

async function create(transaction: Transaction, { name, lanes = 1, from }: SubscriptionOptions): Promise<void> {
  // Committed before its snapshot was taken: everything below its beginning.
  await transaction.query(
    `insert into event_subscription (name, lane, lanes, transaction, position)
       select $1, lane, $2::int, case $3 when 'now' then pg_snapshot_xmin(pg_current_snapshot())::text::bigint else 0 end, 0
         from generate_series(0, $2::int - 1) as lane
         where not exists (select from event_subscription where name = $1)
       on conflict (name, lane) do nothing`,
    [name, lanes, from],
  );
}

interface Lane {
  readonly lane: number;
  readonly lanes: number;
  readonly transaction: string;
  readonly position: string;
}

/** One batch of each lane that nobody else works in. @returns whether there may be more */
async function handleNext(options: SubscriptionOptions): Promise<boolean> {
  const { database, name } = options;
  const passed: number[] = [];
  let more = false;
  let fault: { readonly error: unknown } | undefined;
  for (;;) {
    let lane: Lane | undefined;
    try {
      const handled = await database.acrossTenants(async (transaction) => {
        const { rows } = await transaction.query<Lane>(
          `select lane, lanes, transaction, position from event_subscription where name = $1 and lane <> all($2)
             order by updated_at limit 1 for update skip locked`,
          [name, passed],
        );
        lane = rows[0];
        return lane ? handleBatch(options, transaction, lane) : false;
      });
      more ||= handled;
    } catch (error) {
      // The other lanes go on.
      if (!lane) throw error;
      fault = { error };
    }
    if (!lane) break;
    passed.push(lane.lane);
  }
  if (fault) throw fault.error;
  return more;
}

/**
 * Handles the next batch of a subscription with one lane in the caller's transaction, which then holds its checkpoint: nobody
 * else handles anything of it until that has ended. @returns whether there may be more
 */
export async function handleWithin(transaction: Transaction, options: HandledEvents): Promise<boolean> {
  const { rows } = await transaction.query<Lane>(
    'select lane, lanes, transaction, position from event_subscription where name = $1 for update',
    [options.name],
  );
  return rows[0] ? handleBatch(options, transaction, rows[0]) : false;
}

type HandledEvents = Pick<SubscriptionOptions, 'name' | 'handle' | 'types' | 'batch'>;

async function handleBatch(options: HandledEvents, transaction: Transaction, lane: Lane): Promise<boolean> {
  const { batch = 100, types, name } = options;
  const [, { rows }] = await Promise.all([
    transaction.query(`set local enable_sort = off; ${planning('off')}`),
    transaction.query<Partial<EventRow> & { readonly horizon: string }>({
      name: 'next-events',
      text: nextEvents,
      values: [lane.transaction, lane.position, types ?? null, lane.lanes, lane.lane, batch],
    }),
    transaction.query(`set local enable_sort = on; ${planning('on')}`),
  ]);
  const events = rows.flatMap((row) => (isEvent(row) ? [recorded(row)] : []));
  const last = events.at(-1);
  if (events.length > 0) await options.handle(transaction, events);
  const isFull = events.length === batch;
  const horizon = rows[0]?.horizon ?? '0';
  // Without more events there are none below the horizon.
  const next = isFull && last ? last.place : { transaction: horizon, position: '0' };
  if (events.length > 0 || BigInt(horizon) - BigInt(lane.transaction) > storesAfterTransactions)
    await transaction.query(
      `update event_subscription set transaction = $3, position = $4, updated_at = clock_timestamp()
         where name = $1 and lane = $2`,
      [name, lane.lane, next.transaction, next.position],
    );
  return isFull;
}

const isEvent = (row: Partial<EventRow>): row is EventRow => typeof row.id === 'string';

/**
 * Events are read by the index of their order, which stops after a batch. The planner does not know that neither row-level
 * security nor lanes hide most of them, and would read and sort all that are still to come, for each batch.
 */
const planning = (allowed: 'on' | 'off'): string =>
  `set local enable_seqscan = ${allowed}; set local enable_bitmapscan = ${allowed}`;

/**
 * The lane of a tenant is taken from a digest that is the same in every version of PostgreSQL. An event belongs to the
 * checkpoint's past only if its transaction had ended when that was stored, so those at the horizon are still to come.
 */
const nextEvents = `with horizon as materialized (
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as transaction)
  select horizon.transaction::text as horizon, next.*
    from horizon left join lateral (
      select ${eventColumns} from event
        where transaction < horizon.transaction and (transaction, position) > ($1::bigint, $2::bigint)
          and ($3::text[] is null or type = any($3))
          and get_byte(sha256(convert_to(tenant_id, 'UTF8')), 0) % $4::int = $5::int
        order by transaction, position limit $6) as next on true
    order by next.transaction, next.position`;
