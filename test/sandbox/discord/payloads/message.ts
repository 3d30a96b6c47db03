import type { APIMessage, APIMessageTopLevelComponent, APIEmbed } from 'discord-api-types/v10';
import type { InteractionRecord } from '../../world/interactions.ts';
import type { World } from '../../world/world.ts';
import { flatten } from './components.ts';
import { mentionsIn } from './mentions.ts';
import type { AllowedMentions } from './mentions.ts';
import { userPayload } from './user.ts';

/** What the author provides; everything else about a message follows from author and channel. */
export interface MessageContent {
  content?: string;
  embeds?: APIEmbed[];
  components?: APIMessageTopLevelComponent[];
  flags?: number;
  tts?: boolean;
  allowedMentions?: AllowedMentions;
  attachments?: APIMessage['attachments'];
}

/** Message flags (Discord: Message Object, Message Flags). */
export const messageFlags = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  componentsV2: 1 << 15,
} as const;

/** All text of a message that may mention somebody: its content, and text among its components. */
export function readableText({ content, components }: Pick<MessageContent, 'content' | 'components'>): string {
  const texts = flatten(components).filter((part) => part['type'] === 10 && typeof part['content'] === 'string');
  return [content ?? '', ...texts.map((part) => String(part['content']))].join('\n');
}

/** Builds a message (Discord: Message Object). */
export function newMessage(
  world: World,
  written: {
    channelId: string;
    authorId: string;
    content: MessageContent;
    interaction?: InteractionRecord;
    replyTo?: { messageId: string; guildId: string };
    type?: number;
  },
): APIMessage {
  const { content, interaction } = written;
  const application = world.applicationByBot(written.authorId);
  return {
    id: world.ids.next(),
    type: written.type ?? 0,
    channel_id: written.channelId,
    author: userPayload(world.user(written.authorId)),
    content: content.content ?? '',
    ...mentionsIn(world, {
      ...written,
      text: readableText(content),
      allowed: content.allowedMentions,
      kind: interaction ? 'interaction' : 'message',
    }),
    attachments: content.attachments ?? [],
    embeds: content.embeds ?? [],
    components: content.components ?? [],
    flags: content.flags ?? 0,
    pinned: false,
    tts: content.tts ?? false,
    timestamp: new Date(world.clock.now()).toISOString(),
    edited_timestamp: null,
    ...(application && interaction ? { application_id: application.id, webhook_id: application.id } : {}),
    ...(interaction ? { interaction_metadata: interactionMetadata(world, interaction) } : {}),
    ...(written.replyTo
      ? {
          message_reference: {
            type: 0,
            channel_id: written.channelId,
            guild_id: written.replyTo.guildId,
            message_id: written.replyTo.messageId,
          },
        }
      : {}),
  };
}

function interactionMetadata(world: World, interaction: InteractionRecord): APIMessage['interaction_metadata'] {
  const base = {
    id: interaction.id,
    user: userPayload(world.user(interaction.userId)),
    authorizing_integration_owners: { 0: interaction.guildId },
  };
  if (interaction.type === 3) {
    return { ...base, type: 3, interacted_message_id: interaction.sourceMessageId ?? interaction.id };
  }
  if (interaction.type === 5) {
    return {
      ...base,
      type: 5,
      triggering_interaction_metadata: interaction.sourceMessageId
        ? { ...base, type: 3, interacted_message_id: interaction.sourceMessageId }
        : { ...base, type: 2 },
    };
  }
  return { ...base, type: 2 };
}
