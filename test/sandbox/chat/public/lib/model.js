/**
 * @typedef {{ id: string, username: string, globalName: string | null, bot: boolean }} User
 * @typedef {{ id: string, name: string, type: number, position: number, topic: string | null,
 *   userLimit: number, status: string | null }} Channel
 * @typedef {{ id: string, name: string, color: number, position: number }} Role
 * @typedef {{ userId: string, nick: string | null, roles: string[] }} Member
 * @typedef {{ userId: string, channelId: string, selfMute: boolean, selfDeaf: boolean, mute: boolean, deaf: boolean, suppress: boolean }} VoiceState
 * @typedef {{ id: string, name: string, ownerId: string, channels: Channel[], roles: Role[], members: Member[], voiceStates: VoiceState[] }} Guild
 * @typedef {{ id: string, name: string, botUserId: string, connected: boolean }} Application
 */

/** Look-ups in the sandbox's state. */
export class Model {
  /** @param {{ users: User[], guilds: Guild[], applications: Application[] }} raw the answer of GET /sandbox/state */
  constructor(raw) {
    this.guilds = raw.guilds;
    this.applications = raw.applications;
    this.users = new Map(raw.users.map((user) => [user.id, user]));
  }

  /** @param {string | undefined} id @returns {Guild | undefined} */
  guild(id) {
    return this.guilds.find((guild) => guild.id === id);
  }

  /** @param {Guild | undefined} guild @param {string | undefined} id @returns {Channel | undefined} */
  channel(guild, id) {
    return guild?.channels.find((channel) => channel.id === id);
  }

  /** @param {string} id @returns {boolean} */
  isBot(id) {
    return this.users.get(id)?.bot ?? false;
  }

  /** Whether this bot has a session with the gateway. @param {string} botUserId @returns {boolean} */
  online(botUserId) {
    return this.applications.some((one) => one.botUserId === botUserId && one.connected);
  }

  /** @param {Guild | undefined} guild @param {string} userId @returns {string} their name in this guild */
  name(guild, userId) {
    const nick = guild?.members.find((member) => member.userId === userId)?.nick;
    const user = this.users.get(userId);
    return nick ?? user?.globalName ?? user?.username ?? `user ${userId}`;
  }

  /** @param {Guild | undefined} guild @param {string} userId @returns {string | undefined} the colour of their highest coloured role */
  colour(guild, userId) {
    const member = guild?.members.find((one) => one.userId === userId);
    const roles = (guild?.roles ?? []).filter((role) => member?.roles.includes(role.id) && role.color !== 0);
    const top = roles.sort((a, b) => b.position - a.position)[0];
    return top && `#${top.color.toString(16).padStart(6, '0')}`;
  }

  /** @param {Guild | undefined} guild @returns {Member[]} the members that are not bots; the user can act as any of them */
  people(guild) {
    return (guild?.members ?? []).filter((member) => !this.isBot(member.userId));
  }

  /** @param {Guild | undefined} guild @param {string} channelId @returns {VoiceState[]} who is in a voice channel */
  voiceIn(guild, channelId) {
    return (guild?.voiceStates ?? []).filter((state) => state.channelId === channelId);
  }

  /** @param {Guild | undefined} guild @param {string} userId @returns {VoiceState | undefined} */
  voiceOf(guild, userId) {
    return guild?.voiceStates.find((state) => state.userId === userId);
  }

  /** The display names of mentions in a guild. @param {Guild | undefined} guild @returns {import('./markdown.js').Names} */
  names(guild) {
    return {
      user: (id) => this.name(guild, id),
      role: (id) => guild?.roles.find((role) => role.id === id)?.name ?? 'unknown role',
      channel: (id) => this.channel(guild, id)?.name ?? 'unknown channel',
    };
  }
}

/** Channels by use (Discord: Channel Types). */
export const isText = (/** @type {Channel} */ channel) => channel.type === 0 || channel.type === 5;
export const isVoice = (/** @type {Channel} */ channel) => channel.type === 2 || channel.type === 13;
