const maxTextLength = 500;

/**
 * The part of an error that is worth logging: name, code, message and cause, shortened. No stack: in a bundle, a line
 * of it is the whole program.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error).slice(0, maxTextLength);
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message.slice(0, maxTextLength),
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
