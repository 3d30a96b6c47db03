import type { Finding } from '#tenants/application-check/findings.ts';
import type { SessionStatus } from './gateway-session.ts';

/** GET /v1/tenants/:tenant/session. */
export interface SessionState {
  readonly status: SessionStatus;
  readonly reason?: string | undefined;
  readonly guilds: number;
  /** Servers that Discord itself cannot reach at the moment; not among `guilds`. */
  readonly unavailableGuilds?: number | undefined;
  /** What was changed at Discord since onboarding. */
  readonly findings?: readonly Finding[] | undefined;
  readonly latencyMs?: number | undefined;
  readonly applicationId?: string | undefined;
  readonly botUserId?: string | undefined;
}
