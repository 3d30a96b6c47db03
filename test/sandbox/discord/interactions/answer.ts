import type { APIMessage, APIModalInteractionResponseCallbackData } from 'discord-api-types/v10';
import type { InteractionRecord } from '../../world/interactions.ts';
import { callbackDeadlineMs, recordAnswer, recordCallback } from '../../world/interactions.ts';
import { deleteMessage, editMessage, postMessage } from '../../world/messages.ts';
import type { StoredMessage } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import { mentionsIn } from '../payloads/mentions.ts';
import type { Mentions } from '../payloads/mentions.ts';
import { messageFlags, newMessage, readableText } from '../payloads/message.ts';
import type { UploadedFile } from '../rest/body.ts';
import { invalidForm, refuse } from '../rest/errors.ts';
import { allowedCallbacks, callbackSchema, choicesSchema, modalSchema } from '../rest/validation/callback.ts';
import { readMessage } from '../rest/validation/message.ts';
import type { WrittenMessage } from '../rest/validation/message.ts';
import { validate } from '../rest/validation/validate.ts';

const { ephemeral, loading } = messageFlags;

/**
 * Handles an application's only callback; returns the message that it created or changed, if any. Throws Discord's
 * errors.
 */
export function takeCallback(
  world: World,
  record: InteractionRecord,
  body: unknown,
  files: UploadedFile[],
): StoredMessage | undefined {
  const { type, data } = validate(callbackSchema, body);
  if (record.callbackAt !== null) throw refuse('alreadyAcknowledged');
  if (world.clock.now() - record.createdAt >= callbackDeadlineMs) throw refuse('unknownInteraction');
  const allowed = allowedFor(record);
  if (!allowed.includes(type)) {
    throw invalidForm(['type'], 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`);
  }
  switch (type) {
    case 4:
      return reply(world, record, readMessage(data, files, 'create'));
    case 5:
      return defer(world, record, readMessage(data, [], 'edit').flags ?? 0);
    case 6:
      recordCallback(world, record, { type, answered: false, originalMessageId: record.sourceMessageId });
      return source(world, record);
    case 7:
      return update(world, record, data, files);
    case 8:
      recordCallback(world, record, { type, answered: true, choices: validate(choicesSchema, data).choices });
      return undefined;
    default: {
      const modal = validate(modalSchema, data) as APIModalInteractionResponseCallbackData;
      recordCallback(world, record, { type, answered: true, modal });
      return undefined;
    }
  }
}

/** A modal that was not opened from a message cannot update one. */
function allowedFor(record: InteractionRecord): readonly number[] {
  const allowed = allowedCallbacks[record.type] ?? [];
  return record.sourceMessageId === null ? allowed.filter((type) => type !== 6 && type !== 7) : allowed;
}

function source(world: World, record: InteractionRecord): StoredMessage {
  const stored = world.messages.get(record.sourceMessageId ?? '');
  if (!stored) throw refuse('unknownMessage');
  return stored;
}

function post(world: World, record: InteractionRecord, content: WrittenMessage, replyToId: string | null) {
  const { applicationId, channelId, guildId } = record;
  const message = newMessage(world, {
    channelId,
    authorId: world.application(applicationId).botUserId,
    content,
    interaction: record,
    type: replyToId === null ? 20 : 19,
    ...(replyToId === null ? {} : { replyTo: { messageId: replyToId, guildId } }),
  });
  return postMessage(world, guildId, message, (content.flags ?? 0) & ephemeral ? record.userId : null);
}

function reply(world: World, record: InteractionRecord, content: WrittenMessage): StoredMessage {
  const stored = post(world, record, content, record.type === 2 ? null : record.sourceMessageId);
  recordCallback(world, record, {
    type: 4,
    answered: true,
    originalMessageId: stored.message.id,
    ephemeral: stored.ephemeralFor !== null,
  });
  return stored;
}

function defer(world: World, record: InteractionRecord, flags: number): StoredMessage {
  // Only EPHEMERAL is valid on a deferred reply.
  const kept = (flags & ephemeral) | loading;
  const stored = post(world, record, { flags: kept }, record.type === 2 ? null : record.sourceMessageId);
  recordCallback(world, record, {
    type: 5,
    answered: false,
    originalMessageId: stored.message.id,
    ephemeral: stored.ephemeralFor !== null,
  });
  return stored;
}

function update(world: World, record: InteractionRecord, data: unknown, files: UploadedFile[]): StoredMessage {
  const stored = source(world, record);
  const written = readMessage(data, files, 'edit', stored.message.flags ?? 0);
  applyEdit(world, stored, written);
  recordCallback(world, record, {
    type: 7,
    answered: true,
    originalMessageId: stored.message.id,
    ephemeral: stored.ephemeralFor !== null,
  });
  return stored;
}

/** Applies the given fields to a message, leaving the others unchanged. */
export function applyEdit(world: World, stored: StoredMessage, written: WrittenMessage): void {
  const { content, embeds, components, attachments } = written;
  const before = stored.message.flags ?? 0;
  const change: Partial<APIMessage> = {
    ...(content === undefined ? {} : { content }),
    ...(embeds === undefined ? {} : { embeds }),
    ...(components === undefined ? {} : { components }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(content === undefined && components === undefined ? {} : mentionsOfEdit(world, stored, written)),
    flags: (before & ~loading) | ((written.flags ?? 0) & messageFlags.componentsV2),
  };
  editMessage(world, stored, change, { edited: (before & loading) === 0 });
}

function mentionsOfEdit(world: World, { message }: StoredMessage, written: WrittenMessage): Mentions {
  const text = readableText({ content: message.content, components: message.components ?? [], ...written });
  const { channel_id: channelId, author } = message;
  const kind = message.interaction_metadata ? 'interaction' : 'message';
  return mentionsIn(world, { text, channelId, authorId: author.id, allowed: written.allowedMentions, kind });
}

/** A message created by this interaction: its answer or one of its follow-ups. Throws 10008 for any other. */
export function ownMessage(world: World, record: InteractionRecord, messageId: string): StoredMessage {
  const id = messageId === '@original' ? record.originalMessageId : messageId;
  const own = id !== null && (id === record.originalMessageId || record.followupIds.includes(id));
  const stored = own ? world.messages.get(id) : undefined;
  if (!stored) throw refuse('unknownMessage');
  return stored;
}

/** Edits such a message; the first edit of a deferred answer is what the person was waiting for. */
export function editOwn(
  world: World,
  record: InteractionRecord,
  messageId: string,
  body: unknown,
  files: UploadedFile[],
): StoredMessage {
  const stored = ownMessage(world, record, messageId);
  const before = stored.message.flags ?? 0;
  applyEdit(world, stored, readMessage(body, files, before & loading ? 'create' : 'edit', before));
  recordAnswer(world, record);
  return stored;
}

/** Adds a follow-up; the first one after a deferral becomes the answer itself (Discord: Followup Messages). */
export function followUp(world: World, record: InteractionRecord, body: unknown, files: UploadedFile[]): StoredMessage {
  const original = world.messages.get(record.originalMessageId ?? '');
  if (original && (original.message.flags ?? 0) & loading) {
    return editOwn(world, record, '@original', body, files);
  }
  const stored = post(world, record, readMessage(body, files, 'create'), record.originalMessageId);
  recordAnswer(world, record, stored.message.id);
  return stored;
}

/** Deletes a message created by this interaction. Throws 10008 for any other. */
export function deleteOwn(world: World, record: InteractionRecord, messageId: string): void {
  deleteMessage(world, ownMessage(world, record, messageId));
}
