import { Collection, type ClientOptions } from 'discord.js';
import { z } from 'zod';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { followStream } from '#infra/http/follow-stream.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { addressOf } from '#policies/addresses.ts';
import type { OpenSessionStatus } from '#tenants/instance-protocol/session-state.ts';
import { maxEnded, streamFrameSchema, type StreamFrame } from '#tenants/instance-protocol/stream-frames.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { Requested } from '../application/requested.ts';
import type { HeldTransactions } from './held-transactions.ts';
import type { ProxyClient } from './proxy-client.ts';

const ackEveryMs = 1_000;
const maxRememberedInteractions = 2_000;
const interactionLifeMs = 15 * 60_000;
const presenceUpdate = 3;
/** Of messages, a bot gets only requests. */
const requestEvent = 'MESSAGE_CREATE';
/** It concerns the edge's connection; of one that discord.js would have resumed itself, there is none here. */
const resumedEvent = 'RESUMED';

/** The version of @discordjs/ws that discord.js itself uses. */
type BuildStrategy = NonNullable<NonNullable<ClientOptions['ws']>['buildStrategy']>;
type Manager = Parameters<BuildStrategy>[0];
type Statuses = Awaited<ReturnType<ReturnType<BuildStrategy>['fetchStatus']>>;
type Dispatch = Extract<StreamFrame, { op: 'dispatch' }>;

/** The state of the bot's connection to Discord, for its supervisor. */
export interface StreamEvents {
  attached(): void;
  /** The edge's session with Discord. */
  session(status: OpenSessionStatus, reason: string | undefined): void;
  lost(error: unknown): void;
}

export interface DiscordStreamOptions {
  readonly proxy: ProxyClient;
  readonly tenant: string;
  readonly transactions: HeldTransactions;
  readonly events: StreamEvents;
  /** Somebody wrote below a message of the bot. */
  readonly talk: (talk: Omit<Extract<StreamFrame, { op: 'talk' }>, 'op'>) => void;
  /** Somebody wrote in a request channel. */
  readonly request: (requested: Requested) => void;
  readonly logger: BotLogger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Replaces a websocket to Discord: reads the session that discord-edge holds, so that a bot may restart without an
 * identify. After a reconnection the edge sends again what was not acknowledged; an interaction or a request that this
 * process already has is skipped.
 */
export function buildStreamStrategy(options: DiscordStreamOptions): BuildStrategy {
  const { proxy, tenant, events, logger, clock, signal } = options;
  return (manager) => {
    const acknowledgement = acknowledge(options);
    const isNew = createWitnessedFilter(clock);
    const handle = (value: unknown): void => {
      const parsed = streamFrameSchema.safeParse(value);
      if (!parsed.success) return logger.warn({}, 'unknown frame in the stream');
      const frame = parsed.data;
      switch (frame.op) {
        case 'attached':
          acknowledgement.restart();
          return events.attached();
        case 'talk':
          return options.talk(frame);
        case 'session':
          return events.session(frame.status, frame.reason);
        case 'dispatch':
          if (!isNew(frame)) acknowledgement.sentAgain(frame);
          else if (frame.t === requestEvent) request(frame, options);
          else if (frame.t !== resumedEvent) dispatch(manager, frame, options);
          return acknowledgement.upTo(frame.seq);
      }
    };
    const follow = () =>
      followStream({
        open: () =>
          proxy.stream({ ...addressOf('discord-edge', 'GET /v1/tenants/:tenant/gateway/stream', { tenant }), signal }),
        handle,
        lost: (error, retryInMs) => {
          logger.warn({ err: error, retryInMs }, 'the stream from discord-edge is interrupted');
          events.lost(error);
        },
        clock,
        signal,
      });
    return {
      spawn() {},
      connect() {
        void follow();
      },
      destroy() {},
      // Never called by discord.js, whose @discordjs/ws has a different version of Collection.
      fetchStatus: () => new Collection<number, never>() as unknown as Statuses,
      async send(_shard, payload) {
        if (payload.op !== presenceUpdate) {
          throw callerFault('discord.send-not-supported', 'A bot sends presence updates only; voice belongs to audio.');
        }
        await proxy.request({
          ...addressOf('discord-edge', 'POST /v1/tenants/:tenant/gateway/send', { tenant }),
          body: { op: payload.op, d: payload.d },
        });
      },
    };
  };
}

function dispatch(manager: Manager, frame: Dispatch, { transactions, logger }: DiscordStreamOptions): void {
  const data = { op: 0, s: frame.seq, t: frame.t, d: frame.d };
  const interaction = witnessedId(frame);
  if (interaction && frame.txn) transactions.keep(interaction, frame.txn);
  try {
    // discord.js's own classes accept what Discord sends without checking it; the names are those of
    // WebSocketShardEvents.
    const emit: (event: string, payload: object) => boolean = manager.emit.bind(manager as never);
    if (frame.t === 'READY') emit('ready', { data: frame.d, shardId: 0 });
    emit('dispatch', { data, shardId: 0 });
  } catch (error) {
    logger.error({ err: error, dispatch: frame.t }, 'could not handle a dispatch');
  }
}

/** As the edge reduces a message in a request channel. */
const requestSchema = z.object({
  id: snowflakeSchema,
  guild_id: snowflakeSchema,
  channel_id: snowflakeSchema,
  author: z.object({ id: snowflakeSchema }),
  content: z.string().min(1),
});

function request({ d, txn }: Dispatch, options: DiscordStreamOptions): void {
  const parsed = requestSchema.safeParse(d);
  if (!parsed.success || txn === undefined) return options.logger.warn({}, 'a request is invalid');
  const { id, guild_id: guild, channel_id: channel, author, content: query } = parsed.data;
  options.request({ id, guild, channel, user: author.id, query, transaction: txn });
}

/** Of an interaction or a request, which come with a transaction token. */
function witnessedId(frame: Dispatch): string | undefined {
  const isWitnessed = frame.t === 'INTERACTION_CREATE' || frame.t === requestEvent;
  if (!isWitnessed || typeof frame.d !== 'object' || frame.d === null) return undefined;
  return 'id' in frame.d && typeof frame.d.id === 'string' ? frame.d.id : undefined;
}

function createWitnessedFilter(clock: Clock): (frame: Dispatch) => boolean {
  const seen = new BoundedMap<string, true>(maxRememberedInteractions);
  return (frame) => {
    const id = witnessedId(frame);
    if (id === undefined) return true;
    if (seen.get(id, clock.now())) return false;
    seen.set(id, true, clock.now() + interactionLifeMs);
    return true;
  };
}

/** Acknowledges to the edge how far this bot is, at most once a second. */
function acknowledge({ proxy, tenant, transactions, clock, logger, signal }: DiscordStreamOptions) {
  const address = addressOf('discord-edge', 'POST /v1/tenants/:tenant/gateway/ack', { tenant });
  let highest = 0;
  let acknowledged = 0;
  /** Sent again by the edge, which has not been told that they have ended. */
  const again = new Set<string>();
  let scheduled = false;
  const send = async (): Promise<void> => {
    const seq = highest;
    const ended = [...again].filter((id) => transactions.hasEnded(id));
    try {
      if (seq !== acknowledged || ended.length > 0)
        await proxy.request({ ...address, body: { seq, ...(ended.length > 0 ? { ended } : {}) } });
      acknowledged = seq;
      for (const id of ended) again.delete(id);
    } catch (error) {
      logger.warn({ err: error }, 'could not acknowledge dispatches yet');
    }
  };
  const schedule = (): void => {
    if (scheduled || signal.aborted || (highest === acknowledged && again.size === 0)) return;
    scheduled = true;
    clock.after(ackEveryMs, () => {
      void send().finally(() => {
        scheduled = false;
        schedule();
      });
    });
  };
  return {
    /** The edge may have been restarted and have started counting again. */
    restart(): void {
      highest = 0;
      acknowledged = 0;
    },
    /** The edge has sent an interaction again that this process has already: it is told once that has ended. */
    sentAgain(frame: Dispatch): void {
      const id = witnessedId(frame);
      if (frame.t === requestEvent || id === undefined) return;
      again.add(id);
      const [oldest] = again;
      if (oldest !== undefined && again.size > maxEnded) again.delete(oldest);
      schedule();
    },
    upTo(seq: number): void {
      if (seq > highest) highest = seq;
      schedule();
    },
  };
}
