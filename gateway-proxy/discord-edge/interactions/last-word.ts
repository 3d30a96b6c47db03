import { alreadyAcknowledged } from '../discord/discord-answers.ts';
import { ephemeralFlag, type TrackedInteraction } from './interaction.ts';
import type { InteractionSend } from './interactions.ts';

/** True whether or not anything was done: a bot may have died after acting and before answering. */
export const notFinished =
  'Something went wrong on my side, and your command may not have worked. Check the queue before you try again.';

/** Ends a deferred interaction with an apology: in place of "thinking", or below a button's message. */
export async function lastWord(
  send: InteractionSend,
  applicationId: string,
  interaction: TrackedInteraction,
  content = notFinished,
): Promise<Response> {
  const { deferral, token, original } = interaction;
  if (!deferral || deferral.type === 8) return alreadyAcknowledged();
  const webhook = `/webhooks/${applicationId}/${token}`;
  const message = { content, allowed_mentions: { parse: [] } };
  if (deferral.type === 5) {
    const path = `${webhook}/messages/${original ?? '@original'}`;
    const edited = await send({ method: 'PATCH', path, body: message });
    // 404: the bot has deleted it and nothing has followed.
    if (edited.status !== 404) return edited;
  }
  return send({ method: 'POST', path: webhook, body: { ...message, flags: ephemeralFlag } });
}
