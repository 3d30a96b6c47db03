import type { Finding } from '#tenants/application-check/findings.ts';
import type { SessionStatus } from './gateway-session.ts';

/** The response to GET /v1/tenants/:tenant/session. */
export interface SessionState {
  readonly status: SessionStatus;
  readonly reason?: string | undefined;
  readonly guilds: number;
  /** Servers that are unavailable at Discord right now; not included in `guilds`. */
  readonly unavailableGuilds?: number | undefined;
  /** Settings that were changed at Discord since onboarding. */
  readonly findings?: readonly Finding[] | undefined;
  readonly latencyMs?: number | undefined;
  readonly applicationId?: string | undefined;
  readonly botUserId?: string | undefined;
}
