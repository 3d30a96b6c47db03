declare global {
  interface JSON {
    /** ECMAScript 2026, JSON.rawJSON: a value that is written as this text. */
    rawJSON(text: string): unknown;
  }
}

/** 64-bit ids have 17 digits or more; shorter numbers lose none. */
const mayLoseDigits = /\d{16}/;

/**
 * JSON.parse that loses no digit: an integer beyond 2^53, as clients in Python or Java send 64-bit ids, becomes a
 * bigint. Throws SyntaxError.
 */
export function parseLossless(text: string): unknown {
  return mayLoseDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/**
 * JSON.stringify for the values of `parseLossless`: a bigint is written as a number. `replace` may substitute each
 * value.
 */
export function stringifyLossless(value: unknown, replace: (inner: unknown) => unknown = (inner) => inner): string {
  return JSON.stringify(value, (_key, original: unknown) => {
    const inner = replace(original);
    return typeof inner === 'bigint' ? JSON.rawJSON(inner.toString()) : inner;
  });
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}
