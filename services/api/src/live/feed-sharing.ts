import { randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import type { FanOut, FanOutFollowing } from '#infra/streaming/fan-out.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { tenantEventSchema, type TenantEvent } from './tenant-events.ts';

/** What a replica of the api knows of a tenant, as far as others share it. */
export interface SharedStates {
  /** Whether to follow the parts of the platform, or to leave that to another replica. */
  followParts(on: boolean): void;
  /** All that is known. */
  whole(): readonly TenantEvent[];
  learn(event: TenantEvent): void;
  /** In place of what was known. */
  learnWhole(events: readonly TenantEvent[]): void;
}

/**
 * Has one replica of the api follow the parts of the platform for each tenant that is watched, and tell the others. Whoever
 * hears nothing for three seconds, or cannot use Redis, follows the parts itself, as without Redis.
 */
export interface FeedSharing extends AsyncDisposable {
  join(tenant: TenantId, states: SharedStates): SharedFeed;
}
export interface SharedFeed {
  /** Tells the others what was learned from a part, if this replica is the one that does. */
  tell(event: TenantEvent): void;
  leave(): void;
}

const statedForMs = 3_500;
const silentForMs = 3_000;
/** One snapshot answers all who ask within this time. */
const wholeEveryMs = 250;
/** Messages that may wait to be opened or sealed; with more, what is known is asked for again. */
const maxWaiting = 500;

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), by: z.string(), number: z.number(), event: tenantEventSchema }),
  z.object({ kind: z.literal('whole'), by: z.string(), number: z.number(), events: z.array(tenantEventSchema) }),
  z.object({ kind: z.literal('still'), by: z.string(), number: z.number() }),
  z.object({ kind: z.literal('ask'), by: z.string() }),
  z.object({ kind: z.literal('over'), by: z.string() }),
]);
type Message = z.infer<typeof messageSchema>;

interface Ports {
  readonly fanOut: FanOut;
  readonly counts: Pick<SharedCounts, 'exchange'>;
  readonly envelope: Pick<Envelope, 'seal' | 'open'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often replicas compare their ranks; by default each second. */
  readonly everyMs?: number;
}

export function createFeedSharing(ports: Ports): FeedSharing {
  const { fanOut, counts, clock, everyMs = 1_000 } = ports;
  const withdrawn = new Set<Promise<unknown>>();
  const joined = new Map<TenantId, Shared>();
  let isOver = false;
  let cancel: () => void = () => undefined;
  /** Each says its rank; the lowest follows the parts. */
  const compare = async (): Promise<void> => {
    const feeds = [...joined.values()];
    if (feeds.length > 0) {
      const stated = feeds.map(({ tenant, rank }) => ({ tenant, name: topicName, counts: [rank], forMs: statedForMs }));
      const others = await counts.exchange(stated).catch(() => undefined);
      for (const [index, feed] of feeds.entries())
        if (joined.get(feed.tenant) === feed) feed.compare(others?.[index]?.map(([rank = 0]) => rank));
    }
    if (!isOver) cancel = clock.after(everyMs, () => void compare());
  };
  void compare();
  return {
    join(tenant, states) {
      const shared = new Shared(tenant, states, ports);
      joined.set(tenant, shared);
      return {
        tell: (event) => shared.tell(event),
        leave() {
          shared.leave();
          if (joined.get(tenant) !== shared) return;
          joined.delete(tenant);
          // So that others need not wait until what it said has expired.
          const none = { tenant, name: topicName, counts: [], forMs: 1 };
          const withdrawing = counts
            .exchange([none])
            .catch(() => undefined)
            .finally(() => withdrawn.delete(withdrawing));
          withdrawn.add(withdrawing);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      cancel();
      await Promise.all(withdrawn);
      await fanOut[Symbol.asyncDispose]();
    },
  };
}

const topicName = 'live feed';
/** Under the platform's key, not the tenant's: nothing of it is stored, and sealing would bring a key back that a deletion destroys. */
const placeOf = (row: TenantId) => ({ tenant: 'platform', table: 'live_feed', column: 'message', row }) as const;

class Shared {
  readonly tenant: TenantId;
  readonly rank = randomInt(2 ** 31);
  readonly #by = randomUUID();
  readonly #states: SharedStates;
  readonly #ports: Ports;
  readonly #following: FanOutFollowing;
  #left = false;
  /** Of what is opened and sealed, so that it stays in order. */
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Whether this replica tells others, and what it has told last. */
  #leads = false;
  #told = 0;
  #wholeAtMs = Number.NEGATIVE_INFINITY;
  /** Whom this replica follows, as long as it has missed nothing. */
  #leader: { readonly by: string; number: number; heardAtMs: number } | undefined;

  constructor(tenant: TenantId, states: SharedStates, ports: Ports) {
    this.tenant = tenant;
    this.#states = states;
    this.#ports = ports;
    this.#following = ports.fanOut.follow(this.#topic, {
      heard: (bytes) => this.#inOrder(() => this.#open(bytes)),
      connected: () => undefined,
      disconnected: () => (this.#leader = undefined),
    });
  }

  get #topic() {
    return { tenant: this.tenant, name: topicName };
  }

  /** @param others the ranks of other replicas that watch the tenant; undefined: unknown */
  compare(others: readonly number[] | undefined): void {
    const leads = others !== undefined && others.length > 0 && others.every((rank) => this.rank <= rank);
    if (this.#leads && !leads) this.#send({ kind: 'over', by: this.#by });
    this.#leads = leads;
    if (leads) this.#send({ kind: 'still', by: this.#by, number: this.#told });
    if (leads || others === undefined || others.length === 0) this.#leader = undefined;
    else if (!this.#leader || this.#ports.clock.now() - this.#leader.heardAtMs > silentForMs) this.#ask();
    this.#states.followParts(this.#leader === undefined);
  }

  tell(event: TenantEvent): void {
    if (!this.#leads) return;
    this.#told += 1;
    this.#send({ kind: 'event', by: this.#by, number: this.#told, event });
  }

  leave(): void {
    if (this.#leads) this.#send({ kind: 'over', by: this.#by });
    this.#left = true;
    // The server forgets it with the connection.
    this.#following.leave().catch(() => undefined);
  }

  #ask(): void {
    this.#leader = undefined;
    this.#send({ kind: 'ask', by: this.#by });
  }

  #send(message: Message): void {
    this.#inOrder(async () => {
      const { envelope, fanOut } = this.#ports;
      const sealed = await envelope.seal(Buffer.from(JSON.stringify(message)), placeOf(this.tenant));
      await fanOut.publish(this.#topic, sealed);
    });
  }

  async #open(bytes: Uint8Array): Promise<void> {
    const opened = await this.#ports.envelope.open(bytes, placeOf(this.tenant));
    const message = messageSchema.parse(JSON.parse(Buffer.from(opened).toString()));
    if (message.by === this.#by || this.#left) return;
    if (!this.#leads) this.#hear(message);
    else if (message.kind === 'ask') this.#tellWhole();
  }

  #tellWhole(): void {
    const nowMs = this.#ports.clock.now();
    if (nowMs - this.#wholeAtMs < wholeEveryMs) return;
    this.#wholeAtMs = nowMs;
    this.#send({ kind: 'whole', by: this.#by, number: this.#told, events: [...this.#states.whole()] });
  }

  #hear(message: Message): void {
    const heardAtMs = this.#ports.clock.now();
    if (message.kind === 'ask') return;
    if (message.kind === 'over') return void (this.#leader?.by === message.by && this.#ask());
    const { by, number, kind } = message;
    if (kind === 'whole') {
      if (this.#leader) return;
      this.#states.learnWhole(message.events);
      this.#leader = { by, number, heardAtMs };
      return this.#states.followParts(false);
    }
    if (this.#leader?.by !== by) return;
    if (number !== this.#leader.number + (kind === 'event' ? 1 : 0)) return this.#ask();
    if (kind === 'event') this.#states.learn(message.event);
    this.#leader = { by, number, heardAtMs };
  }

  /** What cannot be sent or opened was missed by somebody, who notices by the numbers, or by the silence. */
  #inOrder(work: () => Promise<void>): void {
    if (this.#left) return;
    if (this.#waiting >= maxWaiting) return void (this.#leader = undefined);
    this.#waiting += 1;
    this.#work = this.#work
      .then(work)
      .catch((error: unknown) =>
        this.#ports.logger.debug({ err: error, tenant: this.tenant }, 'a live feed could not be shared'),
      )
      .finally(() => (this.#waiting -= 1));
  }
}
