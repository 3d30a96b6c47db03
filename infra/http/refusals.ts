import type { DenialCode, GuardCode } from './denial-codes.ts';

/** Carries the code of a refusal whose body has another format, as on the way to Discord. */
export const refusedHeader = 'x-bailiwick-refused';

/**
 * The outcome of a transient refusal. not-done: nothing happened, the call can be repeated. unknown: it may have
 * happened, so only a call that is safe to repeat can be repeated.
 */
export type Momentary = 'not-done' | 'unknown';

/** At gateway-proxy. An expired token is replaced before the next attempt. */
const byProxy: Partial<Record<DenialCode, Momentary>> = {
  'canonical-request.timeout': 'not-done',
  'authenticate.expired': 'not-done',
  'authenticate.not-fresh': 'not-done',
  'authenticate.unknown-key': 'not-done',
  'on-behalf-of.not-fresh': 'not-done',
  'authorize.stale': 'not-done',
  'authorize.failed': 'not-done',
  'limit.rate': 'not-done',
  'limit.in-flight': 'not-done',
  'limit.denials': 'not-done',
  'limit.overloaded': 'not-done',
  'once-only.unavailable': 'not-done',
  'record.failed': 'not-done',
  'forward.moving': 'not-done',
  'forward.no-grant': 'not-done',
  'forward.not-sent': 'not-done',
  'forward.breaker-open': 'not-done',
  'forward.timeout': 'unknown',
  'forward.unreachable': 'unknown',
};

/** At the service behind it. A grant expires while its service is frozen. */
const byGuard: Partial<Record<GuardCode, Momentary>> = {
  'guard.not-fresh': 'not-done',
  'guard.expired': 'not-done',
  'guard.unknown-key': 'not-done',
};

/** Every transient refusal; all others are final. The only list of them, for everything that retries calls. */
const momentary: Readonly<Record<string, Momentary>> = {
  // Before gateway-proxy (services/gateway).
  'door.refused': 'not-done',
  'door.timeout': 'not-done',
  'proxy.not-sent': 'not-done',
  'proxy.unreachable': 'unknown',
  'proxy.timeout': 'unknown',
  ...byProxy,
  ...byGuard,
  'lease.uncertain': 'not-done',
  'database.unavailable': 'unknown',
  'database.busy': 'not-done',
  'database.conflict': 'not-done',
  'database.full': 'not-done',
  // Between discord-edge and Discord (gateway-proxy/discord-edge).
  'session.resuming': 'not-done',
  'discord.not-sent': 'not-done',
  'discord.too-many-at-once': 'not-done',
  'discord.invalid-requests': 'not-done',
  'discord.unreachable': 'unknown',
};

/**
 * Reads a response's status and the code of its refusal. Without a code it comes from Discord, whose libraries wait for
 * its 429 by themselves.
 */
export function momentaryRefusal(status: number, code: string | undefined): Momentary | undefined {
  if (code !== undefined) return momentary[code];
  return status >= 500 ? 'unknown' : undefined;
}

/** The delay of Retry-After in milliseconds (RFC 9110 10.2.3), in its form of seconds; 0 if missing. */
export function retryAfterMs(value: string | null | undefined): number {
  const seconds = Number(value ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
