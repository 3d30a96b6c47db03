import type { APIMessage } from 'discord-api-types/v10';
import type { StoredMessage } from './types.ts';
import type { World } from './world.ts';

const mostPerChannel = 500;

/** Adds a message to its channel; beyond 500 messages per channel the oldest are dropped. */
export function postMessage(
  world: World,
  guildId: string,
  message: APIMessage,
  ephemeralFor: string | null = null,
): StoredMessage {
  const stored: StoredMessage = { guildId, ephemeralFor, message };
  world.messages.set(message.id, stored);
  if (ephemeralFor === null) world.channel(message.channel_id).channel.lastMessageId = message.id;
  forgetOldest(world, message.channel_id);
  world.emit({ type: 'message.created', stored });
  return stored;
}

function forgetOldest(world: World, channelId: string): void {
  const inChannel = [...world.messages.values()].filter((stored) => stored.message.channel_id === channelId);
  for (const stored of inChannel.slice(0, Math.max(0, inChannel.length - mostPerChannel))) {
    world.messages.delete(stored.message.id);
  }
}

/** Replaces parts of a message. `edited: false` is for the first content of a deferred answer. */
export function editMessage(
  world: World,
  stored: StoredMessage,
  change: Partial<APIMessage>,
  options: { edited: boolean } = { edited: true },
): void {
  Object.assign(stored.message, change);
  if (options.edited) stored.message.edited_timestamp = new Date(world.clock.now()).toISOString();
  world.emit({ type: 'message.updated', stored });
}

/** Somebody reacts to a message with an emoji of Unicode; once more changes nothing. */
export function reactTo(world: World, stored: StoredMessage, userId: string, emoji: string): void {
  const reactions = (stored.message.reactions ??= []);
  const known = reactions.find((reaction) => reaction.emoji.name === emoji);
  const by = (stored.reactedBy ??= []);
  const key = `${emoji} ${userId}`;
  if (by.includes(key)) return;
  by.push(key);
  const count = by.filter((each) => each.startsWith(`${emoji} `)).length;
  if (known) known.count = count;
  else
    reactions.push({
      emoji: { id: null, name: emoji },
      count,
      count_details: { burst: 0, normal: count },
      me: false,
      me_burst: false,
      burst_colors: [],
    });
  world.emit({ type: 'message.reacted', stored, userId, emoji });
}

/** Removes a message from its channel, for everybody. */
export function deleteMessage(world: World, stored: StoredMessage): void {
  world.messages.delete(stored.message.id);
  world.emit({ type: 'message.deleted', stored });
}

/** A channel's messages, oldest first, as one person sees them: without other people's ephemeral ones. */
export function messagesFor(world: World, channelId: string, userId: string | null): StoredMessage[] {
  return [...world.messages.values()].filter(
    (stored) =>
      stored.message.channel_id === channelId && (stored.ephemeralFor === null || stored.ephemeralFor === userId),
  );
}
