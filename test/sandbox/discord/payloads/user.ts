import type { Guild, Member, User } from '../../world/types.ts';
import type { World } from '../../world/world.ts';

/** A user as everybody sees it (Discord: User Object). */
export function userPayload(user: User) {
  return {
    id: user.id,
    username: user.username,
    discriminator: user.bot ? String(1000 + Number(BigInt(user.id) % 9000n)) : '0',
    global_name: user.globalName,
    avatar: null,
    banner: null,
    accent_color: null,
    avatar_decoration_data: null,
    collectibles: null,
    primary_guild: null,
    bot: user.bot,
    flags: 0,
    public_flags: 0,
  };
}

/** A user as seen by that user. */
export function ownUserPayload(user: User) {
  return { ...userPayload(user), email: null, verified: true, mfa_enabled: true, locale: 'en-US' as const };
}

/** A guild member without the user, as inside a message. */
export function memberWithoutUser(guild: Guild, member: Member) {
  const voice = guild.voiceStates.find((state) => state.userId === member.userId);
  return {
    avatar: null,
    avatar_decoration_data: null,
    banner: null,
    collectibles: null,
    communication_disabled_until: null,
    flags: 0,
    joined_at: member.joinedAt,
    nick: member.nick,
    pending: false,
    premium_since: null,
    roles: member.roles,
    mute: voice?.mute ?? false,
    deaf: voice?.deaf ?? false,
  };
}

/** Discord: Guild Member Object. */
export function memberPayload(world: World, guild: Guild, member: Member) {
  return { ...memberWithoutUser(guild, member), user: userPayload(world.user(member.userId)) };
}
