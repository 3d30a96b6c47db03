import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { z } from 'zod';
import { deleteMessage, messagesFor, postMessage, reactTo } from '../../../world/messages.ts';
import type { Application } from '../../../world/types.ts';
import type { World } from '../../../world/world.ts';
import { setVoiceStatus } from '../../../world/voice.ts';
import { applyEdit } from '../../interactions/answer.ts';
import { channelPayload } from '../../payloads/guild.ts';
import { messageFlags, newMessage } from '../../payloads/message.ts';
import { channelFor, idIn, messageIn, numberIn } from '../access.ts';
import { invalidForm, refuse } from '../errors.ts';
import { botRoute, noContent, ok } from '../route.ts';
import type { RestParts, RestRequest, RestRoute } from '../route.ts';
import { text } from '../validation/fields.ts';
import { readMessage } from '../validation/message.ts';
import { validate } from '../validation/validate.ts';

type Request = RestRequest & { application: Application };

function listMessages({ application, params, query }: Request, { world }: RestParts) {
  const { channel, permissions } = channelFor(world, application, params['channel_id']);
  if (!(permissions & Permission.ReadMessageHistory)) return ok([]);
  const limit = numberIn(query, 'limit', 50, 100);
  const before = idIn(query, 'before');
  const after = idIn(query, 'after');
  const matching = messagesFor(world, channel.id, null)
    .map(({ message }) => message)
    .filter(({ id }) => (before === undefined || BigInt(id) < before) && (after === undefined || BigInt(id) > after));
  const page = after === undefined ? matching.slice(-limit) : matching.slice(0, limit);
  return ok(page.reverse());
}

function createMessage(request: Request, { world }: RestParts) {
  const { application, params, body, files } = request;
  const written = readMessage(body, files, 'create');
  const needed = written.embeds?.length ? Permission.SendMessages | Permission.EmbedLinks : Permission.SendMessages;
  const { guild, channel } = channelFor(world, application, params['channel_id'], needed);
  if (channel.type === 4) throw refuse('notInThisChannelType');
  const existing = written.enforcesNonce && sentWith(world, application.botUserId, written.nonce);
  if (existing) return ok(existing);
  const { replyTo } = written;
  if (replyTo !== undefined && world.messages.get(replyTo)?.message.channel_id !== channel.id) {
    throw invalidForm(['message_reference'], 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
  }
  const message = newMessage(world, {
    channelId: channel.id,
    authorId: application.botUserId,
    // Only answers to interactions can be ephemeral.
    content: { ...written, flags: (written.flags ?? 0) & ~messageFlags.ephemeral },
    ...(replyTo === undefined ? {} : { type: 19, replyTo: { messageId: replyTo, guildId: guild.id } }),
  });
  if (written.nonce !== undefined) message.nonce = written.nonce;
  return ok(postMessage(world, guild.id, message).message);
}

/** Discord compares with the messages of "the past few minutes" (Create Message, enforce_nonce); here, five. */
const nonceAgeMs = 5 * 60_000;

function sentWith(world: World, authorId: string, nonce: string | number | undefined) {
  const sinceMs = world.clock.now() - nonceAgeMs;
  return [...world.messages.values()]
    .map(({ message }) => message)
    .find(
      ({ author, nonce: given, timestamp }) =>
        nonce !== undefined && author.id === authorId && given === nonce && Date.parse(timestamp) > sinceMs,
    );
}

function editMessage({ application, params, body, files }: Request, { world }: RestParts) {
  const { channel } = channelFor(world, application, params['channel_id']);
  const stored = messageIn(world, channel.id, params['message_id']);
  if (stored.message.author.id !== application.botUserId) throw refuse('notTheAuthor');
  applyEdit(world, stored, readMessage(body, files, 'edit', stored.message.flags ?? 0));
  return ok(stored.message);
}

function removeMessage({ application, params }: Request, { world }: RestParts) {
  const { channel, permissions } = channelFor(world, application, params['channel_id']);
  const stored = messageIn(world, channel.id, params['message_id']);
  const own = stored.message.author.id === application.botUserId;
  if (!own && !(permissions & Permission.ManageMessages)) throw refuse('missingPermissions');
  deleteMessage(world, stored);
  return noContent;
}

/** Both permissions are needed for an emoji that nobody has reacted with yet (Discord: Create Reaction). */
function react({ application, params }: Request, { world }: RestParts) {
  const needed = Permission.AddReactions | Permission.ReadMessageHistory;
  const { channel } = channelFor(world, application, params['channel_id'], needed);
  const emoji = decodeURIComponent(params['emoji'] ?? '');
  if (!/^\p{Extended_Pictographic}\uFE0F?$/u.test(emoji)) throw refuse('unknownEmoji');
  reactTo(world, messageIn(world, channel.id, params['message_id']), application.botUserId, emoji);
  return noContent;
}

const statusSchema = z.object({ status: text(500).nullish() });

function putVoiceStatus({ application, params, body }: Request, { world }: RestParts) {
  const { guild, channel, permissions } = channelFor(world, application, params['channel_id']);
  if (channel.type !== 2) throw refuse('notInThisChannelType');
  const inside = guild.voiceStates.some(
    (state) => state.userId === application.botUserId && state.channelId === channel.id,
  );
  // Also Manage Channels, for members who are not connected (Discord: Channel Resource, Set Voice Channel Status).
  const needed = Permission.SetVoiceChannelStatus | (inside ? 0n : Permission.ManageChannels);
  if ((permissions & needed) !== needed) throw refuse('missingPermissions');
  setVoiceStatus(world, guild, channel, validate(statusSchema, body).status || null);
  return noContent;
}

const messages = '/channels/:channel_id/messages';

/** Channels and the messages in them (Discord: Channel Resource, Message Resource). */
export const channelRoutes: RestRoute[] = [
  botRoute('GET /channels/:channel_id', ({ application, params }, { world }) =>
    ok(channelPayload(channelFor(world, application, params['channel_id']).channel)),
  ),
  botRoute(`GET ${messages}`, listMessages, { limit: 5, perMs: 5_000 }),
  botRoute(`POST ${messages}`, createMessage, { limit: 5, perMs: 5_000 }),
  botRoute(`GET ${messages}/:message_id`, ({ application, params }, { world }) => {
    const { channel } = channelFor(world, application, params['channel_id'], Permission.ReadMessageHistory);
    return ok(messageIn(world, channel.id, params['message_id']).message);
  }),
  botRoute(`PATCH ${messages}/:message_id`, editMessage, { limit: 5, perMs: 5_000 }),
  botRoute(`DELETE ${messages}/:message_id`, removeMessage, { limit: 5, perMs: 1_000 }),
  botRoute(`PUT ${messages}/:message_id/reactions/:emoji/@me`, react, { limit: 1, perMs: 250 }),
  botRoute('POST /channels/:channel_id/typing', ({ application, params }, { world }) => {
    channelFor(world, application, params['channel_id'], Permission.SendMessages);
    return noContent;
  }),
  botRoute('PUT /channels/:channel_id/voice-status', putVoiceStatus, { limit: 5, perMs: 5_000 }),
];
