import {
  alreadyAcknowledgedCode,
  discordCode,
  isMomentary,
  unknownInteractionCode,
} from '../discord/discord-answers.ts';
import { isRaw, type Raw } from '../discord/raw.ts';
import { callbackType, edgeDeferral, type Deferral, type TrackedInteraction } from './interaction.ts';
import { isEphemeral } from '../discord/ephemeral.ts';
import { shownAnswer, type InteractionDoor } from './shown-answer.ts';

/**
 * The outcome of a callback. `before`: an earlier one was accepted; unless its answer is `shown`, Discord waits for
 * content.
 */
export type CallbackOutcome =
  | { readonly heard: 'now' | 'not'; readonly answer: Response }
  | { readonly heard: 'before'; readonly shown: Raw | undefined };

/**
 * Sends the one callback of an interaction. An earlier one may have been accepted although its response was lost, or
 * the edge that sent it died: then Discord refuses this one (40060), and unless an answer is shown, the interaction
 * counts as deferred.
 */
export async function sendCallback(
  door: InteractionDoor,
  interaction: TrackedInteraction,
  body: Raw,
  query?: URLSearchParams,
): Promise<CallbackOutcome> {
  const { id, token } = interaction;
  const answer = await door.send({ method: 'POST', path: `/interactions/${id}/${token}/callback`, body, query });
  if (answer.ok) return { heard: 'now', answer };
  if (isMomentary(answer) === 'unknown') interaction.sent ??= deferralLike(interaction, body);
  const code = await discordCode(answer);
  if (code === unknownInteractionCode) interaction.lost = true;
  if (code !== alreadyAcknowledgedCode) return { heard: 'not', answer };
  interaction.state = 'deferred';
  interaction.deferral = interaction.sent ?? edgeDeferral(interaction);
  return { heard: 'before', shown: await shownAnswer(door, interaction) };
}

/** The deferral after which a further answer is given in the same way as after this callback. */
function deferralLike(interaction: TrackedInteraction, body: Raw): Deferral {
  const ephemeral = isEphemeral(isRaw(body['data']) ? body['data'] : {});
  switch (body['type']) {
    case callbackType.message:
    case callbackType.deferredMessage:
      return { type: 5, ephemeral };
    case callbackType.update:
    case callbackType.deferredUpdate:
      return { type: 6, ephemeral };
    default:
      return edgeDeferral(interaction);
  }
}
