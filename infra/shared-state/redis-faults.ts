const wordsOf: readonly (readonly [RegExp, string])[] = [
  [/sentinel.*(?:WRONGPASS|NOAUTH)/i, 'the Sentinels do not accept this user and password'],
  [/sentinel.*NOPERM/i, 'the user of the Sentinels lacks a right there (infra/deploy/redis)'],
  [/WRONGPASS|NOAUTH/, 'it does not accept this user and password'],
  [/NOPERM|can't (?:run this|access at least)/, 'the user lacks a right there (infra/deploy/redis)'],
  [/but got an invalid reply/, 'no Sentinel knows a master of this name'],
  [/CLUSTERDOWN|Cluster isn't ready/, 'a part of the cluster has no server'],
  [/\b(?:ASK|MOVED) \d+ |\bTRYAGAIN\b/, 'a key is being moved to another server of the cluster'],
  [/cluster support disabled/, 'it is not a cluster'],
  [
    /unable to (?:verify|get)|self-signed certificate|certificate signature failure/,
    'its certificate is not signed by a trusted authority; name its authority in trustFile',
  ],
  [/does not match certificate's altnames/, 'its certificate is for another name than the one it is reached by'],
  [
    /Command timed out|Socket timeout|connect ETIMEDOUT|Connection is closed|isn't writeable|sentinels are unreachable/,
    'it does not answer',
  ],
];

/** What is wrong with Redis, in words for an operator, without the command that failed. */
export function redisFault(error: unknown): string {
  const message = messageOf(error);
  const known = wordsOf.find(([pattern]) => pattern.test(message));
  // Redis's own messages start with their kind in capitals and can quote what was sent.
  return known?.[1] ?? (/^[A-Z]+ /.exec(message)?.[0].trim() || message);
}

/** Where a name has several addresses, the error for all of them has only a code; a cluster's has that of its last server. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return messageOf(error.lastNodeError);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
