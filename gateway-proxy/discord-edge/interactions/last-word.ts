import { alreadyAcknowledged } from '../discord/discord-answers.ts';
import { ephemeralFlag } from '../discord/ephemeral.ts';
import type { TrackedInteraction } from './interaction.ts';
import { sentenceFor } from './sentences.ts';
import type { InteractionSend } from './interaction-send.ts';

/** Ends a deferred interaction with an apology: in place of "thinking", or below a button's message. */
export async function lastWord(
  send: InteractionSend,
  applicationId: string,
  interaction: TrackedInteraction,
): Promise<Response> {
  const { deferral, token, original } = interaction;
  if (!deferral || deferral.type === 8) return alreadyAcknowledged();
  const webhook = `/webhooks/${applicationId}/${token}`;
  const message = (seenBy: 'member' | 'everybody') => ({
    content: sentenceFor(interaction, 'notFinished', seenBy),
    allowed_mentions: { parse: [] },
  });
  if (deferral.type === 5) {
    const path = `${webhook}/messages/${original ?? '@original'}`;
    const edited = await send({ method: 'PATCH', path, body: message(deferral.ephemeral ? 'member' : 'everybody') });
    // 404: the bot has deleted it and nothing has followed.
    if (edited.status !== 404) return edited;
  }
  return send({ method: 'POST', path: webhook, body: { ...message('member'), flags: ephemeralFlag } });
}
