import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import type { APIMessage } from 'discord-api-types/v10';
import { mayInChannel } from '../../world/permissions.ts';
import type { World } from '../../world/world.ts';
import { userPayload } from './user.ts';

/** Whom a message may notify (Discord: Message Resource, Allowed Mentions Object). */
export interface AllowedMentions {
  parse?: ('users' | 'roles' | 'everyone')[] | undefined;
  users?: string[] | null | undefined;
  roles?: string[] | null | undefined;
}

/** The fields of a message that say whom it notifies. */
export type Mentions = Pick<APIMessage, 'mentions' | 'mention_roles' | 'mention_everyone'>;

/** Defaults: everybody in regular messages, only users in answers to interactions. */
const otherwise = {
  message: { parse: ['users', 'roles', 'everyone'] },
  interaction: { parse: ['users'] },
} satisfies Record<string, AllowedMentions>;

/** Whom a text notifies: those it mentions, as far as its author is allowed to and wants to. */
export function mentionsIn(
  world: World,
  written: {
    text: string;
    channelId: string;
    authorId: string;
    allowed?: AllowedMentions | undefined;
    kind: keyof typeof otherwise;
  },
): Mentions {
  const { text } = written;
  const allowed: AllowedMentions = written.allowed ?? otherwise[written.kind];
  const named = (pattern: RegExp, kind: 'users' | 'roles'): string[] => {
    const ids = [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))];
    if (allowed.parse?.includes(kind)) return ids;
    return ids.filter((id) => allowed[kind]?.includes(id));
  };
  const users = named(/<@!?(\d{1,20})>/g, 'users').map((id) => world.users.get(id));
  const { guild, channel } = world.channel(written.channelId);
  const wantsEveryone = /@(everyone|here)\b/.test(text) && allowed.parse?.includes('everyone') === true;
  return {
    mentions: users.filter((user) => user !== undefined).map(userPayload),
    mention_roles: named(/<@&(\d{1,20})>/g, 'roles').filter((id) => guild.roles.some((role) => role.id === id)),
    mention_everyone: wantsEveryone && mayInChannel(guild, written.authorId, channel, Permission.MentionEveryone),
  };
}
