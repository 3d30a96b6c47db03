/** A limit as reported to callers (draft-ietf-httpapi-ratelimit-headers-10). */
export interface ToldLimit {
  /** The policy's name: a word of lower-case letters and hyphens. */
  readonly policy: string;
  readonly quota: number;
  /** The window of the quota in seconds; undefined for a limit on concurrency. */
  readonly windowSec?: number;
  readonly left: number;
  /** Seconds until there is more. */
  readonly resetSec?: number;
}

/** RateLimit-Policy and RateLimit, as structured fields (RFC 9651). */
export function rateLimitHeaders({ policy, quota, windowSec, left, resetSec }: ToldLimit): Record<string, string> {
  const span = windowSec === undefined ? ';qu="concurrent-requests"' : `;w=${windowSec}`;
  const reset = resetSec === undefined ? '' : `;t=${resetSec}`;
  return { 'ratelimit-policy': `"${policy}";q=${quota}${span}`, ratelimit: `"${policy}";r=${left}${reset}` };
}
