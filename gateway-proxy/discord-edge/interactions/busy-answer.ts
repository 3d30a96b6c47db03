import { isMomentary } from '../discord/discord-answers.ts';
import type { Raw } from '../discord/raw.ts';
import { interactionType } from '../witness/witness.ts';
import type { Answers } from './answers.ts';
import { ephemeralFlag } from '../discord/ephemeral.ts';
import { callbackType, type TrackedInteraction } from './interaction.ts';
import { sentenceFor } from './sentences.ts';

/** Of the same kind as any earlier deferral, so that it becomes an edit of it. Autocomplete has no text. */
export function busyAnswer(interaction: Pick<TrackedInteraction, 'type' | 'deferral' | 'payload'>): Raw {
  const { type, deferral } = interaction;
  if (type === interactionType.autocomplete) return { type: callbackType.choices, data: { choices: [] } };
  const isPublic = deferral?.type === 5 && !deferral.ephemeral;
  const content = sentenceFor(interaction, 'busy', isPublic ? 'everybody' : 'member');
  return { type: callbackType.message, data: { content, ...(isPublic ? {} : { flags: ephemeralFlag }) } };
}

/** Tells the member in the bot's place. False if it can be retried. */
export async function answerBusy(answers: Answers, interaction: TrackedInteraction): Promise<boolean> {
  const answer = await answers.callback(interaction, busyAnswer(interaction), { key: 'busy' });
  return answer.ok || isMomentary(answer) === undefined;
}
