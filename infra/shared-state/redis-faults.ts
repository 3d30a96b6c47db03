const wordsOf: readonly (readonly [RegExp, string])[] = [
  [/^WRONGPASS|^NOAUTH/, 'it does not accept this user and password'],
  [/^NOPERM|can't (?:run this|access at least)/, 'the user lacks a right there (infra/deploy/redis/users.acl)'],
  [/^Command timed out|^Socket timeout|^connect ETIMEDOUT|^Connection is closed|isn't writeable/, 'it does not answer'],
  [
    /unable to (?:verify|get)|self-signed certificate|certificate signature failure/,
    'its certificate is not signed by a trusted authority; name its authority in trustFile',
  ],
];

/** What is wrong with Redis, in words for an operator, without the command that failed. */
export function redisFault(error: unknown): string {
  const message = messageOf(error);
  const known = wordsOf.find(([pattern]) => pattern.test(message));
  // Redis's own messages start with their kind in capitals and can quote what was sent.
  return known?.[1] ?? (/^[A-Z]+ /.exec(message)?.[0].trim() || message);
}

/** Where a name has several addresses, the error for all of them has only a code. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.message || ('code' in error ? String(error.code) : error.name);
}
