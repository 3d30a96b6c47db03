import type { Clock } from '../clock.ts';
import { notFound } from './errors.ts';
import type { InteractionRecord } from './interactions.ts';
import { SnowflakeSource } from './snowflake.ts';
import type {
  Application,
  Channel,
  Guild,
  StoredCommand,
  StoredMessage,
  User,
  VoiceConnection,
  WorldEvent,
} from './types.ts';

type Listener = (event: WorldEvent) => void;

/**
 * The single state that every part of the sandbox shows or changes. The functions that change it are beside this file,
 * by topic; this class holds the state, looks things up in it, and notifies listeners of each change.
 */
export class World {
  readonly clock: Clock;
  readonly ids: SnowflakeSource;
  readonly users = new Map<string, User>();
  readonly applications = new Map<string, Application>();
  readonly guilds = new Map<string, Guild>();
  readonly commands = new Map<string, StoredCommand>();
  /** Messages by id, oldest first. */
  readonly messages = new Map<string, StoredMessage>();
  /** Not persisted: an interaction's token expires after 15 minutes anyway. */
  readonly interactions = new Map<string, InteractionRecord>();
  readonly voiceServers = new Map<string, { token: string; endpoint: string }>();
  /** The voice server sent to bots that join: host and port. */
  voiceEndpoint = 'voice.sandbox.invalid:443';
  readonly #listeners = new Set<Listener>();

  constructor(clock: Clock) {
    this.clock = clock;
    this.ids = new SnowflakeSource(clock);
  }

  /** Calls the listener on every change until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  user(id: string): User {
    const user = this.users.get(id);
    if (!user) throw notFound('user');
    return user;
  }

  application(id: string): Application {
    const application = this.applications.get(id);
    if (!application) throw notFound('application');
    return application;
  }

  guild(id: string): Guild {
    const guild = this.guilds.get(id);
    if (!guild) throw notFound('guild');
    return guild;
  }

  channel(id: string): { guild: Guild; channel: Channel } {
    for (const guild of this.guilds.values()) {
      const channel = guild.channels.find((candidate) => candidate.id === id);
      if (channel) return { guild, channel };
    }
    throw notFound('channel');
  }

  applicationByToken(token: string): Application | undefined {
    return [...this.applications.values()].find((application) => application.token === token);
  }

  applicationByBot(botUserId: string): Application | undefined {
    return [...this.applications.values()].find((application) => application.botUserId === botUserId);
  }

  applicationByName(name: string): Application | undefined {
    return [...this.applications.values()].find((application) => application.name === name);
  }

  guildByName(name: string): Guild | undefined {
    return [...this.guilds.values()].find((guild) => guild.name === name);
  }

  /** The guilds in which an application is installed. */
  guildsOf(applicationId: string): Guild[] {
    return [...this.guilds.values()].filter((guild) => guild.applications.includes(applicationId));
  }

  /**
   * What Discord last told a bot about its voice connection in a guild, or undefined if it is in no channel there.
   * `voice.connection` events report changes.
   */
  voiceConnection(botUserId: string, guildId: string): VoiceConnection | undefined {
    const guild = this.guilds.get(guildId);
    const state = guild?.voiceStates.find((candidate) => candidate.userId === botUserId);
    const server = this.voiceServers.get(`${guildId}/${botUserId}`);
    if (!state || !server) return undefined;
    return { channelId: state.channelId, sessionId: state.sessionId, ...server };
  }
}
