import { followStream } from '#infra/http/follow-stream.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { upstreamFault } from '#infra/kernel/errors.ts';
import { isTenantId, snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { voiceEventSchema, type VoiceEvent } from '#tenants/instance-protocol/voice-events.ts';
import type { GuildKey, VoiceChange, VoiceGateway, VoiceState } from '../application/ports.ts';

/** The path to discord-edge. */
export interface VoiceLink {
  /** `POST /v1/tenants/:tenant/guilds/:guild/voice`; rejects with the edge's error. */
  send(guildKey: GuildKey, channel: Snowflake | null): Promise<void>;
  /** The voice events of every edge; ends or throws when a connection does, or the edges have changed. */
  follow(signal: AbortSignal): AsyncIterable<unknown>;
}

export interface VoiceGatewayOptions {
  readonly link: VoiceLink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called in order, once the state is known here; must not throw. */
  readonly emit: (change: VoiceChange) => void;
}

interface Known {
  readonly guildKey: GuildKey;
  readonly state: VoiceState | undefined;
  /** What Discord named last; it arrives before or after the state. */
  readonly server: VoiceState['server'];
}

interface Waiting {
  readonly key: string;
  readonly channel: Snowflake;
  readonly resolve: (state: VoiceState) => void;
}

/** Discord silently ignores a full or hidden channel: this is how long to wait for it. */
const joinTimeoutMs = 5_000;
/**
 * A connection that the edge no longer reports after its stream broke counts as lost only after this long: a starting
 * edge reports late.
 */
const lostGraceMs = 10_000;
const retry = { minMs: 250, maxMs: 2_000 };
/** Voice connections that one process tracks. */
const knownLimit = 20_000;

/** The bots' voice connections as streamed by discord-edge; the stream is followed until disposed, with backoff. */
export class EdgeVoiceGateway implements VoiceGateway, AsyncDisposable {
  readonly #options: VoiceGatewayOptions;
  readonly #known = new Map<string, Known>();
  readonly #botUsers = new Map<TenantId, Snowflake>();
  readonly #waiting = new Set<Waiting>();
  readonly #abort = new AbortController();
  readonly #current = Promise.withResolvers<void>();
  readonly #following: Promise<void>;
  #connected = false;
  /** Reported since the stream was opened. */
  #seen = new Set<string>();
  #cancelLoss: () => void = () => undefined;

  constructor(options: VoiceGatewayOptions) {
    this.#options = options;
    this.#following = this.#follow();
  }

  /** False while the stream is broken: what is known may be outdated. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Resolves when the state of all tenants has been read for the first time. */
  get current(): Promise<void> {
    return this.#current.promise;
  }

  state(guildKey: GuildKey): VoiceState | undefined {
    return this.#known.get(keyOf(guildKey))?.state;
  }

  inVoice(): readonly GuildKey[] {
    return [...this.#known.values()].filter(({ state }) => state !== undefined).map(({ guildKey }) => guildKey);
  }

  botUser(tenant: TenantId): Snowflake | undefined {
    return this.#botUsers.get(tenant);
  }

  async join(guildKey: GuildKey, channel: Snowflake): Promise<VoiceState> {
    const key = keyOf(guildKey);
    const known = this.#known.get(key)?.state;
    if (known?.channelId === channel && known.server) return known;
    const joined = Promise.withResolvers<VoiceState | undefined>();
    const waiting: Waiting = { key, channel, resolve: joined.resolve };
    this.#waiting.add(waiting);
    const cancel = this.#options.clock.after(joinTimeoutMs, () => joined.resolve(undefined));
    try {
      await this.#options.link.send(guildKey, channel);
      const state = await joined.promise;
      if (state) return state;
    } finally {
      cancel();
      this.#waiting.delete(waiting);
    }
    // Discord may still let it in, late: then nobody would know of it. Where it was, music of others may wait.
    const isStillIn = this.#known.get(key)?.state !== undefined;
    await this.#sendBack(guildKey, isStillIn ? (known?.channelId ?? null) : null);
    throw upstreamFault(
      playerErrorCodes.voiceFull,
      'The bot cannot join this voice channel: it is full, or the bot lacks permission to see it or connect to it.',
      undefined,
      409,
    );
  }

  async #sendBack(guildKey: GuildKey, channel: Snowflake | null): Promise<void> {
    try {
      await this.#options.link.send(guildKey, channel);
    } catch (error) {
      this.#options.logger.warn({ err: error, ...guildKey }, 'could not take a voice connection back');
    }
  }

  async leave(guildKey: GuildKey): Promise<void> {
    await this.#options.link.send(guildKey, null);
  }

  async discard(guildKey: GuildKey): Promise<void> {
    // Forgotten first: that the bot leaves now does not mean that somebody ended the music.
    this.#known.delete(keyOf(guildKey));
    await this.#sendBack(guildKey, null);
    this.#options.emit({ kind: 'lost', guildKey, before: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#cancelLoss();
    await this.#following;
  }

  #follow(): Promise<void> {
    const { link, logger, clock } = this.#options;
    const { signal } = this.#abort;
    return followStream({
      open: () => {
        this.#seen = new Set();
        return link.follow(signal);
      },
      handle: (line) => this.#hear(line),
      lost: (error) => {
        if (error !== undefined) logger.warn({ err: error }, 'the stream of voice events broke');
        this.#connected = false;
      },
      retry,
      clock,
      signal,
    });
  }

  #hear(line: unknown): void {
    const parsed = voiceEventSchema.safeParse(line);
    if (!parsed.success) return this.#options.logger.warn('could not parse a voice event');
    const event = parsed.data;
    if (event.kind === 'current') return this.#becomeCurrent();
    const guild = snowflakeSchema.safeParse(event.guild);
    if (!isTenantId(event.tenant) || !guild.success)
      return this.#options.logger.warn('a voice event has an invalid tenant or guild');
    const guildKey = { tenant: event.tenant, guild: guild.data };
    if (event.kind === 'state') this.#hearState(guildKey, event);
    else this.#hearServer(guildKey, event);
  }

  #hearState(guildKey: GuildKey, event: Extract<VoiceEvent, { kind: 'state' }>): void {
    const userId = event.userId as Snowflake;
    this.#botUsers.set(guildKey.tenant, userId);
    // Before `current`, an absent channel is the same as no line at all: the connection was lost, not ended.
    if (event.channelId === null) {
      const { lost, deleted: isDeleted = false } = event;
      return this.#connected ? this.#forget(guildKey, lost === true ? 'lost' : 'ended', { isDeleted }) : undefined;
    }
    const known = this.#known.get(keyOf(guildKey));
    const state: VoiceState = {
      userId,
      channelId: event.channelId as Snowflake,
      sessionId: event.sessionId,
      listeners: event.listeners,
      listenerIds: event.listenerIds as readonly Snowflake[] | undefined,
      deafIds: event.deafIds as readonly Snowflake[] | undefined,
      silenced: event.silenced,
      server: known?.server,
    };
    this.#learn(guildKey, state, known?.server);
  }

  #hearServer(guildKey: GuildKey, event: Extract<VoiceEvent, { kind: 'server' }>): void {
    // Without an endpoint the voice server is unavailable, and another one will be named (Discord: Voice Server
    // Update).
    const server = event.endpoint === null ? undefined : { token: event.token, endpoint: event.endpoint };
    const state = this.#known.get(keyOf(guildKey))?.state;
    this.#learn(guildKey, state ? { ...state, server } : undefined, server);
  }

  #learn(guildKey: GuildKey, state: VoiceState | undefined, server: VoiceState['server']): void {
    const key = keyOf(guildKey);
    const before = this.#known.get(key)?.state;
    if (!this.#known.has(key) && this.#known.size >= knownLimit)
      return this.#options.logger.error('too many voice connections');
    this.#known.set(key, { guildKey, state, server });
    this.#seen.add(key);
    if (!state) return;
    this.#options.emit({ kind: 'state', guildKey, state, before });
    if (!state.server) return;
    for (const waiting of this.#waiting) {
      if (waiting.key === key && waiting.channel === state.channelId) waiting.resolve(state);
    }
  }

  #forget(guildKey: GuildKey, kind: 'ended' | 'lost', how: { readonly isDeleted?: boolean } = {}): void {
    const key = keyOf(guildKey);
    const before = this.#known.get(key)?.state;
    this.#known.delete(key);
    if (before || kind === 'lost') this.#options.emit({ kind, guildKey, before, ...how });
  }

  #becomeCurrent(): void {
    this.#connected = true;
    this.#current.resolve();
    this.#cancelLoss();
    const missing = [...this.#known.keys()].filter((key) => !this.#seen.has(key));
    if (missing.length === 0) return;
    this.#cancelLoss = this.#options.clock.after(lostGraceMs, () => {
      for (const key of missing) this.#lose(key);
    });
  }

  #lose(key: string): void {
    const known = this.#known.get(key);
    if (known && !this.#seen.has(key)) this.#forget(known.guildKey, 'lost');
  }
}

const keyOf = (guildKey: GuildKey) => `${guildKey.tenant}/${guildKey.guild}`;
