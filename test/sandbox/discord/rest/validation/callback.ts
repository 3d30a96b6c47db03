import { z } from 'zod';
import { anySelect, textInput } from './components.ts';

/**
 * The outer form of an answer to an interaction (Discord: Receiving and Responding, Interaction Response Structure).
 */
export const callbackSchema = z.object({ type: z.int(), data: z.unknown().optional() });

/** Which answers each kind of interaction takes. */
export const allowedCallbacks: Record<number, readonly number[]> = {
  2: [4, 5, 9],
  3: [4, 5, 6, 7, 9],
  4: [8],
  5: [4, 5, 6, 7],
};

const localized = z.record(z.string(), z.string().min(1).max(100)).nullish();

/** Answers to an autocompletion: at most 25. */
export const choicesSchema = z.object({
  choices: z
    .array(
      z.object({
        name: z.string().min(1).max(100),
        name_localizations: localized,
        value: z.union([z.string().min(1).max(100), z.number()]),
      }),
    )
    .max(25),
});

const row = z.object({
  type: z.literal(1),
  id: z.int().optional(),
  components: z.array(textInput.extend({ label: z.string().min(1).max(45) })).length(1),
});
const label = z.object({
  type: z.literal(18),
  id: z.int().optional(),
  label: z.string().min(1).max(45),
  description: z.string().max(100).nullish(),
  component: z.discriminatedUnion('type', [textInput, ...anySelect]),
});
const text = z.object({ type: z.literal(10), id: z.int().optional(), content: z.string().min(1).max(4000) });

/** A form to fill in: up to 5 parts. */
export const modalSchema = z.object({
  custom_id: z.string().min(1).max(100),
  title: z.string().min(1).max(45),
  components: z
    .array(z.discriminatedUnion('type', [row, label, text]))
    .min(1)
    .max(5),
});
