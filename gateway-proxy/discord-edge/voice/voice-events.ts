import type { NdjsonWriter } from '#infra/http/ndjson.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { maxListenerIds, type VoiceEvent } from '#tenants/instance-protocol/voice-events.ts';
import type { Guild } from '../state/guild.ts';
import type { Dispatch, GuildBook } from '../state/guild-book.ts';
import { silenceOf } from '../state/permissions.ts';
import { rawList, text } from '../discord/raw.ts';

type VoiceState = Extract<VoiceEvent, { kind: 'state' }>;

/** Where the bots of all tenants are in voice, for the service that plays for them. */
export class VoiceEvents {
  readonly #listeners = new Set<NdjsonWriter>();
  readonly #tenants = new Map<TenantId, TenantVoice>();

  /** First the current state, then `current`, then each change. */
  attach(writer: NdjsonWriter): void {
    for (const voice of this.#tenants.values()) for (const event of voice.snapshot()) writer.send(event);
    writer.send({ kind: 'current' } satisfies VoiceEvent);
    this.#listeners.add(writer);
  }

  detach(writer: NdjsonWriter): void {
    this.#listeners.delete(writer);
  }

  get attached(): number {
    return this.#listeners.size;
  }

  /** The voice of one tenant's bot, as `book` knows it. */
  follow(tenant: TenantId, book: GuildBook): TenantVoice {
    const voice = new TenantVoice(tenant, book, (event) => {
      for (const writer of this.#listeners) writer.send(event);
    });
    this.#tenants.set(tenant, voice);
    return voice;
  }

  forget(tenant: TenantId): void {
    this.#tenants.get(tenant)?.ended();
    this.#tenants.delete(tenant);
  }

  /** Another edge tells of it from now on: nothing has changed for the bot. */
  passOn(tenant: TenantId): void {
    this.#tenants.delete(tenant);
  }

  close(): void {
    for (const writer of this.#listeners) writer.close();
    this.#listeners.clear();
  }
}

/** Dispatches that may change a bot's permissions in a channel. */
export const changesPermissions = (t: string): boolean => permissionChanges.has(t);
const permissionChanges: ReadonlySet<string> = new Set([
  'GUILD_ROLE_CREATE',
  'GUILD_ROLE_UPDATE',
  'GUILD_ROLE_DELETE',
  'GUILD_MEMBER_UPDATE',
  'CHANNEL_UPDATE',
]);

/** One bot's voice states by guild, compared with what was last reported. */
export class TenantVoice {
  readonly #tenant: TenantId;
  readonly #book: GuildBook;
  readonly #emit: (event: VoiceEvent) => void;
  readonly #told = new Map<string, VoiceState>();
  /** Guilds that the bot is leaving in order to rejoin. */
  readonly #entersAnew = new Set<string>();

  constructor(tenant: TenantId, book: GuildBook, emit: (event: VoiceEvent) => void) {
    this.#tenant = tenant;
    this.#book = book;
    this.#emit = emit;
  }

  /** The book was filled from an earlier edge's state: existing followers are told. */
  restored(): void {
    for (const event of this.snapshot()) this.#emit(event);
  }

  /** Called after the book has processed a dispatch. */
  dispatched({ t, d }: Dispatch): void {
    if (changesPermissions(t)) return this.#compareKnown(text(d['guild_id']));
    switch (t) {
      case 'VOICE_STATE_UPDATE':
        return this.#compare(text(d['guild_id']), d['user_id'] === this.#book.botUserId);
      case 'CHANNEL_DELETE':
        return this.#compareKnown(text(d['guild_id']));
      case 'VOICE_SERVER_UPDATE':
        return this.#server(text(d['guild_id']));
      case 'GUILD_CREATE':
        // A guild that arrives (again) without our voice state: a new session of the bot is in no channel.
        return this.#compare(text(d['id']), false, { lost: true });
      case 'GUILD_DELETE':
        if (d['unavailable'] !== true) this.#compare(text(d['id']), false);
        return;
      case 'READY':
        return this.#begun(new Set(rawList(d['guilds']).map((guild) => text(guild['id']))));
      default:
    }
  }

  /** The bot will leave voice in a guild without anybody's intent: whoever plays brings it in again. */
  entersAnew(guildId: string): void {
    if (this.#told.has(guildId)) this.#entersAnew.add(guildId);
  }

  /** The session has ended: Discord takes the bot out of every channel. */
  ended(): void {
    for (const state of this.#told.values()) if (state.channelId !== null) this.#emit(gone(state));
    this.#told.clear();
    this.#entersAnew.clear();
  }

  snapshot(): VoiceEvent[] {
    const events: VoiceEvent[] = [];
    for (const guild of this.#book.guilds()) {
      const state = this.#stateIn(guild);
      if (!state) continue;
      this.#told.set(guild.id, state);
      events.push(state, ...this.#serverOf(guild.id));
    }
    return events;
  }

  #compare(guildId: string | undefined, always: boolean, absence: { lost?: true } = {}): void {
    if (guildId === undefined) return;
    const guild = this.#book.guild(guildId);
    const before = this.#told.get(guildId);
    const now = guild && this.#stateIn(guild);
    if (now) {
      this.#told.set(guildId, now);
      if (always || JSON.stringify(before) !== JSON.stringify(now)) this.#emit(now);
      return;
    }
    this.#told.delete(guildId);
    const isLost = this.#entersAnew.delete(guildId) || absence.lost === true;
    if (!before) return;
    const isDeleted = guild !== undefined && !guild.channels.has(before.channelId ?? '');
    this.#emit({ ...gone(before), ...(isLost ? { lost: true } : isDeleted ? { deleted: true } : {}) });
  }

  /** The bot's permissions or a channel changed, which matters where it is in voice. */
  #compareKnown(guildId: string | undefined): void {
    if (guildId !== undefined && this.#told.has(guildId)) this.#compare(guildId, false);
  }

  #begun(announced: ReadonlySet<string | undefined>): void {
    for (const [guildId, state] of this.#told) {
      if (announced.has(guildId)) continue;
      this.#told.delete(guildId);
      this.#emit(gone(state));
    }
  }

  #server(guildId: string | undefined): void {
    if (guildId !== undefined) for (const event of this.#serverOf(guildId)) this.#emit(event);
  }

  #stateIn(guild: Guild): VoiceState | undefined {
    const userId = this.#book.botUserId;
    const state = userId === undefined ? undefined : guild.voiceStates.get(userId);
    const channelId = text(state?.['channel_id']);
    if (userId === undefined || channelId === undefined) return undefined;
    const listeners = guild.listenerIdsIn(channelId);
    const deaf = guild.deafIdsIn(channelId).slice(0, maxListenerIds);
    const silenced = silenceOf(guild, userId);
    return {
      kind: 'state',
      tenant: this.#tenant,
      guild: guild.id,
      userId,
      channelId,
      sessionId: text(state?.['session_id']) ?? '',
      listeners: listeners.length,
      ...(silenced === undefined ? {} : { silenced }),
      ...(listeners.length > maxListenerIds ? {} : { listenerIds: [...listeners] }),
      ...(deaf.length > 0 ? { deafIds: deaf } : {}),
    };
  }

  #serverOf(guild: string): VoiceEvent[] {
    const server = this.#book.voiceServer(guild);
    const token = text(server?.['token']);
    if (token === undefined) return [];
    return [{ kind: 'server', tenant: this.#tenant, guild, token, endpoint: text(server?.['endpoint']) ?? null }];
  }
}

/** Out of voice, with no listeners. */
function gone({ listenerIds: _nobody, deafIds: _deaf, silenced: _unheard, ...state }: VoiceState): VoiceState {
  return { ...state, channelId: null, listeners: 0 };
}
