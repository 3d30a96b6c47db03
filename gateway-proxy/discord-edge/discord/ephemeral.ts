import type { Raw } from './raw.ts';

/** Discord's message flag EPHEMERAL: seen by one member only. */
export const ephemeralFlag = 1 << 6;

/** Of a message, or of what becomes one. */
export const isEphemeral = (message: Raw): boolean =>
  typeof message['flags'] === 'number' && (message['flags'] & ephemeralFlag) !== 0;
