import { z } from 'zod';
import { codePoints } from '../../../code-points.ts';
import { text } from './fields.ts';
import { fault } from './validate.ts';

const nameRule = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

function checkName(value: string, context: z.RefinementCtx): void {
  if (codePoints(value) < 1 || codePoints(value) > 32) {
    context.addIssue(fault('BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 32 in length.'));
  }
  if (!nameRule.test(value) || value !== value.toLowerCase()) {
    context.addIssue(fault('APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid'));
  }
}

const chatName = z.string().superRefine(checkName);
const between = (value: string, most: number, context: z.RefinementCtx): void => {
  if (codePoints(value) < 1 || codePoints(value) > most) {
    context.addIssue(fault('BASE_TYPE_BAD_LENGTH', `Must be between 1 and ${most} in length.`));
  }
};
const description = z.string().superRefine((value, context) => between(value, 100, context));
const localizedNames = z.record(z.string(), chatName).nullish();
const localizedTexts = z.record(z.string(), description).nullish();

const optionBase = {
  name: chatName,
  name_localizations: localizedNames,
  description,
  description_localizations: localizedTexts,
};
const choiceName = z.string().superRefine((value, context) => between(value, 100, context));

function choices<Value extends z.ZodType>(value: Value) {
  return z
    .array(z.object({ name: choiceName, name_localizations: z.record(z.string(), choiceName).nullish(), value }))
    .max(25)
    .superRefine((list, context) => {
      const seen = new Set<string>();
      for (const [index, choice] of list.entries()) {
        if (seen.has(choice.name)) {
          const message = 'Option names must be unique within a command.';
          context.addIssue(fault('APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATE', message, [index, 'name']));
        }
        seen.add(choice.name);
      }
    })
    .nullish();
}

const required = z.boolean().optional();
const autocomplete = z.boolean().optional();

const valueOption = z
  .discriminatedUnion('type', [
    z.object({
      ...optionBase,
      type: z.literal(3),
      required,
      autocomplete,
      choices: choices(text(100)),
      min_length: z.int().min(0).max(6000).optional(),
      max_length: z.int().min(1).max(6000).optional(),
    }),
    z.object({
      ...optionBase,
      type: z.literal(4),
      required,
      autocomplete,
      choices: choices(z.int()),
      min_value: z.int().optional(),
      max_value: z.int().optional(),
    }),
    z.object({
      ...optionBase,
      type: z.literal(10),
      required,
      autocomplete,
      choices: choices(z.number()),
      min_value: z.number().optional(),
      max_value: z.number().optional(),
    }),
    z.object({ ...optionBase, type: z.literal(7), required, channel_types: z.array(z.int()).optional() }),
    z.object({
      ...optionBase,
      type: z.union([z.literal(5), z.literal(6), z.literal(8), z.literal(9), z.literal(11)]),
      required,
    }),
  ])
  .superRefine((option, context) => {
    if ('autocomplete' in option && option.autocomplete && 'choices' in option && option.choices?.length) {
      const message = 'Choices cannot be set when autocomplete is on';
      context.addIssue(fault('APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES', message, ['choices']));
    }
  });

function checkOptions(
  options: { name: string; type: number; required?: boolean | undefined }[],
  context: z.RefinementCtx,
) {
  const seen = new Set<string>();
  let optionalSeen = false;
  for (const [index, option] of options.entries()) {
    if (seen.has(option.name)) {
      const message = 'Option names must be unique within a command';
      context.addIssue(fault('APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE', message, [index, 'name']));
    }
    seen.add(option.name);
    if (option.type > 2 && option.required && optionalSeen) {
      const message = 'Required options must be placed before non-required options';
      context.addIssue(fault('APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', message, [index]));
    }
    if (option.type > 2 && !option.required) optionalSeen = true;
  }
  const kinds = new Set(options.map((option) => (option.type <= 2 ? 'sub' : 'value')));
  if (kinds.size > 1) {
    const message = 'Sub-command and sub-command group option types are mutually exclusive to all other types';
    context.addIssue(fault('APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', message));
  }
}

const valueOptions = z.array(valueOption).max(25).superRefine(checkOptions).nullish();
const subcommand = z.object({ ...optionBase, type: z.literal(1), options: valueOptions });
const group = z.object({
  ...optionBase,
  type: z.literal(2),
  options: z.array(subcommand).max(25).superRefine(checkOptions).nullish(),
});
const options = z
  .array(z.union([valueOption, subcommand, group]))
  .max(25)
  .superRefine(checkOptions)
  .nullish();

const permissionBits = z
  .union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative(), z.bigint().nonnegative()])
  .transform(String)
  .nullish();

const common = {
  default_member_permissions: permissionBits,
  dm_permission: z.boolean().nullish(),
  nsfw: z.boolean().nullish(),
  contexts: z.array(z.int().min(0).max(2)).min(1).nullish(),
  integration_types: z.array(z.int().min(0).max(1)).min(1).nullish(),
};

const chatInput = z
  .object({
    ...common,
    type: z.literal(1),
    name: chatName,
    name_localizations: localizedNames,
    description,
    description_localizations: localizedTexts,
    options,
  })
  .superRefine((command, context) => {
    if (textLength(command) > 8_000) {
      const message = 'Command exceeds maximum size (8000)';
      context.addIssue(fault('APPLICATION_COMMAND_TOO_LARGE', message));
    }
  });

const contextMenu = z.object({
  ...common,
  type: z.union([z.literal(2), z.literal(3)]),
  name: z.string().superRefine((value, context) => between(value, 32, context)),
  name_localizations: z.record(z.string(), text(32)).nullish(),
  description: z.literal('').nullish(),
});

/**
 * A command as registered by an application, with Discord's rules for names and sizes (Discord: Application Commands).
 */
export const commandSchema = z.preprocess(
  (body) => (typeof body === 'object' && body !== null && !('type' in body && body.type) ? { ...body, type: 1 } : body),
  z.discriminatedUnion('type', [chatInput, contextMenu]),
);

/** A validated command. */
export type WrittenCommand = z.output<typeof commandSchema>;

interface Sized {
  name?: string;
  description?: string | null;
  value?: unknown;
  options?: Sized[] | null | undefined;
  choices?: Sized[] | null | undefined;
}

/** Total characters of names, descriptions and values of a command and everything in it. */
function textLength(part: Sized): number {
  const own = codePoints(part.name ?? '') + codePoints(part.description ?? '');
  const value = typeof part.value === 'string' ? codePoints(part.value) : 0;
  return [...(part.options ?? []), ...(part.choices ?? [])].reduce(
    (sum, inner) => sum + textLength(inner),
    own + value,
  );
}
