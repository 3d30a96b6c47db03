import type { APIAttachment } from 'discord-api-types/v10';
import { z } from 'zod';
import { componentsResponse } from '../../payloads/components.ts';
import { messageFlags } from '../../payloads/message.ts';
import type { MessageContent } from '../../payloads/message.ts';
import type { UploadedFile } from '../body.ts';
import { invalidForm, refuse } from '../errors.ts';
import { classicComponents, layoutComponents } from './components.ts';
import { embedResponse, embedsSchema } from './embeds.ts';
import { snowflake, text } from './fields.ts';
import { fault, validate } from './validate.ts';

/** Flags that an application may set; LOADING and others are Discord's own. */
const settableFlags =
  messageFlags.suppressEmbeds | messageFlags.ephemeral | messageFlags.suppressNotifications | messageFlags.componentsV2;

const base = {
  content: text(2000).nullish(),
  embeds: embedsSchema.nullish(),
  tts: z.boolean().nullish(),
  flags: z.int().nonnegative().nullish(),
  allowed_mentions: z
    .object({
      parse: z.array(z.enum(['users', 'roles', 'everyone'])).optional(),
      users: z.array(snowflake).max(100).nullish(),
      roles: z.array(snowflake).max(100).nullish(),
      replied_user: z.boolean().nullish(),
    })
    .superRefine(notBothWays)
    .nullish(),
  attachments: z
    .array(z.object({ id: snowflake, filename: z.string().optional() }))
    .max(10)
    .nullish(),
  message_reference: z.object({ message_id: snowflake, fail_if_not_exists: z.boolean().optional() }).nullish(),
  // A nonce too large for a double is returned as a string (Discord: API Reference, ID Serialization).
  nonce: z.union([text(25), z.int(), z.bigint().transform(String)]).nullish(),
  enforce_nonce: z.boolean().nullish(),
};

const classic = z.object({ ...base, components: classicComponents.nullish() });
const layout = z.object({ ...base, components: layoutComponents.nullish() });
const flagsOnly = z.object({ flags: z.int().nonnegative().nullish() });

/** All users, or these users: both together is ambiguous (Discord: Message Resource, Allowed Mentions Object). */
function notBothWays(
  allowed: { parse?: string[] | undefined; users?: string[] | null | undefined; roles?: string[] | null | undefined },
  context: z.RefinementCtx,
): void {
  for (const kind of ['users', 'roles'] as const) {
    if (!allowed.parse?.includes(kind) || !allowed[kind]?.length) continue;
    const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
    context.addIssue(fault('MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message));
  }
}

/** A validated message, in the structure in which Discord stores it. */
export interface WrittenMessage extends MessageContent {
  replyTo?: string;
  nonce?: string | number;
  /** A message that exists with this nonce is returned instead. */
  enforcesNonce?: true;
}

/**
 * Parses a message to be created or edited. `before` are the existing flags of an edited message: V2 can never be
 * removed. Throws 50035, or 50006 for a new message without content.
 */
export function readMessage(body: unknown, files: UploadedFile[], kind: 'create' | 'edit', before = 0): WrittenMessage {
  const flags = (validate(flagsOnly, body ?? {}).flags ?? 0) | (before & messageFlags.componentsV2);
  const v2 = (flags & messageFlags.componentsV2) !== 0;
  const written = validate(v2 ? layout : classic, body ?? {});
  if (v2 && (written.content || written.embeds?.length)) {
    const field = written.content ? 'content' : 'embeds';
    const message = `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`;
    throw invalidForm([field], 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2', message);
  }
  const empty =
    !written.content?.trim() && !written.embeds?.length && !written.components?.length && files.length === 0;
  if (kind === 'create' && empty) throw refuse('emptyMessage');
  return {
    ...(written.content === undefined ? {} : { content: written.content?.trim() ?? '' }),
    ...(written.embeds === undefined ? {} : { embeds: (written.embeds ?? []).map(embedResponse) }),
    ...(written.components === undefined ? {} : { components: componentsResponse(written.components ?? []) }),
    ...(files.length > 0 || written.attachments ? { attachments: files.map(attachment) } : {}),
    ...(written.allowed_mentions ? { allowedMentions: written.allowed_mentions } : {}),
    ...(written.tts ? { tts: true } : {}),
    ...(written.message_reference ? { replyTo: written.message_reference.message_id } : {}),
    ...(written.nonce === null || written.nonce === undefined ? {} : { nonce: written.nonce }),
    ...(written.enforce_nonce ? { enforcesNonce: true } : {}),
    flags: flags & settableFlags,
  };
}

function attachment(file: UploadedFile): APIAttachment {
  const url = `https://cdn.sandbox.invalid/attachments/${file.id}/${encodeURIComponent(file.filename)}`;
  const { filename, contentType } = file;
  return { id: file.id, filename, size: file.sizeBytes, url, proxy_url: url, content_type: contentType };
}
