import { z } from 'zod';
import { anySelect, textInput } from './components.ts';
import { text } from './fields.ts';

/**
 * The outer structure of an answer to an interaction (Discord: Receiving and Responding, Interaction Response
 * Structure).
 */
export const callbackSchema = z.object({ type: z.int(), data: z.unknown().optional() });

/** Which callback types each kind of interaction accepts. */
export const allowedCallbacks: Record<number, readonly number[]> = {
  2: [4, 5, 9],
  3: [4, 5, 6, 7, 9],
  4: [8],
  5: [4, 5, 6, 7],
};

const localized = z.record(z.string(), text(100, 1)).nullish();

/** Choices of an autocompletion: at most 25. */
export const choicesSchema = z.object({
  choices: z
    .array(
      z.object({
        name: text(100, 1),
        name_localizations: localized,
        value: z.union([text(100, 1), z.number()]),
      }),
    )
    .max(25),
});

const row = z.object({
  type: z.literal(1),
  id: z.int().optional(),
  components: z.array(textInput.extend({ label: text(45, 1) })).length(1),
});
const label = z.object({
  type: z.literal(18),
  id: z.int().optional(),
  label: text(45, 1),
  description: text(100).nullish(),
  component: z.discriminatedUnion('type', [textInput, ...anySelect]),
});
const textDisplay = z.object({ type: z.literal(10), id: z.int().optional(), content: text(4000, 1) });

/** A modal: up to 5 parts. */
export const modalSchema = z.object({
  custom_id: text(100, 1),
  title: text(45, 1),
  components: z
    .array(z.discriminatedUnion('type', [row, label, textDisplay]))
    .min(1)
    .max(5),
});
