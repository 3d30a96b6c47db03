import { isRaw, type Raw } from '../discord/raw.ts';
import type { TrackedInteraction } from './interaction.ts';
import type { InteractionSend } from './interaction-send.ts';

/** Discord's message flag LOADING: a deferral whose content is still to come (Discord: Message Flags). */
const loadingFlag = 1 << 7;

/** How to reach Discord about an application's interactions. */
export interface InteractionDoor {
  readonly applicationId: string;
  /** One call with an interaction's own token, without the bot's. */
  readonly send: InteractionSend;
}

/**
 * The answer that a member already sees, given through an edge that ended before it could note it; undefined if Discord
 * still shows "is thinking", or if it cannot be told: below a button or a menu, the original is the message that has it.
 */
export async function shownAnswer(
  { applicationId, send }: InteractionDoor,
  { deferral, token, original }: TrackedInteraction,
): Promise<Raw | undefined> {
  if (deferral?.type !== 5) return undefined;
  const path = `/webhooks/${applicationId}/${token}/messages/${original ?? '@original'}`;
  const answer = await send({ method: 'GET', path });
  if (!answer.ok) return undefined;
  const message: unknown = await answer.json().catch(() => undefined);
  return isRaw(message) && (Number(message['flags'] ?? 0) & loadingFlag) === 0 ? message : undefined;
}
