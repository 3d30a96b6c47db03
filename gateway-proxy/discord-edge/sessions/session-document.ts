import { z } from 'zod';
import type { SavedInteraction } from '../interactions/interaction.ts';
import type { ControlMessage } from '../rest/controls.ts';
import type { TalkBelow } from '../state/talk.ts';
import type { BookDocument } from '../state/guild-book.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What is saved beside a session, sealed. Only the edge writes and reads it, so only its outline is checked. */
const documentSchema = z.object({
  book: z.custom<BookDocument>(isObject),
  interactions: z.array(z.custom<SavedInteraction>(isObject)),
  controls: z.array(z.custom<ControlMessage>(isObject)).default([]),
  talk: z.array(z.custom<TalkBelow>(isObject)).default([]),
  /** The channel whose status the bot has set, by guild. */
  voiceStatuses: z.record(z.string(), z.string()).default({}),
  /** Whether the session began with the intent for the content of messages. */
  hasContent: z.boolean().default(false),
});

/** Throws a ZodError for anything that no edge has written. */
export const readDocument = (document: unknown): z.infer<typeof documentSchema> => documentSchema.parse(document);
