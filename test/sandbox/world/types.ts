import type { Locale } from 'discord-api-types/v10';
import type { APIApplicationCommand, APIMessage } from 'discord-api-types/v10';

/** A person or a bot. */
export interface User {
  id: string;
  username: string;
  globalName: string | null;
  bot: boolean;
}

/** How much of Discord's daily allowance an application has used; `windowStartedAt` in Unix milliseconds. */
interface Allowance {
  windowStartedAt: number;
  used: number;
}

/** What a developer registers: the bot's account, its token, and where its interactions go. */
export interface Application {
  id: string;
  name: string;
  description: string;
  ownerId: string;
  botUserId: string;
  token: string;
  clientSecret: string;
  /** PKCS#8 PEM of the Ed25519 key that signs interactions delivered over HTTP. */
  signingKeyPem: string;
  /** The public half, 64 hexadecimal digits. */
  verifyKey: string;
  interactionsEndpointUrl: string | null;
  /** Application flags; bits 12 to 19 are the privileged intents (Discord: Application Flags). */
  flags: number;
  redirectUris: string[];
  identifies: Allowance;
  /** Commands created in the last day, by scope: a guild's id or 'global'. */
  commandCreates: Record<string, Allowance>;
}

/** A guild's role; the one with the guild's own id is @everyone. */
export interface Role {
  id: string;
  name: string;
  /** Bit set as a decimal string. */
  permissions: string;
  position: number;
  color: number;
  managed: boolean;
  /** Set on the role that Discord creates for an installed bot. */
  botUserId?: string;
}

/** How a role's or member's permissions differ in one channel. Bit sets as decimal strings. */
interface Overwrite {
  id: string;
  /** 0 role, 1 member. */
  type: 0 | 1;
  allow: string;
  deny: string;
}

/** A guild's channel, of any type that the sandbox supports. */
export interface Channel {
  id: string;
  guildId: string;
  name: string;
  /** 0 text, 2 voice, 4 category, 13 stage (Discord: Channel Types). */
  type: 0 | 2 | 4 | 13;
  position: number;
  topic: string | null;
  parentId: string | null;
  /** Maximum number of people in a voice channel; 0 means no limit. */
  userLimit: number;
  overwrites: Overwrite[];
  /** The status line shown under a voice channel. */
  status: string | null;
  lastMessageId: string | null;
}

/** A member of a guild, person or bot. */
export interface Member {
  userId: string;
  nick: string | null;
  roles: string[];
  /** ISO 8601. */
  joinedAt: string;
}

/** Somebody's presence in a voice channel. Absent for those who are in none. */
export interface VoiceState {
  userId: string;
  channelId: string;
  /** For a bot, the id of its gateway session. */
  sessionId: string;
  selfMute: boolean;
  selfDeaf: boolean;
  mute: boolean;
  deaf: boolean;
  /** In a stage: may not speak. */
  suppress: boolean;
  requestToSpeakAt: string | null;
}

/** A server with everything in it. */
export interface Guild {
  id: string;
  name: string;
  /** Its preferred language; American English if none is set. */
  locale?: Locale | undefined;
  ownerId: string;
  roles: Role[];
  channels: Channel[];
  members: Member[];
  voiceStates: VoiceState[];
  /** Ids of the applications installed here. */
  applications: string[];
}

/** A message as Discord would return it, with what only the sandbox needs. */
export interface StoredMessage {
  guildId: string;
  /** The only person who can see an ephemeral message. */
  ephemeralFor: string | null;
  message: APIMessage;
  /** Who has reacted with what: emoji, space, user. */
  reactedBy?: string[];
}

/** A command as Discord returns it; `guild_id` is absent on a global one. */
export type StoredCommand = APIApplicationCommand;

/** What the voice server of a guild was told about a bot, which Lavalink needs to connect. */
export interface VoiceConnection {
  channelId: string;
  sessionId: string;
  token: string;
  endpoint: string;
}

/** Everything that happens in the world, for the parts that show it: gateway, chat page, voice servers. */
export type WorldEvent =
  | { type: 'application.created' | 'application.updated' | 'application.token-reset'; applicationId: string }
  | { type: 'application.connected' | 'application.disconnected'; applicationId: string }
  | { type: 'application.installed' | 'application.removed'; applicationId: string; guildId: string }
  | { type: 'guild.created'; guildId: string }
  | { type: 'channel.created' | 'channel.updated'; guildId: string; channelId: string }
  | { type: 'channel.deleted'; guildId: string; channel: Channel }
  | { type: 'role.created' | 'role.updated' | 'role.deleted'; guildId: string; roleId: string }
  | { type: 'user.updated'; userId: string }
  | { type: 'member.added' | 'member.updated' | 'member.removed'; guildId: string; userId: string }
  | { type: 'voice.state'; guildId: string; userId: string; state: VoiceState | null; previous: VoiceState | null }
  | { type: 'voice.server'; guildId: string; botUserId: string; token: string; endpoint: string }
  | { type: 'voice.connection'; guildId: string; botUserId: string; connection: VoiceConnection | undefined }
  | { type: 'voice.status'; guildId: string; channelId: string; status: string | null }
  | { type: 'message.created' | 'message.updated' | 'message.deleted'; stored: StoredMessage }
  | { type: 'message.reacted'; stored: StoredMessage; userId: string; emoji: string }
  | { type: 'commands.changed'; applicationId: string; guildId: string | null }
  | { type: 'interaction.created' | 'interaction.changed'; interactionId: string };
