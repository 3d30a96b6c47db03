import type { Clock } from '#infra/kernel/clock.ts';
import { upstreamFault } from '#infra/kernel/errors.ts';
import { isTenantId, snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { voiceEventSchema, type VoiceEvent } from '#tenants/instance-protocol/voice-events.ts';
import type { Place, VoiceChange, VoiceGateway, VoiceState } from '../application/ports.ts';

/** The way to discord-edge. */
export interface VoiceLink {
  /** `POST /v1/tenants/:tenant/guilds/:guild/voice`; rejects with what the edge answers. */
  send(place: Place, channel: Snowflake | null): Promise<void>;
  /** `GET /v1/voice-events`; ends or throws when the connection does. */
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
  readonly place: Place;
  readonly state: VoiceState | undefined;
  /** What Discord named last; it comes before or after the state. */
  readonly server: VoiceState['server'];
}

interface Waiting {
  readonly key: string;
  readonly channel: Snowflake;
  readonly resolve: (state: VoiceState) => void;
}

/** A full or hidden channel is answered with silence: so long is waited for Discord. */
const joinTimeoutMs = 5_000;
/**
 * What the edge no longer tells of after its stream broke is lost only after so long: an edge that starts tells late.
 */
const lostGraceMs = 10_000;
const firstRetryMs = 250;
const longestRetryMs = 2_000;
/** Voice connections that one process keeps in mind. */
const knownLimit = 20_000;

/** The bots' voice connections as discord-edge streams them; the stream is followed until disposed, with backoff. */
export class EdgeVoiceGateway implements VoiceGateway, AsyncDisposable {
  readonly #options: VoiceGatewayOptions;
  readonly #known = new Map<string, Known>();
  readonly #botUsers = new Map<TenantId, Snowflake>();
  readonly #waiting = new Set<Waiting>();
  readonly #abort = new AbortController();
  readonly #current = Promise.withResolvers<void>();
  readonly #following: Promise<void>;
  #connected = false;
  /** Told of since the stream was opened. */
  #seen = new Set<string>();
  #cancelLoss: () => void = () => undefined;

  constructor(options: VoiceGatewayOptions) {
    this.#options = options;
    this.#following = this.#follow();
  }

  /** False while the stream is broken: what is known may be late. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Resolves when the state of all tenants has been read for the first time. */
  get current(): Promise<void> {
    return this.#current.promise;
  }

  state(place: Place): VoiceState | undefined {
    return this.#known.get(keyOf(place))?.state;
  }

  botUser(tenant: TenantId): Snowflake | undefined {
    return this.#botUsers.get(tenant);
  }

  async join(place: Place, channel: Snowflake): Promise<VoiceState> {
    const key = keyOf(place);
    const known = this.#known.get(key)?.state;
    if (known?.channelId === channel && known.server) return known;
    const joined = Promise.withResolvers<VoiceState | undefined>();
    const waiting: Waiting = { key, channel, resolve: joined.resolve };
    this.#waiting.add(waiting);
    const cancel = this.#options.clock.after(joinTimeoutMs, () => joined.resolve(undefined));
    try {
      await this.#options.link.send(place, channel);
      const state = await joined.promise;
      if (state) return state;
    } finally {
      cancel();
      this.#waiting.delete(waiting);
    }
    // Discord may still let it in, late: then nobody would know of it.
    await this.#giveUp(place);
    throw upstreamFault(
      playerErrorCodes.voiceFull,
      'The bot cannot get into this voice channel: it is full, or the bot may not connect to it or see it.',
      undefined,
      409,
    );
  }

  async #giveUp(place: Place): Promise<void> {
    try {
      await this.leave(place);
    } catch (error) {
      this.#options.logger.warn({ err: error, ...place }, 'a voice connection could not be ended');
    }
  }

  async leave(place: Place): Promise<void> {
    await this.#options.link.send(place, null);
  }

  async discard(place: Place): Promise<void> {
    // Forgotten first: that the bot leaves now is not somebody's will that the music ends.
    this.#known.delete(keyOf(place));
    await this.#giveUp(place);
    this.#options.emit({ kind: 'lost', place, before: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#cancelLoss();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { link, logger } = this.#options;
    let retryMs = firstRetryMs;
    while (!this.#abort.signal.aborted) {
      try {
        this.#seen = new Set();
        for await (const line of link.follow(this.#abort.signal)) {
          this.#hear(line);
          retryMs = firstRetryMs;
        }
      } catch (error) {
        if (!this.#abort.signal.aborted) logger.warn({ err: error }, 'the stream of voice events broke');
      }
      this.#connected = false;
      await this.#pause(retryMs);
      retryMs = Math.min(longestRetryMs, retryMs * 2);
    }
  }

  async #pause(delayMs: number): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(delayMs, resolve);
      const aborted = () => {
        cancel();
        resolve();
      };
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  #hear(line: unknown): void {
    const parsed = voiceEventSchema.safeParse(line);
    if (!parsed.success) return this.#options.logger.warn('a voice event could not be read');
    const event = parsed.data;
    if (event.kind === 'current') return this.#becomeCurrent();
    const guild = snowflakeSchema.safeParse(event.guild);
    if (!isTenantId(event.tenant) || !guild.success) return this.#options.logger.warn('a voice event names nobody');
    const place = { tenant: event.tenant, guild: guild.data };
    if (event.kind === 'state') this.#hearState(place, event);
    else this.#hearServer(place, event);
  }

  #hearState(place: Place, event: Extract<VoiceEvent, { kind: 'state' }>): void {
    const userId = event.userId as Snowflake;
    this.#botUsers.set(place.tenant, userId);
    // Before `current` an absent channel is the same as no line at all: what was there is lost, not ended.
    if (event.channelId === null) {
      return this.#connected ? this.#forget(place, event.lost === true ? 'lost' : 'ended') : undefined;
    }
    const known = this.#known.get(keyOf(place));
    const state: VoiceState = {
      userId,
      channelId: event.channelId as Snowflake,
      sessionId: event.sessionId,
      listeners: event.listeners,
      listenerIds: event.listenerIds as readonly Snowflake[] | undefined,
      silenced: event.silenced,
      server: known?.server,
    };
    this.#learn(place, state, known?.server);
  }

  #hearServer(place: Place, event: Extract<VoiceEvent, { kind: 'server' }>): void {
    // Without an endpoint the voice server is away, and another one will be named (Discord: Voice Server Update).
    const server = event.endpoint === null ? undefined : { token: event.token, endpoint: event.endpoint };
    const state = this.#known.get(keyOf(place))?.state;
    this.#learn(place, state ? { ...state, server } : undefined, server);
  }

  #learn(place: Place, state: VoiceState | undefined, server: VoiceState['server']): void {
    const key = keyOf(place);
    const before = this.#known.get(key)?.state;
    if (!this.#known.has(key) && this.#known.size >= knownLimit)
      return this.#options.logger.error('too many voice connections');
    this.#known.set(key, { place, state, server });
    this.#seen.add(key);
    if (!state) return;
    this.#options.emit({ kind: 'state', place, state, before });
    if (!state.server) return;
    for (const waiting of this.#waiting) {
      if (waiting.key === key && waiting.channel === state.channelId) waiting.resolve(state);
    }
  }

  #forget(place: Place, kind: 'ended' | 'lost'): void {
    const key = keyOf(place);
    const before = this.#known.get(key)?.state;
    this.#known.delete(key);
    if (before || kind === 'lost') this.#options.emit({ kind, place, before });
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
    if (known && !this.#seen.has(key)) this.#forget(known.place, 'lost');
  }
}

const keyOf = (place: Place) => `${place.tenant}/${place.guild}`;
