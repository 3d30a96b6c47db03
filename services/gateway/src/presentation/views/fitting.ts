import type { APIEmbed } from 'discord-api-types/v10';
import type { Choice } from '../framework/command.ts';
import type { LayoutPart } from './layout.ts';
import { cut, cutMarkdown } from './text.ts';

/**
 * Discord's limits (Message Resource: Embed Limits, Create Message; Application Commands: Option Choice). Discord
 * counts code points; here UTF-16 code units are counted, which are never fewer.
 */
export const limits = {
  content: 2_000,
  embeds: 10,
  embedTotal: 6_000,
  title: 256,
  description: 4_096,
  author: 256,
  footer: 2_048,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  /** Of all the texts of a message of components. */
  layoutTotal: 4_000,
  choices: 25,
  choice: 100,
} as const;

/** Discord refuses an empty name or value. */
const nothing = '\u200B';

interface Texts {
  readonly content?: string | undefined;
  readonly embeds?: readonly APIEmbed[] | undefined;
  readonly layout?: readonly LayoutPart[] | undefined;
}

/** The one place where texts are fitted to Discord's limits: everything sent as a message passes through here. */
export function fitMessage<Message extends Texts>(message: Message): Message {
  const { content, embeds, layout } = message;
  const room = { left: limits.embedTotal };
  return {
    ...message,
    ...(content === undefined ? {} : { content: cutMarkdown(content, limits.content) }),
    ...(embeds === undefined ? {} : { embeds: embeds.slice(0, limits.embeds).map((embed) => fitEmbed(embed, room)) }),
    ...(layout === undefined ? {} : { layout: fitLayout(layout, { left: limits.layoutTotal }) }),
  };
}

/** Texts from the top as long as there is room; how many components there are is up to the views. */
function fitLayout(parts: readonly LayoutPart[], room: { left: number }): LayoutPart[] {
  return parts.map((part) => {
    const { content, components } = part;
    if (typeof content === 'string') {
      const fitting = cutMarkdown(content, Math.max(1, room.left)) || nothing;
      room.left -= fitting.length;
      return { ...part, content: fitting };
    }
    return Array.isArray(components) ? { ...part, components: fitLayout(components as LayoutPart[], room) } : part;
  });
}

/** The description comes last: it is the text that can be long, and gets what the others leave. */
function fitEmbed(embed: APIEmbed, room: { left: number }): APIEmbed {
  const take = (text: string, max: number): string => {
    const fitting = cutMarkdown(text, Math.min(max, room.left));
    room.left -= fitting.length;
    return fitting;
  };
  const { title, author, footer, fields, description, ...rest } = embed;
  return {
    ...rest,
    ...(title ? { title: take(title, limits.title) } : {}),
    ...(author ? { author: { ...author, name: take(author.name || nothing, limits.author) } } : {}),
    ...(footer ? { footer: { ...footer, text: take(footer.text || nothing, limits.footer) } } : {}),
    ...(fields ? { fields: fitFields(fields, take, room) } : {}),
    ...(description ? { description: take(description, limits.description) } : {}),
  };
}

function fitFields(
  fields: NonNullable<APIEmbed['fields']>,
  take: (text: string, max: number) => string,
  room: { readonly left: number },
) {
  return fields.slice(0, limits.fields).flatMap((field) => {
    if (room.left < limits.fieldName + limits.fieldValue) return [];
    const name = take(field.name || nothing, limits.fieldName);
    return [{ ...field, name, value: take(field.value || nothing, limits.fieldValue) }];
  });
}

/** What a member may choose while typing. */
export const fitChoices = (choices: readonly Choice[]): Choice[] =>
  choices
    .map(({ name, value }) => ({ name: cut(name.toWellFormed(), limits.choice), value: fitValue(value) }))
    .filter(({ name, value }) => name.trim() !== '' && value !== '')
    .slice(0, limits.choices);

/** A value is typed on the member's behalf: cut, it is still the beginning of what they mean, without an ellipsis. */
const fitValue = (value: string): string => {
  const whole = value.toWellFormed().trim();
  return whole.length <= limits.choice ? whole : cut(whole, limits.choice).slice(0, -1).trimEnd();
};
