/** A limit as its callers are told of it (draft-ietf-httpapi-ratelimit-headers-10). */
export interface ToldLimit {
  /** The policy's name: a word of lower-case letters and hyphens. */
  readonly policy: string;
  readonly quota: number;
  /** Over how many seconds the quota is given; nothing where it is of what runs at the same time. */
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
