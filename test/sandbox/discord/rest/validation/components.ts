import { z } from 'zod';
import { codePoints } from '../../../code-points.ts';
import { flatten } from '../../payloads/components.ts';
import { address, snowflake, text } from './fields.ts';
import { fault } from './validate.ts';

const id = z.int().min(0).max(2_147_483_647).optional();
const customId = text(100, 1);
const emoji = z.object({ id: snowflake.nullish(), name: z.string().nullish(), animated: z.boolean().optional() });
const media = z.object({ url: address(['http', 'https', 'attachment']) });

const button = z
  .object({
    type: z.literal(2),
    id,
    style: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6)]),
    label: text(80).nullish(),
    emoji: emoji.nullish(),
    custom_id: customId.nullish(),
    // Opened by a person's client, so no other scheme is accepted (discord.js' button predicates name these three).
    url: address(['http', 'https', 'discord'], 512).nullish(),
    sku_id: snowflake.nullish(),
    disabled: z.boolean().optional(),
  })
  .superRefine((value, context) => {
    if (value.style === 5) {
      if (!value.url) context.addIssue(fault('BASE_TYPE_REQUIRED', 'A url is required', ['url']));
      if (value.custom_id) {
        const message = 'A custom id and url cannot both be specified';
        context.addIssue(fault('BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE', message, ['custom_id']));
      }
    } else if (value.style !== 6 && !value.custom_id) {
      context.addIssue(fault('BUTTON_COMPONENT_CUSTOM_ID_REQUIRED', 'A custom id is required', ['custom_id']));
    }
    if (value.style !== 6 && !value.label && !value.emoji) {
      context.addIssue(fault('BUTTON_COMPONENT_INVALID_EMOJI', 'A label or emoji is required', ['label']));
    }
  });

const selectBase = {
  id,
  custom_id: customId,
  placeholder: text(150).nullish(),
  min_values: z.int().min(0).max(25).optional(),
  max_values: z.int().min(1).max(25).optional(),
  disabled: z.boolean().optional(),
  required: z.boolean().optional(),
};

const stringSelect = z.object({
  ...selectBase,
  type: z.literal(3),
  options: z
    .array(
      z.object({
        label: text(100, 1),
        value: text(100, 1),
        description: text(100).nullish(),
        emoji: emoji.nullish(),
        default: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(25)
    .superRefine((options, context) => {
      const seen = new Set<string>();
      for (const [index, { value }] of options.entries()) {
        const message = 'The specified option value is already used';
        if (seen.has(value)) {
          context.addIssue(fault('SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', message, [index, 'value']));
        }
        seen.add(value);
      }
    }),
});

const entitySelect = z.object({
  ...selectBase,
  type: z.union([z.literal(5), z.literal(6), z.literal(7), z.literal(8)]),
  default_values: z
    .array(z.object({ id: snowflake, type: z.enum(['user', 'role', 'channel']) }))
    .max(25)
    .optional(),
  channel_types: z.array(z.int()).optional(),
});

/** A text field of a modal. */
export const textInput = z.object({
  type: z.literal(4),
  id,
  custom_id: customId,
  style: z.union([z.literal(1), z.literal(2)]),
  label: text(45, 1).nullish(),
  min_length: z.int().min(0).max(4000).optional(),
  max_length: z.int().min(1).max(4000).optional(),
  required: z.boolean().optional(),
  value: text(4000).nullish(),
  placeholder: text(100).nullish(),
});

/** Every kind of select menu. */
export const anySelect = [stringSelect, entitySelect] as const;

const actionRow = z
  .object({
    type: z.literal(1),
    id,
    components: z
      .array(z.discriminatedUnion('type', [button, ...anySelect]))
      .min(1)
      .max(5),
  })
  .superRefine((row, context) => {
    const selects = row.components.filter((component) => component.type !== 2).length;
    if (selects > 1 || (selects === 1 && row.components.length > 1)) {
      context.addIssue(fault('COMPONENT_LAYOUT_WIDTH_EXCEEDED', 'The specified component exceeds the maximum width'));
    }
  });

const textDisplay = z.object({ type: z.literal(10), id, content: text(4000, 1) });
const thumbnail = z.object({
  type: z.literal(11),
  id,
  media,
  description: text(1024).nullish(),
  spoiler: z.boolean().optional(),
});
const section = z.object({
  type: z.literal(9),
  id,
  components: z.array(textDisplay).min(1).max(3),
  accessory: z.discriminatedUnion('type', [button, thumbnail]),
});
const gallery = z.object({
  type: z.literal(12),
  id,
  items: z
    .array(z.object({ media, description: text(1024).nullish(), spoiler: z.boolean().optional() }))
    .min(1)
    .max(10),
});
const file = z.object({ type: z.literal(13), id, file: media, spoiler: z.boolean().optional() });
const separator = z.object({
  type: z.literal(14),
  id,
  divider: z.boolean().optional(),
  spacing: z.union([z.literal(1), z.literal(2)]).optional(),
});
const container = z.object({
  type: z.literal(17),
  id,
  accent_color: z.int().min(0).max(0xffffff).nullish(),
  spoiler: z.boolean().optional(),
  components: z.array(z.discriminatedUnion('type', [actionRow, textDisplay, section, gallery, separator, file])).min(1),
});

/** Components of a message without the V2 flag: at most 5 rows. */
export const classicComponents = z.array(actionRow).max(5).superRefine(uniqueIds);

const mostComponents = 40;
const mostText = 4_000;

/** Components of a message with the V2 flag: at most 40 in all, with 4,000 characters of text in total. */
export const layoutComponents = z
  .array(z.discriminatedUnion('type', [actionRow, textDisplay, section, gallery, separator, file, container]))
  .min(1)
  .superRefine((components, context) => {
    const all = flatten(components);
    if (all.length > mostComponents) {
      const message = `Must be ${mostComponents} or fewer in length.`;
      context.addIssue(fault('COMPONENT_MAX_COUNT_EXCEEDED', message));
    }
    const size = all.reduce(
      (sum, part) => sum + (typeof part['content'] === 'string' ? codePoints(part['content']) : 0),
      0,
    );
    if (size > mostText) {
      const message = `The total displayable text size exceeds the maximum of ${mostText}`;
      context.addIssue(fault('COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED', message));
    }
  })
  .superRefine(uniqueIds);

function uniqueIds(components: unknown[], context: z.RefinementCtx): void {
  const seen = new Set<unknown>();
  for (const component of flatten(components)) {
    const named = component['custom_id'];
    if (named && seen.has(named)) {
      const message = 'Component custom id cannot be duplicated';
      context.addIssue(fault('COMPONENT_CUSTOM_ID_DUPLICATED', message));
    }
    seen.add(named);
  }
}
