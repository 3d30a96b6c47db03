import { z } from 'zod';
import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { append, readStream, type Range } from './event-store.ts';
import type { EventCodec, EventTypes, StreamKey } from './event-types.ts';
import { eventsKeptDays } from './partitions.ts';
import { plainEvents } from './plain-events.ts';

type Schemas = Readonly<Record<string, z.ZodObject>>;

/** The events of an aggregate with these data. */
export type AggregateEvent<Events extends Schemas> = {
  readonly [Type in keyof Events & string]: { readonly type: Type; readonly data: z.output<Events[Type]> };
}[keyof Events & string];

/** The state after an event; null: there is none. */
type Evolve<Events extends Schemas, State> = (before: State | null, event: AggregateEvent<Events>) => State | null;

interface Told<Events extends Schemas, State> {
  readonly event: AggregateEvent<Events>;
  /** The state until then; null if there was none. */
  readonly before: State | null;
  /** Who caused it, as the audit log names them. */
  readonly by: string;
  readonly atMs: number;
}

/** The state at a moment, and the last change by then as far as it is kept. */
export interface Past<Events extends Schemas, State> {
  readonly state: State | null;
  readonly last: { readonly type: keyof Events & string; readonly by: string; readonly atMs: number } | null;
}

/**
 * An aggregate whose row in the database is the snapshot that is acted on, and whose life is one stream of each tenant. The
 * event is appended in the transaction that writes the row, and has the state before it. So the state at a moment is what
 * the event before or after it says, or the row if none is kept; no other is needed, whatever of them was dropped.
 *
 * For aggregates that change seldom and are small. Nothing of them is sealed.
 */
export class Aggregate<Events extends Schemas, State> {
  readonly #stream: string;
  readonly #evolve: Evolve<Events, State>;
  readonly #codec: EventCodec<EventTypes>;

  /** @param stream its name, of which each tenant has one */
  constructor(
    stream: string,
    { events, state, evolve }: { events: Events; state: z.ZodType<State>; evolve: Evolve<Events, State> },
  ) {
    this.#stream = stream;
    this.#evolve = evolve;
    const besides = { by: z.string(), before: state.nullable() };
    this.#codec = plainEvents<EventTypes>(
      Object.fromEntries(
        Object.entries(events).map(([type, data]) => [type, { schema: data.extend(besides), personal: [] }]),
      ),
    );
  }

  /**
   * In the transaction that writes the row.
   * @throws event.conflict (409): somebody else changes it at the same time
   */
  async tell(
    transaction: Transaction,
    tenant: TenantId,
    { event, before, by, atMs }: Told<Events, State>,
  ): Promise<void> {
    const stream = this.#of(tenant);
    const { rows } = await transaction.query<{ version: number }>(
      'select version from event_stream where tenant_id = $1 and stream = $2',
      [tenant, stream.stream],
    );
    await append(transaction, this.#codec, stream, {
      events: [{ type: event.type, data: { ...event.data, by, before } }],
      expected: rows[0]?.version ?? 0,
      atMs,
    });
  }

  /**
   * @param row the state now, read before this is called; it counts if no event is kept
   * @returns undefined if that is not known any more: something that is no longer kept may have happened since
   */
  async asOf(
    transaction: Transaction,
    tenant: TenantId,
    { atMs, nowMs, row }: { readonly atMs: number; readonly nowMs: number; readonly row: State | null },
  ): Promise<Past<Events, State> | undefined> {
    const before = { upToMs: atMs, limit: 1, newestFirst: true };
    const [[last], [next]] = [
      await this.events(transaction, tenant, before),
      await this.events(transaction, tenant, { fromMs: atMs + 1, limit: 1 }),
    ];
    // Partitions are dropped from the oldest on, so an event that is kept vouches for all after it.
    if (!last && atMs < nowMs - eventsKeptDays * dayMs) return undefined;
    return {
      state: next ? next.before : last ? this.#evolve(last.before, last.event) : row,
      last: last ? { type: last.event.type, by: last.by, atMs: last.atMs } : null,
    };
  }

  /** What has happened, in order. */
  async events(
    transaction: Transaction,
    tenant: TenantId,
    range: Range,
  ): Promise<(Told<Events, State> & { readonly version: number })[]> {
    const stream = this.#of(tenant);
    return Promise.all(
      (await readStream(transaction, stream, range)).map(async (stored) => {
        const { type, data } = await this.#codec.decode(stream, stored.id, stored);
        const { by, before, ...rest } = data as { by: string; before: State | null };
        const event = { type, data: rest } as unknown as AggregateEvent<Events>;
        return { event, before, by, atMs: stored.atMs, version: stored.version };
      }),
    );
  }

  readonly #of = (tenant: TenantId): StreamKey => ({ tenant, stream: this.#stream });
}

const dayMs = 24 * 60 * 60_000;
