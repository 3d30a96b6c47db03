import {
  channelFields,
  guildFields,
  memberFields,
  roleFields,
  threadFields,
  userFields,
  voiceStateFields,
} from './fields.ts';
import { isRaw, pick, rawList, text, type Raw } from '../discord/raw.ts';

/** Bounds above Discord's own (500 channels, 250 roles), in case Discord misbehaves. */
const most = { channels: 1_000, threads: 1_000, roles: 500, voiceStates: 5_000 } as const;

/** One guild as the edge knows it. */
export class Guild {
  readonly id: string;
  #fields: Raw;
  readonly channels = new Map<string, Raw>();
  readonly threads = new Map<string, Raw>();
  readonly roles = new Map<string, Raw>();
  /** The bot itself, and everybody seen in voice. */
  readonly members = new Map<string, Raw>();
  readonly voiceStates = new Map<string, Raw>();

  /** From GUILD_CREATE, or from the output of `payload`. */
  constructor(id: string, data: Raw) {
    this.id = id;
    this.#fields = pick(data, guildFields);
    for (const channel of rawList(data['channels'])) this.putChannel(channel);
    for (const thread of rawList(data['threads'])) this.putThread(thread);
    for (const role of rawList(data['roles'])) this.putRole(role);
    for (const member of rawList(data['members'])) this.putMember(member);
    for (const state of rawList(data['voice_states'])) this.putVoiceState(state);
  }

  get ownerId(): string | undefined {
    return text(this.#fields['owner_id']);
  }

  field(name: (typeof guildFields)[number]): unknown {
    return this.#fields[name];
  }

  update(data: Raw): void {
    this.#fields = { ...this.#fields, ...pick(data, guildFields) };
    if (Array.isArray(data['roles'])) {
      this.roles.clear();
      for (const role of rawList(data['roles'])) this.putRole(role);
    }
  }

  putChannel(channel: Raw): void {
    put(this.channels, channel['id'], { ...pick(channel, channelFields), guild_id: this.id }, most.channels);
  }

  putThread(thread: Raw): void {
    put(this.threads, thread['id'], { ...pick(thread, threadFields), guild_id: this.id }, most.threads);
  }

  putRole(role: Raw): void {
    put(this.roles, role['id'], pick(role, roleFields), most.roles);
  }

  putMember(member: Raw): void {
    const user = isRaw(member['user']) ? member['user'] : {};
    const kept = { ...pick(member, memberFields), user: pick(user, userFields) };
    put(this.members, user['id'], kept, most.voiceStates + 1);
  }

  /** A voice state without a channel removes its user's voice state. */
  putVoiceState(state: Raw): void {
    const user = text(state['user_id']);
    if (!user) return;
    if (state['channel_id'] === null || state['channel_id'] === undefined) {
      this.voiceStates.delete(user);
      return;
    }
    if (isRaw(state['member'])) this.putMember(state['member']);
    put(this.voiceStates, user, pick(state, voiceStateFields), most.voiceStates);
  }

  /** Where a user is in voice. */
  voiceChannelOf(user: string): string | null {
    return text(this.voiceStates.get(user)?.['channel_id']) ?? null;
  }

  /** Members in a voice channel, without bots. */
  listenersIn(channel: string): number {
    return this.listenerIdsIn(channel).length;
  }

  /** The same, by id. */
  listenerIdsIn(channel: string): readonly string[] {
    const listeners: string[] = [];
    for (const [user, state] of this.voiceStates) {
      if (state['channel_id'] === channel && !this.#isBot(user)) listeners.push(user);
    }
    return listeners;
  }

  /** Those of them who have deafened themselves, or were deafened: they hear nothing. */
  deafIdsIn(channel: string): readonly string[] {
    return this.listenerIdsIn(channel).filter((user) => {
      const state = this.voiceStates.get(user);
      return state?.['deaf'] === true || state?.['self_deaf'] === true;
    });
  }

  #isBot(user: string): boolean {
    const member = this.members.get(user);
    return isRaw(member?.['user']) && member['user']['bot'] === true;
  }

  /** As GUILD_CREATE would show it (Discord: Gateway Events, Guild Create). */
  payload(): Raw {
    return {
      ...this.#fields,
      unavailable: false,
      channels: [...this.channels.values()],
      threads: [...this.threads.values()],
      roles: [...this.roles.values()],
      members: [...this.members.values()],
      voice_states: [...this.voiceStates.values()],
      emojis: [],
      stickers: [],
      presences: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
    };
  }
}

function put(map: Map<string, Raw>, key: unknown, value: Raw, limit: number): void {
  const id = text(key);
  if (id !== undefined && (map.has(id) || map.size < limit)) map.set(id, value);
}
