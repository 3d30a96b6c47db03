import type { z } from 'zod';
import { followStream } from '#infra/http/follow-stream.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import { playerEventSchema, type Player, type PlayerEvent } from '#services/contracts/player.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { sessionStateSchema } from '#tenants/instance-protocol/session-state.ts';
import type { FeedSharing, SharedFeed } from './feed-sharing.ts';
import type { TenantEvent } from './tenant-events.ts';

type StateEvent = Extract<TenantEvent, { event: 'session' | 'instance' }>;
type StreamAddress = Pick<Parameters<Caller['stream']>[0], 'to' | 'method' | 'path'>;

interface Reading {
  /** For a stream that is starting: receives its lines. */
  readonly begin: () => (line: unknown) => void;
  readonly broken: () => void;
}

/**
 * The parts of the platform that are followed for everybody who watches a tenant: each by one stream, however many
 * watch.
 */
export interface TenantFeeds extends AsyncDisposable {
  /** Reports what is known at once, then each change; the returned function stops it. */
  follow(tenant: TenantId, listener: (event: TenantEvent) => void): () => void;
}

export interface TenantFeedsPorts {
  readonly caller: Pick<Caller, 'json' | 'stream'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** With other replicas, if Redis is configured. */
  readonly sharing?: FeedSharing | undefined;
}

const retry = { minMs: 200, maxMs: 2_000 };
/** A page that is reloaded finds the feed still there. */
const lingerMs = 5_000;

export function createTenantFeeds(ports: TenantFeedsPorts): TenantFeeds {
  const feeds = new Map<TenantId, Feed>();
  return {
    follow(tenant, listener) {
      const feed = feeds.get(tenant) ?? new Feed(tenant, ports, () => feeds.delete(tenant));
      feeds.set(tenant, feed);
      return feed.follow(listener);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...feeds.values()].map((feed) => feed.close()));
    },
  };
}

class Feed {
  readonly #tenant: TenantId;
  readonly #ports: TenantFeedsPorts;
  readonly #over: () => void;
  readonly #listeners = new Set<(event: TenantEvent) => void>();
  readonly #players = new Map<string, Extract<TenantEvent, { event: 'player' }>>();
  readonly #state = new Map<StateEvent['event'], StateEvent>();
  readonly #shared: SharedFeed | undefined;
  /** While this replica follows the parts itself. */
  #parts: { readonly abort: AbortController; readonly work: Promise<unknown> } | undefined;
  /** Of parts that are followed no more. */
  #ended: Promise<unknown> = Promise.resolve();
  #current = false;
  #cancelLinger: () => void = () => undefined;

  constructor(tenant: TenantId, ports: TenantFeedsPorts, over: () => void) {
    this.#tenant = tenant;
    this.#ports = ports;
    this.#over = over;
    this.#followParts(true);
    this.#shared = ports.sharing?.join(tenant, {
      followParts: (on) => this.#followParts(on),
      whole: () => this.#whole(),
      learn: (event) => this.#accept(event),
      learnWhole: (events) => this.#acceptWhole(events),
    });
  }

  #followParts(on: boolean): void {
    if (on === (this.#parts !== undefined)) return;
    if (this.#parts) {
      this.#parts.abort.abort();
      this.#ended = Promise.all([this.#ended, this.#parts.work]);
      this.#parts = undefined;
      return;
    }
    const tenant = this.#tenant;
    const abort = new AbortController();
    const { signal } = abort;
    const work = Promise.all([
      this.#followPlayers(addressOf('audio', 'GET /v1/tenants/:tenant/player-events', { tenant }), signal),
      this.#followState(
        'session',
        addressOf('discord-edge', 'GET /v1/tenants/:tenant/session/events', { tenant }),
        sessionStateSchema,
        signal,
      ),
      this.#followState(
        'instance',
        addressOf('supervisor', 'GET /v1/tenants/:tenant/instance/events', { tenant }),
        instanceStateSchema,
        signal,
      ),
    ]);
    this.#parts = { abort, work };
  }

  #whole(): TenantEvent[] {
    return [...this.#state.values(), ...this.#players.values(), { event: 'players', data: { current: this.#current } }];
  }

  /** From another replica. */
  #accept(event: TenantEvent): void {
    if (event.event === 'player') this.#keep(event.data.player, event.data.cause, event.data.detail);
    else if (event.event === 'players') this.#setCurrent(event.data.current);
    else this.#learn(event);
  }

  #acceptWhole(events: readonly TenantEvent[]): void {
    const there = new Set(events.flatMap((each) => (each.event === 'player' ? [each.data.player.guild] : [])));
    for (const { data } of this.#players.values())
      if (!there.has(data.player.guild)) this.#keep(idle(data.player), 'snapshot');
    for (const event of events) this.#accept(event);
  }

  follow(listener: (event: TenantEvent) => void): () => void {
    this.#cancelLinger();
    this.#listeners.add(listener);
    for (const known of [...this.#state.values(), ...this.#players.values()]) listener(known);
    if (this.#current) listener({ event: 'players', data: { current: true } });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#cancelLinger = this.#ports.clock.after(lingerMs, () => void this.close());
    };
  }

  async close(): Promise<void> {
    this.#cancelLinger();
    this.#over();
    this.#shared?.leave();
    this.#followParts(false);
    await this.#ended;
  }

  #tell(event: TenantEvent): void {
    this.#shared?.tell(event);
    for (const listener of this.#listeners) listener(event);
  }

  #followPlayers(address: StreamAddress, signal: AbortSignal): Promise<void> {
    return this.#follow(address, signal, {
      begin: () => {
        const seen = new Set<string>();
        return (line) => this.#hear(playerEventSchema.parse(line), seen);
      },
      broken: () => this.#setCurrent(false),
    });
  }

  #followState(
    event: 'session' | 'instance',
    address: StreamAddress,
    schema: z.ZodType,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#follow(address, signal, {
      begin: () => (line) => this.#learn({ event, data: schema.parse(line) } as StateEvent),
      broken: () => this.#learn({ event, data: null }),
    });
  }

  /**
   * Follows one part of the platform for as long as somebody watches; a broken stream is restarted from the current
   * state.
   */
  #follow(address: StreamAddress, signal: AbortSignal, { begin, broken }: Reading): Promise<void> {
    const { caller, clock, logger } = this.#ports;
    let hear: (line: unknown) => void;
    return followStream({
      open: () => {
        hear = begin();
        return caller.stream({ ...address, signal });
      },
      handle: (line) => hear(line),
      lost: (error) => {
        if (error !== undefined)
          logger.info({ err: error, tenant: this.#tenant, to: address.to }, 'a followed stream broke');
        broken();
      },
      retry,
      clock,
      signal,
    });
  }

  #hear(event: PlayerEvent, seen: Set<string>): void {
    if (event.kind === 'current') {
      for (const [guild, { data }] of this.#players) if (!seen.has(guild)) this.#keep(idle(data.player), 'snapshot');
      return this.#setCurrent(true);
    }
    if (event.kind === 'settings') return;
    const { cause, player, detail } = event;
    seen.add(player.guild);
    this.#keep(player, cause, detail);
  }

  #keep(player: Player, cause: Extract<PlayerEvent, { kind: 'player' }>['cause'], detail?: string): void {
    const known = this.#players.get(player.guild);
    if (known && known.data.player.version > player.version) return;
    const event: TenantEvent = { event: 'player', data: { cause, player, ...(detail ? { detail } : {}) } };
    this.#players.set(player.guild, event);
    this.#tell(event);
  }

  #setCurrent(current: boolean): void {
    if (current === this.#current) return;
    this.#current = current;
    this.#tell({ event: 'players', data: { current } });
  }

  #learn(state: StateEvent): void {
    const known = this.#state.get(state.event);
    if (known && JSON.stringify(known.data) === JSON.stringify(state.data)) return;
    this.#state.set(state.event, state);
    this.#tell(state);
  }
}

/** A player that is no longer among the active ones: it plays nothing and is in no channel. */
const idle = (player: Player): Player => ({
  ...player,
  state: 'idle',
  current: null,
  positionMs: 0,
  voiceChannel: null,
  queue: [],
  queueLength: 0,
});
