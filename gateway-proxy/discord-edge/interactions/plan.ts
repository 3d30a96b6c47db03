import { ephemeralFlag, isEphemeral } from '../discord/ephemeral.ts';
import { interactionType } from '../witness/witness.ts';
import { isRaw, type Raw } from '../discord/raw.ts';
import { callbackType, type TrackedInteraction } from './interaction.ts';

/**
 * What to do with a bot's callback. forward: send it to Discord as it is. acknowledge: nothing, Discord has already
 * been told. edit: a PATCH of `@original`. replace: delete `@original` and send a follow-up, since a message cannot
 * become ephemeral or public afterwards. follow-up: a new message. refuse: 40060, it can no longer be done.
 */
export type CallbackPlan =
  | { readonly do: 'forward' }
  | { readonly do: 'acknowledge'; readonly owed?: { readonly kind: 'reply'; readonly ephemeral: boolean } }
  | { readonly do: 'edit' | 'replace' | 'follow-up'; readonly message: Raw }
  | { readonly do: 'refuse' };

type Known = Pick<TrackedInteraction, 'state' | 'deferral' | 'type'>;

/** Decides on a bot's first answer to an interaction that may have been deferred for it. */
export function planCallback(interaction: Known, body: Raw): CallbackPlan {
  if (interaction.state === 'pending') return { do: 'forward' };
  if (interaction.state !== 'deferred' || !interaction.deferral) return { do: 'refuse' };
  const message = isRaw(body['data']) ? body['data'] : {};
  const ephemeral = isEphemeral(message);
  const { deferral } = interaction;
  if (interaction.type === interactionType.autocomplete) {
    return body['type'] === callbackType.choices ? { do: 'acknowledge' } : { do: 'refuse' };
  }
  switch (body['type']) {
    case callbackType.message:
      if (deferral.type === 6) return { do: 'follow-up', message };
      return { do: ephemeral === deferral.ephemeral ? 'edit' : 'replace', message };
    case callbackType.deferredMessage:
      if (deferral.type === 5 && ephemeral === deferral.ephemeral) return { do: 'acknowledge' };
      return { do: 'acknowledge', owed: { kind: 'reply', ephemeral } };
    case callbackType.deferredUpdate:
      return deferral.type === 6 ? { do: 'acknowledge' } : { do: 'refuse' };
    case callbackType.update:
      return deferral.type === 6 ? { do: 'edit', message } : { do: 'refuse' };
    default:
      return { do: 'refuse' };
  }
}

/** Decides on a bot's first content after a deferral that was not quite what it asked for. */
export function planContent(
  interaction: Pick<TrackedInteraction, 'deferral' | 'owed'>,
): { readonly do: 'forward' } | { readonly do: 'replace' | 'follow-up'; readonly ephemeral: boolean } {
  const { deferral, owed } = interaction;
  if (!owed || !deferral) return { do: 'forward' };
  return { do: deferral.type === 6 ? 'follow-up' : 'replace', ephemeral: owed.ephemeral };
}

/** Flags that an edit may carry: suppressed embeds, version 2 components (Discord: Edit Webhook Message). */
const editableFlags = (1 << 2) | (1 << 15);
const editableFields = ['content', 'embeds', 'components', 'allowed_mentions', 'attachments', 'poll'];

/** A new message's fields as an edit of an existing message accepts them. */
export function asEdit(message: Raw): Raw {
  const edit: Raw = {};
  for (const field of editableFields) if (field in message) edit[field] = message[field];
  const flags = typeof message['flags'] === 'number' ? message['flags'] & editableFlags : 0;
  return flags === 0 ? edit : { ...edit, flags };
}

/** A message's fields as a follow-up accepts them. */
export function asFollowUp(message: Raw, ephemeral: boolean): Raw {
  const flags = typeof message['flags'] === 'number' ? message['flags'] : 0;
  const wanted = ephemeral ? flags | ephemeralFlag : flags & ~ephemeralFlag;
  const { flags: _given, ...rest } = message;
  return wanted === 0 ? rest : { ...rest, flags: wanted };
}
