import type { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Caller } from '#security/identity/caller.ts';
import { playerEventSchema, type Player, type PlayerEvent } from '#services/contracts/player.ts';
import { instanceSchema, sessionSchema } from '../upstream.ts';

/** What happens with a tenant's bot. Each is the whole state of what it names, so that the latest is enough. */
export type TenantEvent =
  | { readonly event: 'player'; readonly data: Omit<Extract<PlayerEvent, { kind: 'player' }>, 'kind'> }
  | { readonly event: 'session'; readonly data: z.infer<typeof sessionSchema> | null }
  | { readonly event: 'instance'; readonly data: z.infer<typeof instanceSchema> | null }
  /** Whether players are known as they are now. */
  | { readonly event: 'players'; readonly data: { readonly current: boolean } };

/** What is followed for everybody who looks at a tenant: each part is asked once, however many look. */
export interface TenantFeeds extends AsyncDisposable {
  /** Tells what is known at once, then each change; the returned function ends it. */
  follow(tenant: TenantId, listener: (event: TenantEvent) => void): () => void;
}

export interface TenantFeedsPorts {
  readonly caller: Pick<Caller, 'json' | 'stream'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The edge and the supervisor tell when asked; within a second is what a person sees as at once. */
const lookEveryMs = 700;
const firstRetryMs = 200;
const longestRetryMs = 2_000;
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
  readonly #state = new Map<'session' | 'instance', TenantEvent>();
  readonly #abort = new AbortController();
  readonly #work: Promise<unknown>;
  #current = false;
  #cancelLinger: () => void = () => undefined;

  constructor(tenant: TenantId, ports: TenantFeedsPorts, over: () => void) {
    this.#tenant = tenant;
    this.#ports = ports;
    this.#over = over;
    this.#work = Promise.all([this.#followPlayers(), this.#look()]);
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
    this.#abort.abort();
    await this.#work;
  }

  #tell(event: TenantEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #followPlayers(): Promise<void> {
    const { caller, logger } = this.#ports;
    const { signal } = this.#abort;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      try {
        const path = `/v1/tenants/${this.#tenant}/player-events`;
        const seen = new Set<string>();
        for await (const line of caller.stream({ to: 'audio', method: 'GET', path, signal })) {
          retryMs = firstRetryMs;
          this.#hear(playerEventSchema.parse(line), seen);
        }
      } catch (error) {
        if (!signal.aborted) logger.info({ err: error, tenant: this.#tenant }, 'the stream of players broke');
      }
      this.#setCurrent(false);
      await this.#pause(retryMs);
      retryMs = Math.min(longestRetryMs, retryMs * 2);
    }
  }

  #hear(event: PlayerEvent, seen: Set<string>): void {
    if (event.kind === 'current') {
      for (const [guild, { data }] of this.#players) if (!seen.has(guild)) this.#keep(idle(data.player), 'snapshot');
      return this.#setCurrent(true);
    }
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

  async #look(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await Promise.all([
        this.#ask('session', 'discord-edge', sessionSchema),
        this.#ask('instance', 'supervisor', instanceSchema),
      ]);
      await this.#pause(lookEveryMs);
    }
  }

  async #ask<Schema extends typeof sessionSchema | typeof instanceSchema>(
    event: 'session' | 'instance',
    to: 'discord-edge' | 'supervisor',
    schema: Schema,
  ): Promise<void> {
    const { caller } = this.#ports;
    const { signal } = this.#abort;
    const path = `/v1/tenants/${this.#tenant}/${event}`;
    const data = await caller.json({ to, method: 'GET', path, signal }, schema).catch(() => null);
    if (signal.aborted) return;
    const known = this.#state.get(event);
    if (known && JSON.stringify(known.data) === JSON.stringify(data)) return;
    const told = { event, data } as TenantEvent;
    this.#state.set(event, told);
    this.#tell(told);
  }

  async #pause(delayMs: number): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#ports.clock.after(delayMs, resolve);
    const aborted = () => resolve();
    signal.addEventListener('abort', aborted, { once: true });
    await promise;
    cancel();
    signal.removeEventListener('abort', aborted);
  }
}

/** A player that is not among the active ones any more: it plays nothing and sits nowhere. */
const idle = (player: Player): Player => ({
  ...player,
  state: 'idle',
  current: null,
  positionMs: 0,
  voiceChannel: null,
  queue: [],
  queueLength: 0,
});
