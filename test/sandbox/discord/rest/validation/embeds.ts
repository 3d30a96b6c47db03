import type { APIEmbed } from 'discord-api-types/v10';
import { z } from 'zod';
import { codePoints } from '../../../code-points.ts';
import { address, trimmedText } from './fields.ts';
import { fault } from './validate.ts';

/** Only pictures may also be a file of the same message (Discord: Message Resource, Embed Object). */
const link = address(['http', 'https']);
const picture = address(['http', 'https', 'attachment']);
const image = z.object({ url: picture });

const embed = z
  .object({
    title: trimmedText(256).nullish(),
    description: trimmedText(4096).nullish(),
    url: link.nullish(),
    timestamp: z
      .string()
      .nullish()
      .superRefine((value, context) => {
        if (value && Number.isNaN(Date.parse(value))) {
          context.addIssue(fault('DATE_TIME_TYPE_PARSE', `Could not parse ${value}. Should be ISO8601.`));
        }
      }),
    color: z.int().min(0).max(0xffffff).nullish(),
    footer: z.object({ text: trimmedText(2048, 1), icon_url: picture.nullish() }).nullish(),
    image: image.nullish(),
    thumbnail: image.nullish(),
    author: z.object({ name: trimmedText(256, 1), url: link.nullish(), icon_url: picture.nullish() }).nullish(),
    fields: z
      .array(
        z.object({
          name: trimmedText(256, 1),
          value: trimmedText(1024, 1),
          inline: z.boolean().nullish(),
        }),
      )
      .max(25)
      .nullish(),
  })
  .superRefine((value, context) => {
    const shown = [value.title, value.description, value.image, value.thumbnail, value.author, value.footer];
    if (!shown.some(Boolean) && !value.fields?.length) {
      context.addIssue(fault('BASE_TYPE_REQUIRED', 'This field is required', ['description']));
    }
  });

type WrittenEmbed = z.output<typeof embed>;

function textLength(value: WrittenEmbed): number {
  const fields = (value.fields ?? []).flatMap((field) => [field.name, field.value]);
  const texts = [value.title, value.description, value.footer?.text, value.author?.name, ...fields];
  return texts.reduce((sum, text) => sum + codePoints(text ?? ''), 0);
}

/** A message's embeds: 10, with 6,000 characters in total (Discord: Message Resource, Embed Limits). */
export const embedsSchema = z
  .array(embed)
  .max(10)
  .superRefine((embeds, context) => {
    if (embeds.reduce((sum, value) => sum + textLength(value), 0) > 6_000) {
      context.addIssue(fault('MAX_EMBED_SIZE_EXCEEDED', 'Embed size exceeds maximum size of 6000'));
    }
  });

const proxied = (url: string) => ({ url, proxy_url: url, width: 0, height: 0, flags: 0 });

/** An embed as Discord returns it. */
export function embedResponse(written: WrittenEmbed): APIEmbed {
  const { title, description, url, timestamp, color, footer, image: shown, thumbnail, author, fields } = written;
  return {
    type: 'rich' as APIEmbed['type'] & string,
    ...(title ? { title } : {}),
    ...(description ? { description } : {}),
    ...(url ? { url } : {}),
    ...(timestamp ? { timestamp: new Date(timestamp).toISOString() } : {}),
    ...(color === null || color === undefined ? {} : { color }),
    ...(footer ? { footer: { text: footer.text, ...(footer.icon_url ? icon(footer.icon_url) : {}) } } : {}),
    ...(shown ? { image: proxied(shown.url) } : {}),
    ...(thumbnail ? { thumbnail: proxied(thumbnail.url) } : {}),
    ...(author
      ? {
          author: {
            name: author.name,
            ...(author.url ? { url: author.url } : {}),
            ...(author.icon_url ? icon(author.icon_url) : {}),
          },
        }
      : {}),
    ...(fields?.length ? { fields: fields.map((field) => ({ ...field, inline: field.inline ?? false })) } : {}),
  };
}

function icon(url: string) {
  return { icon_url: url, proxy_icon_url: url };
}
