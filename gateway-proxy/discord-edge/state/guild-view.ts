import type { z } from 'zod';
import type { guildSummarySchema, GuildDetail } from '#tenants/instance-protocol/guilds.ts';
import type { Guild } from './guild.ts';
import { isFullFor, missingIn } from './permissions.ts';
import { displayName } from '#infra/kernel/names.ts';
import { text, type Raw } from '../discord/raw.ts';

/** Discord: Channel Types. Announcement channels are treated as text channels. */
const kinds: Readonly<Record<number, 'text' | 'voice' | 'stage'>> = { 0: 'text', 5: 'text', 2: 'voice', 13: 'stage' };
const category = 4;
/** Forums and media channels hold posts, which are threads. */
const otherKinds: Readonly<Record<number, 'category' | 'forum' | 'thread'>> = {
  [category]: 'category',
  10: 'thread',
  11: 'thread',
  12: 'thread',
  15: 'forum',
  16: 'forum',
};

/** A guild as shown in a list. */
export function summaryOf(guild: Guild): z.infer<typeof guildSummarySchema> {
  const icon = text(guild.field('icon'));
  const memberCount = guild.field('member_count');
  return {
    id: guild.id,
    name: nameOf(guild.field('name'), guild.id),
    iconUrl: icon === undefined ? null : `https://cdn.discordapp.com/icons/${guild.id}/${icon}.png`,
    memberCount: typeof memberCount === 'number' ? memberCount : null,
  };
}

/** A guild with its channels and roles, and the permissions that its bot lacks in each voice channel. */
export function detailOf(guild: Guild, bot: string): GuildDetail {
  const channels = [...guild.channels.values()].flatMap((channel) => {
    const shown = channelOf(guild, channel);
    return shown ? [{ shown, channel }] : [];
  });
  channels.sort((a, b) => a.shown.position - b.shown.position || compareIds(a.shown.id, b.shown.id));
  return {
    ...summaryOf(guild),
    text: channels.flatMap(({ shown }) => (shown.kind === 'text' ? [shown] : [])),
    voice: channels.flatMap(({ shown, channel }) =>
      shown.kind === 'text' ? [] : [{ ...shown, kind: shown.kind, ...voiceOf(guild, bot, channel) }],
    ),
    otherChannels: [...guild.channels.values(), ...guild.threads.values()].flatMap(otherChannelOf),
    roles: [...guild.roles.values()]
      .filter((role) => role['id'] !== guild.id)
      .map((role) => ({
        id: text(role['id']) ?? '',
        name: nameOf(role['name'], text(role['id']) ?? ''),
        color: integer(role['color']),
        position: integer(role['position']),
        managed: role['managed'] === true,
      }))
      .sort((a, b) => b.position - a.position || compareIds(a.id, b.id)),
  };
}

function channelOf(guild: Guild, channel: Raw) {
  const kind = kinds[integer(channel['type'], -1)];
  const id = text(channel['id']);
  if (kind === undefined || id === undefined) return undefined;
  const parent = guild.channels.get(text(channel['parent_id']) ?? '');
  return {
    id,
    name: nameOf(channel['name'], id),
    kind,
    category: parent?.['type'] === category ? nameOf(parent['name'], text(parent['id']) ?? '') : null,
    parentId: text(channel['parent_id']) ?? null,
    // Channels of one category are grouped; those without one come first.
    position: (parent ? (integer(parent['position']) + 1) * 1_000 : 0) + integer(channel['position']),
  };
}

function otherChannelOf(channel: Raw): GuildDetail['otherChannels'] {
  const kind = otherKinds[integer(channel['type'], -1)];
  const id = text(channel['id']);
  if (kind === undefined || id === undefined) return [];
  return [{ id, name: nameOf(channel['name'], id), kind, parentId: text(channel['parent_id']) ?? null }];
}

/** Names are chosen by others; if nothing of one is visible, the id is shown instead. */
const nameOf = (name: unknown, id: string): string =>
  displayName(text(name) ?? '', { otherwise: id, maxCharacters: 100 });

function voiceOf(guild: Guild, bot: string, channel: Raw) {
  const id = text(channel['id']) ?? '';
  return {
    missing: missingIn(guild, bot, channel),
    listeners: guild.listenersIn(id),
    full: isFullFor(guild, bot, channel),
  };
}

const integer = (value: unknown, otherwise = 0): number =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;

/** Orders snowflakes by age. */
const compareIds = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);
