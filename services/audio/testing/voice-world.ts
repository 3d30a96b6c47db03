import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Silence, VoiceEvent } from '#tenants/instance-protocol/voice-events.ts';
import type { VoiceLookup } from '#test/sandbox/lavalink/index.ts';
import type { GuildKey } from '../src/application/ports.ts';
import type { VoiceLink } from '../src/infrastructure/voice-gateway.ts';

interface Connection {
  readonly guildKey: GuildKey;
  readonly userId: Snowflake;
  readonly channelId: Snowflake;
  readonly sessionId: string;
  readonly token: string;
  readonly endpoint: string;
}

/**
 * Discord's voice side as passed on by discord-edge: who is where, with which credentials, and a stream of it. The
 * sandbox's Lavalink asks it whether credentials are valid, so wrong ones are noticed.
 */
export class VoiceWorld implements VoiceLink {
  readonly #bots: ReadonlyMap<TenantId, Snowflake>;
  readonly #connections = new Map<string, Connection>();
  readonly #followers = new Set<{ push: (event: VoiceEvent) => void; end: () => void }>();
  readonly #listeners = new Map<
    Snowflake,
    { readonly listeners: number; readonly listenerIds?: string[]; readonly deafIds?: string[] }
  >();
  readonly full = new Set<Snowflake>();
  /** With what the edge refuses to let the bot in. */
  readonly refusing = new Map<Snowflake, string>();
  readonly #silenced = new Map<Snowflake, Silence>();
  /** Called for each change, as the sandbox's Lavalink expects. */
  changed: (userId: string, guildId: string) => void = () => undefined;
  /** Of the voice servers that are named from now on. */
  region = 'voice-';
  sent: { guildKey: GuildKey; channel: Snowflake | null }[] = [];
  #count = 0;

  constructor(bots: ReadonlyMap<TenantId, Snowflake>) {
    this.#bots = bots;
  }

  readonly lookup: VoiceLookup = (userId, guildId) =>
    [...this.#connections.values()].find((known) => known.userId === userId && known.guildKey.guild === guildId);

  async send(guildKey: GuildKey, channel: Snowflake | null): Promise<void> {
    this.sent.push({ guildKey, channel });
    const code = channel === null ? undefined : this.refusing.get(channel);
    if (code !== undefined) throw callerFault(code, 'The bot cannot join.', 409);
    if (channel === null) return this.#leave(guildKey);
    if (!this.full.has(channel)) this.move(guildKey, channel);
  }

  where(guildKey: GuildKey): Snowflake | undefined {
    return this.#connections.get(keyOf(guildKey))?.channelId;
  }

  /** People in a channel besides the bot, or how many, one by default; and which of them are deafened. */
  setListeners(channel: Snowflake, people: number | readonly string[], deaf: readonly string[] = []): void {
    const told =
      typeof people === 'number' ? { listeners: people } : { listeners: people.length, listenerIds: [...people] };
    this.#listeners.set(channel, { ...told, ...(deaf.length > 0 ? { deafIds: [...deaf] } : {}) });
    for (const connection of this.#connections.values()) if (connection.channelId === channel) this.#tell(connection);
  }

  /** Whether the bot may be heard in a channel. */
  setSilenced(channel: Snowflake, why: Silence | undefined): void {
    if (why) this.#silenced.set(channel, why);
    else this.#silenced.delete(channel);
    for (const connection of this.#connections.values()) if (connection.channelId === channel) this.#tell(connection);
  }

  /** Discord names another voice server, and with it repeats the bot's state, before or after, or does not. */
  changeServer(guildKey: GuildKey, state: 'before' | 'after' | 'none'): void {
    const before = this.#connections.get(keyOf(guildKey));
    if (!before) throw new Error('the bot is not in voice');
    this.#count += 1;
    const token = `voice-token-${this.#count}`;
    const endpoint = `voice-${this.#count}.sandbox.test:443`;
    const connection: Connection = { ...before, token, endpoint };
    this.#connections.set(keyOf(guildKey), connection);
    if (state === 'before') this.#tell(connection);
    this.#push({ kind: 'server', ...guildKey, token, endpoint });
    if (state === 'after') this.#tell(connection);
    this.changed(connection.userId, guildKey.guild);
  }

  /** Somebody drags the bot into a channel, and Discord has not named a voice server for it yet. */
  enter(guildKey: GuildKey, channel: Snowflake): void {
    const before = this.#connections.get(keyOf(guildKey));
    if (!before) throw new Error('the bot is not in voice');
    const connection: Connection = { ...before, channelId: channel };
    this.#connections.set(keyOf(guildKey), connection);
    this.#tell(connection);
    this.changed(connection.userId, guildKey.guild);
  }

  /** Somebody drags the bot into a channel, or Discord has let it in. */
  move(guildKey: GuildKey, channel: Snowflake): void {
    const userId = this.#bots.get(guildKey.tenant);
    if (!userId) throw new Error('this tenant has no bot');
    this.#count += 1;
    const before = this.#connections.get(keyOf(guildKey));
    const connection: Connection = {
      guildKey,
      userId,
      channelId: channel,
      sessionId: before?.sessionId ?? `voice-session-${this.#count}`,
      token: `voice-token-${this.#count}`,
      endpoint: `${this.region}${this.#count}.sandbox.test:443`,
    };
    this.#connections.set(keyOf(guildKey), connection);
    this.#tell(connection);
    const { token, endpoint } = connection;
    this.#push({ kind: 'server', ...guildKey, token, endpoint });
    this.changed(userId, guildKey.guild);
  }

  kick(guildKey: GuildKey): void {
    this.#leave(guildKey);
  }

  deleteChannel(guildKey: GuildKey): void {
    this.#leave(guildKey, { deleted: true });
  }

  /** Discord's session was lost: the bot is nowhere, and no dispatch says so. */
  forget(guildKey: GuildKey): void {
    const connection = this.#connections.get(keyOf(guildKey));
    this.#connections.delete(keyOf(guildKey));
    if (connection) this.changed(connection.userId, guildKey.guild);
  }

  /** Discord started a new session, which is in no channel. */
  beginAnew(guildKey: GuildKey): void {
    this.#leave(guildKey, { lost: true });
  }

  dropStreams(): void {
    for (const follower of this.#followers) follower.end();
  }

  async *follow(signal: AbortSignal): AsyncGenerator<unknown> {
    const waiting: VoiceEvent[] = [];
    let wake: () => void = () => undefined;
    const state = { over: false };
    const follower = {
      push(event: VoiceEvent) {
        waiting.push(event);
        wake();
      },
      end() {
        state.over = true;
        wake();
      },
    };
    for (const connection of this.#connections.values()) waiting.push(...this.#snapshot(connection));
    waiting.push({ kind: 'current' });
    this.#followers.add(follower);
    signal.addEventListener('abort', follower.end);
    try {
      while (!state.over) {
        yield* waiting.splice(0);
        if (waiting.length === 0 && !state.over) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#followers.delete(follower);
    }
  }

  get followers(): number {
    return this.#followers.size;
  }

  #leave(guildKey: GuildKey, absence: { lost?: true; deleted?: true } = {}): void {
    const connection = this.#connections.get(keyOf(guildKey));
    if (!connection) return;
    this.#connections.delete(keyOf(guildKey));
    const { userId, sessionId } = connection;
    this.#push({ kind: 'state', ...guildKey, userId, channelId: null, sessionId, listeners: 0, ...absence });
    this.changed(userId, guildKey.guild);
  }

  #tell(connection: Connection): void {
    const [state] = this.#snapshot(connection);
    if (state) this.#push(state);
  }

  #snapshot({ guildKey, userId, channelId, sessionId, token, endpoint }: Connection): VoiceEvent[] {
    const people = this.#listeners.get(channelId) ?? { listeners: 1 };
    const why = this.#silenced.get(channelId);
    const silenced = why ? { silenced: why } : {};
    return [
      { kind: 'state', ...guildKey, userId, channelId, sessionId, ...people, ...silenced },
      { kind: 'server', ...guildKey, token, endpoint },
    ];
  }

  #push(event: VoiceEvent): void {
    for (const follower of this.#followers) follower.push(event);
  }
}

const keyOf = (guildKey: GuildKey) => `${guildKey.tenant}/${guildKey.guild}`;
