import { interactionType, type WitnessedTransaction } from '../witness/witness.ts';
import { isRaw, text, type Raw } from '../discord/raw.ts';

/** Discord waits this long for the first answer (Discord: Receiving and Responding, Interaction Callback). */
export const callbackDeadlineMs = 3_000;

/** An interaction's token is valid for this long (Discord: Receiving and Responding, Followup Messages). */
export const interactionLifeMs = 15 * 60_000;

/** Callback types (Discord: Receiving and Responding, Interaction Callback Type). */
export const callbackType = {
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

/** The deferral: its type, and whether only the member sees what follows it. */
export interface Deferral {
  readonly type: 5 | 6 | 8;
  readonly ephemeral: boolean;
}

/**
 * One interaction on its way to an answer. pending: nobody has called back. deferred: the edge, or a bot that is gone,
 * has deferred, and the next bot's first answer has to become the edit that Discord now expects. acknowledged: a bot
 * has called back with a deferral and owes the content. answered: done.
 */
export interface TrackedInteraction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  /** There is a message of a button or modal to update. */
  readonly fromMessage: boolean;
  readonly receivedAtMs: number;
  readonly transaction: WitnessedTransaction | undefined;
  /** For redelivery; dropped once answered. */
  payload: Raw | undefined;
  state: 'pending' | 'deferred' | 'acknowledged' | 'answered';
  deferral: Deferral | undefined;
  /** What a bot requested after a deferral of another kind: the first content takes that form. */
  owed: { readonly kind: 'reply'; readonly ephemeral: boolean } | undefined;
  /** The message that the bot knows as `@original`, if Discord's own `@original` is a different one. */
  original: string | undefined;
  /** A callback whose outcome is unknown because its response was lost. */
  sent: Deferral | undefined;
  /** Nobody may answer it anymore: Discord no longer knows it, or the member was told that it was not completed. */
  lost: boolean;
}

/** An interaction as saved with the session, so that a restarted edge can continue with it. */
export type SavedInteraction = Omit<TrackedInteraction, 'transaction' | 'payload'> & {
  readonly transaction: WitnessedTransaction | null;
  readonly payload: Raw | null;
};

/** Reads INTERACTION_CREATE; undefined if there is nothing to answer. */
export function trackedInteraction(
  data: Raw,
  transaction: WitnessedTransaction | undefined,
  receivedAtMs: number,
): TrackedInteraction | undefined {
  const id = text(data['id']);
  const token = text(data['token']);
  const type = data['type'];
  if (id === undefined || token === undefined || typeof type !== 'number') return undefined;
  if (!Object.values<number>(interactionType).includes(type)) return undefined;
  return {
    id,
    token,
    type,
    fromMessage: isRaw(data['message']),
    receivedAtMs,
    transaction,
    payload: data,
    state: 'pending',
    deferral: undefined,
    owed: undefined,
    original: undefined,
    sent: undefined,
    lost: false,
  };
}

/**
 * What the edge answers for a bot that does not: a deferral for a command or a component, no choices for autocomplete.
 */
export function edgeDeferral(interaction: Pick<TrackedInteraction, 'type' | 'fromMessage'>): Deferral {
  if (interaction.type === interactionType.autocomplete) return { type: 8, ephemeral: false };
  return { type: interaction.fromMessage ? 6 : 5, ephemeral: false };
}

/** Discord's epoch, from which snowflakes count (Discord: Reference, Snowflakes). */
const discordEpochMs = 1_420_070_400_000n;

/** When Discord created an id, in milliseconds since the Unix epoch. */
export const madeAtMs = (snowflake: string): number =>
  /^\d{1,20}$/.test(snowflake) ? Number((BigInt(snowflake) >> 22n) + discordEpochMs) : 0;
