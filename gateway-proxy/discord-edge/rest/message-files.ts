import type { RawFile } from '@discordjs/rest';
import { z } from 'zod';
import { isRaw } from '../discord/raw.ts';

/**
 * Bots send JSON only. The content of a text file that belongs to an answer is in the message's `attachments`; Discord
 * takes it as a part of a form (https://discord.com/developers/docs/reference#uploading-files).
 */
const fileSchema = z.strictObject({
  id: z.literal('0'),
  filename: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}\.(?:json|txt)$/),
  content: z
    .string()
    .min(1)
    .max(256 * 1024),
});

/** The body without the content of its files, and these as parts; undefined if they are not what a bot may send. */
export function withFiles(body: unknown): { readonly body: unknown; readonly files: RawFile[] } | undefined {
  if (!isRaw(body)) return { body, files: [] };
  const { attachments, data } = body;
  if (isRaw(data) && 'attachments' in data) {
    const inner = withFiles(data);
    return inner && { body: { ...body, data: inner.body }, files: inner.files };
  }
  const isFile = (attachment: unknown) => isRaw(attachment) && 'content' in attachment;
  if (!Array.isArray(attachments) || !attachments.some(isFile)) return { body, files: [] };
  const parsed = z.tuple([fileSchema]).safeParse(attachments);
  if (!parsed.success) return undefined;
  const [{ id, filename, content }] = parsed.data;
  const contentType = filename.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8';
  return {
    body: { ...body, attachments: [{ id, filename }] },
    files: [{ name: filename, data: content, contentType }],
  };
}
