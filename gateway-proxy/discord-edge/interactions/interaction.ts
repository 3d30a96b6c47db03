import { interactionType, type WitnessedTransaction } from '../witness/witness.ts';
import { isRaw, text, type Raw } from '../state/raw.ts';

/** Discord waits this long for the first answer (Discord: Receiving and Responding, Interaction Callback). */
export const callbackDeadlineMs = 3_000;

/** An interaction's token is good for this long (Discord: Receiving and Responding, Followup Messages). */
export const interactionLifeMs = 15 * 60_000;

/** Message flag: only the member sees it (Discord: Message Object, Message Flags). */
export const ephemeralFlag = 1 << 6;

/** Callback types (Discord: Receiving and Responding, Interaction Callback Type). */
export const callbackType = {
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

/** The answer that gave time: which one, and whether only the member sees what follows it. */
export interface Deferral {
  readonly type: 5 | 6 | 8;
  readonly ephemeral: boolean;
}

/**
 * One interaction on its way to an answer.
 * pending: nobody has called back. deferred: time was won, by the edge or by a bot that is gone, and the next bot's
 * first answer has to be turned into the edit that Discord now expects. acknowledged: a bot has called back with a
 * deferral and owes the content. answered: done.
 */
export interface TrackedInteraction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  /** A button's or modal's message is there to be updated. */
  readonly fromMessage: boolean;
  readonly receivedAtMs: number;
  readonly transaction: WitnessedTransaction | undefined;
  /** For delivering it again; dropped once answered. */
  payload: Raw | undefined;
  state: 'pending' | 'deferred' | 'acknowledged' | 'answered';
  deferral: Deferral | undefined;
  /** What a bot asked for after a deferral of another kind: the first content becomes that. */
  owed: { readonly kind: 'reply'; readonly ephemeral: boolean } | undefined;
  /** The message that `@original` stands for in the bot's eyes, when Discord's own `@original` is another. */
  original: string | undefined;
  /** A callback whose fate is not known: its answer was lost on the way. */
  sent: Deferral | undefined;
  /** Nobody may answer it any more: Discord refuses to hear of it, or the member was told that it was not finished. */
  lost: boolean;
}

/** An interaction as it is saved with the session, so that a restarted edge goes on with it. */
export type SavedInteraction = Omit<TrackedInteraction, 'transaction' | 'payload'> & {
  readonly transaction: WitnessedTransaction | null;
  readonly payload: Raw | null;
};

/** Reads INTERACTION_CREATE; nothing when there is nothing to answer. */
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

/** What the edge answers for a bot that does not: time for a command, silence for a button, no choices. */
export function edgeDeferral(interaction: Pick<TrackedInteraction, 'type' | 'fromMessage'>): Deferral {
  if (interaction.type === interactionType.autocomplete) return { type: 8, ephemeral: false };
  return { type: interaction.fromMessage ? 6 : 5, ephemeral: false };
}

/** Discord's epoch, from which snowflakes count (Discord: Reference, Snowflakes). */
const discordEpochMs = 1_420_070_400_000n;

/** When Discord made an id, in milliseconds since the epoch. */
export const madeAtMs = (snowflake: string): number =>
  /^\d{1,20}$/.test(snowflake) ? Number((BigInt(snowflake) >> 22n) + discordEpochMs) : 0;
