/**
 * What a process can do with its keys. `works`: everything; `sealed`: their keeper is locked, and somebody has to unlock
 * it; `no-answer`: it cannot be reached, or answers too late or with errors of its own; `refuses`: it answers, and does
 * not accept the process's sign-in or lacks a right for it. Only in the first can anything be sealed, or opened whose data
 * key is not cached.
 */
export const custodianStates = ['works', 'sealed', 'no-answer', 'refuses'] as const;
export type CustodianState = (typeof custodianStates)[number];

/** Why keys cannot be used. */
export type KeysAway = Exclude<CustodianState, 'works'>;

/** As people read them. */
export const custodianStateLabels: Readonly<Record<CustodianState, string>> = {
  works: 'Works',
  sealed: 'Sealed',
  'no-answer': 'Does not answer',
  refuses: 'Refuses access',
};
