/** SQLSTATEs of our own: a class that neither the SQL standard nor PostgreSQL uses. */
export const conditionStates = {
  /** The lease is held by another replica, or by none. */
  leaseHeld: 'BW001',
  /** The stored row has another version than the one that is replaced. */
  versionStored: 'BW002',
} as const;
type Condition = keyof typeof conditionStates;

/**
 * An expression that fails the transaction unless it is true: in the database, so that statements that rely on it, and the
 * commit, can be sent before its result is known.
 */
export const required = (condition: Condition, expression: string): string =>
  `require_condition(${expression}, '${conditionStates[condition]}')`;

/** Whether a statement failed because this condition does not hold. */
export const isUnmet = (error: unknown, condition: Condition): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === conditionStates[condition];
