import { Guild } from './guild.ts';
import { isRaw, pick, rawList, text, type Raw } from '../discord/raw.ts';

/** A gateway dispatch: its name and its data. */
export interface Dispatch {
  readonly t: string;
  readonly d: Raw;
}

/** What a fresh bot, or a restarted edge, starts from. */
export interface BookDocument {
  readonly ready: Raw | null;
  readonly unavailable: readonly string[];
  readonly guilds: readonly Raw[];
  /** Last VOICE_SERVER_UPDATE by guild. */
  readonly voiceServers: Readonly<Record<string, Raw>>;
}

/** One gateway session without sharding holds at most 2,500 guilds (Discord: Gateway, Sharding). */
const mostGuilds = 2_500;

const readyFields = ['user', 'application', 'session_type', 'shard'] as const;

/**
 * What the edge knows of the guilds of one tenant's bot, kept current from its dispatches (Discord: Gateway Events). It
 * lets a bot restart without a new session, and tells which tenant a channel belongs to.
 */
export class GuildBook {
  #ready: Raw | null = null;
  readonly #guilds = new Map<string, Guild>();
  readonly #unavailable = new Set<string>();
  readonly #voiceServers = new Map<string, Raw>();
  /** Channels and threads by id. */
  readonly #guildOfChannel = new Map<string, string>();
  #changes = 0;

  /** Grows with every change; shows whether what was saved is current. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether a session has identified the bot. */
  get known(): boolean {
    return this.#ready !== null;
  }

  get guildCount(): number {
    return this.#guilds.size;
  }

  /** Guilds that are announced, or unavailable because of an outage at Discord. */
  get unavailableCount(): number {
    return this.#unavailable.size;
  }

  get botUserId(): string | undefined {
    const user = this.#ready?.['user'];
    return isRaw(user) ? text(user['id']) : undefined;
  }

  guilds(): IterableIterator<Guild> {
    return this.#guilds.values();
  }

  guild(id: string): Guild | undefined {
    return this.#guilds.get(id);
  }

  /**
   * Whether the bot is certainly not in this guild; false also if that is unknown, as before a session or during an
   * outage.
   */
  hasLeft(id: string): boolean {
    return this.known && !this.#guilds.has(id) && !this.#unavailable.has(id);
  }

  /** The guild of a channel or thread, among those of this tenant's bot. */
  guildOfChannel(channel: string): Guild | undefined {
    const id = this.#guildOfChannel.get(channel);
    return id === undefined ? undefined : this.#guilds.get(id);
  }

  voiceServer(guild: string): Raw | undefined {
    return this.#voiceServers.get(guild);
  }

  apply({ t, d }: Dispatch): void {
    const change = changes[t];
    if (!change) return;
    change(this, d);
    this.#changes += 1;
  }

  /** READY as an attaching bot gets it: every known guild is announced first and follows immediately. */
  readyPayload(): Raw {
    const ids = [...this.#guilds.keys(), ...this.#unavailable];
    return {
      v: 10,
      ...this.#ready,
      session_id: 'held-by-the-edge',
      resume_gateway_url: 'wss://gateway.discord.gg',
      guilds: ids.map((id) => ({ id, unavailable: true })),
    };
  }

  document(): BookDocument {
    return {
      ready: this.#ready,
      unavailable: [...this.#unavailable],
      guilds: [...this.#guilds.values()].map((guild) => guild.payload()),
      voiceServers: Object.fromEntries(this.#voiceServers),
    };
  }

  restore(document: BookDocument): void {
    this.clear();
    this.#ready = document.ready;
    for (const guild of document.guilds) this.putGuild(guild);
    for (const id of document.unavailable) this.#unavailable.add(id);
    for (const [guild, server] of Object.entries(document.voiceServers)) this.#voiceServers.set(guild, server);
  }

  clear(): void {
    this.#ready = null;
    this.#guilds.clear();
    this.#unavailable.clear();
    this.#voiceServers.clear();
    this.#guildOfChannel.clear();
    this.#changes += 1;
  }

  /** A new session: guilds that are no longer announced are gone, the others come again. */
  begin(data: Raw): void {
    this.clear();
    this.#ready = pick(data, readyFields);
    for (const guild of rawList(data['guilds'])) {
      const id = text(guild['id']);
      if (id !== undefined && this.#unavailable.size < mostGuilds) this.#unavailable.add(id);
    }
  }

  putGuild(data: Raw): void {
    const id = text(data['id']);
    if (id === undefined || (!this.#guilds.has(id) && this.#guilds.size >= mostGuilds)) return;
    this.#unavailable.delete(id);
    this.#forgetChannels(id);
    const guild = new Guild(id, data);
    this.#guilds.set(id, guild);
    for (const channel of [...guild.channels.keys(), ...guild.threads.keys()]) this.#guildOfChannel.set(channel, id);
  }

  /** Left, or removed by an outage at Discord (`unavailable`), after which it returns. */
  dropGuild(data: Raw): void {
    const id = text(data['id']);
    if (id === undefined) return;
    this.#forgetChannels(id);
    this.#guilds.delete(id);
    this.#voiceServers.delete(id);
    if (data['unavailable'] === true) this.#unavailable.add(id);
    else this.#unavailable.delete(id);
  }

  putChannel(data: Raw, kind: 'channel' | 'thread'): void {
    const guild = this.#guildIn(data);
    const id = text(data['id']);
    if (!guild || id === undefined) return;
    if (kind === 'channel') guild.putChannel(data);
    else guild.putThread(data);
    if (guild.channels.has(id) || guild.threads.has(id)) this.#guildOfChannel.set(id, guild.id);
  }

  dropChannel(data: Raw): void {
    const guild = this.#guildIn(data);
    const id = text(data['id']);
    if (!guild || id === undefined) return;
    guild.channels.delete(id);
    guild.threads.delete(id);
    this.#guildOfChannel.delete(id);
    // Nobody is in it any more; that Discord says so for each of them may take a moment.
    for (const [user, state] of guild.voiceStates)
      if (state['channel_id'] === id)
        this.putVoiceState({ ...state, guild_id: guild.id, user_id: user, channel_id: null });
  }

  putRole(data: Raw): void {
    if (isRaw(data['role'])) this.#guildIn(data)?.putRole(data['role']);
  }

  dropRole(data: Raw): void {
    this.#guildIn(data)?.roles.delete(text(data['role_id']) ?? '');
  }

  updateMember(data: Raw): void {
    const guild = this.#guildIn(data);
    const user = isRaw(data['user']) ? text(data['user']['id']) : undefined;
    if (guild && user !== undefined && guild.members.has(user)) guild.putMember(data);
  }

  putVoiceState(data: Raw): void {
    const guild = this.#guildIn(data);
    const user = text(data['user_id']);
    if (!guild || user === undefined) return;
    guild.putVoiceState(data);
    if (guild.voiceStates.has(user)) return;
    if (user === this.botUserId) this.#voiceServers.delete(guild.id);
    else guild.members.delete(user);
  }

  putVoiceServer(data: Raw): void {
    const guild = this.#guildIn(data);
    if (guild) this.#voiceServers.set(guild.id, pick(data, ['guild_id', 'token', 'endpoint']));
  }

  #guildIn(data: Raw): Guild | undefined {
    return this.#guilds.get(text(data['guild_id']) ?? '');
  }

  #forgetChannels(guildId: string): void {
    const guild = this.#guilds.get(guildId);
    if (!guild) return;
    for (const channel of [...guild.channels.keys(), ...guild.threads.keys()]) this.#guildOfChannel.delete(channel);
  }
}

/** Which dispatches change the book, and how. All others do not change it. */
const changes: Readonly<Record<string, (book: GuildBook, data: Raw) => void>> = {
  READY: (book, data) => book.begin(data),
  GUILD_CREATE: (book, data) => {
    if (data['unavailable'] !== true) book.putGuild(data);
  },
  GUILD_UPDATE: (book, data) => book.guild(text(data['id']) ?? '')?.update(data),
  GUILD_DELETE: (book, data) => book.dropGuild(data),
  CHANNEL_CREATE: (book, data) => book.putChannel(data, 'channel'),
  CHANNEL_UPDATE: (book, data) => book.putChannel(data, 'channel'),
  CHANNEL_DELETE: (book, data) => book.dropChannel(data),
  THREAD_CREATE: (book, data) => book.putChannel(data, 'thread'),
  THREAD_UPDATE: (book, data) => book.putChannel(data, 'thread'),
  THREAD_DELETE: (book, data) => book.dropChannel(data),
  GUILD_ROLE_CREATE: (book, data) => book.putRole(data),
  GUILD_ROLE_UPDATE: (book, data) => book.putRole(data),
  GUILD_ROLE_DELETE: (book, data) => book.dropRole(data),
  GUILD_MEMBER_UPDATE: (book, data) => book.updateMember(data),
  VOICE_STATE_UPDATE: (book, data) => book.putVoiceState(data),
  VOICE_SERVER_UPDATE: (book, data) => book.putVoiceServer(data),
};
