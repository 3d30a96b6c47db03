import type { FastifyRequest } from 'fastify';
import { callerFault, BailiwickError } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Action } from '#policies/actions.ts';
import type { DecisionPoint } from '#policies/decision-point.ts';
import type { Decision } from '#policies/request.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { Agent } from '#security/identity/agent.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import type { BrowserSessions } from './sessions/browser-sessions.ts';
import type { SessionStore } from './sessions/session-store.ts';

/** Who asks, and how they proved it. */
export interface Identity {
  /** `operator:<name>` or `discord:<user id>`. */
  readonly subject: string;
  /** The sign-in of a browser; nothing for a command line's session. */
  readonly signIn?: string;
}

/** Who asks, and that a decision allowed it. */
export interface Access {
  /** `operator:<name>` or `discord:<user id>`. */
  readonly subject: string;
  readonly decision: Decision;
  /** A record of what was done under this decision. */
  record(event: Pick<AuditRecord, 'kind' | 'outcome'> & Partial<AuditRecord>): AuditRecord;
}

export interface AccessControl {
  /** @throws BailiwickError session.required (401), session.cross-site (403), session.ambiguous (401) */
  identityOf(request: FastifyRequest): Promise<Identity>;
  /** The subject alone. */
  subjectOf(request: FastifyRequest): Promise<string>;
  /**
   * Decides with the same rules as everywhere, and records a denial durably before it is answered.
   * @throws BailiwickError tenant.unknown (404) where the caller may not even know of the tenant, api.denied (403)
   */
  require(request: FastifyRequest, action: Action, about?: { tenant: TenantId; guild?: Snowflake }): Promise<Access>;
  /**
   * Whether whoever sent this request may still do this, for what goes on after it: the session is looked up anew and
   * nothing is recorded. undecided: it cannot be known at the moment.
   */
  standing(
    request: FastifyRequest,
    action: Action,
    about: { tenant: TenantId },
  ): Promise<'allowed' | 'refused' | 'undecided'>;
}

export function createAccessControl(ports: {
  readonly agent: Agent;
  readonly sessions: SessionStore;
  readonly browsers: BrowserSessions;
  readonly decisionPoint: DecisionPoint;
  readonly denials: BatchJournal;
}): AccessControl {
  const { agent, decisionPoint, denials } = ports;
  const identify = identifier(ports);
  const identityOf = rememberFor(identify);
  const subjectOf = async (request: FastifyRequest) => (await identityOf(request)).subject;

  const decide = (subject: string, action: Action, about?: { tenant: TenantId; guild?: Snowflake }) => {
    const member = { kind: 'tenant-member', subject } as const;
    // The installation's log is nobody's but the operators', whatever is asked of it.
    if (about?.tenant === installationLog)
      return decisionPoint.decide({ workload: agent.workload, action: 'operator.read', member });
    return decisionPoint.decide({ workload: agent.workload, action, member, ...about });
  };

  return {
    identityOf,
    subjectOf,
    async standing(request, action, about) {
      try {
        const { allowed, reason } = await decide((await identify(request)).subject, action, about);
        if (allowed) return 'allowed';
        return reason === 'stale' || reason === 'failed' ? 'undecided' : 'refused';
      } catch (error) {
        return error instanceof BailiwickError && error.owner === 'caller' ? 'refused' : 'undecided';
      }
    },
    async require(request, action, about) {
      const subject = await subjectOf(request);
      const decision = await decide(subject, action, about);
      const recordOf = (event: Pick<AuditRecord, 'kind' | 'outcome'> & Partial<AuditRecord>, tenant: TenantId) =>
        auditRecord(
          {
            tenant,
            action,
            actor: { type: subject.startsWith('operator:') ? 'operator' : 'tenant-member', id: subject },
            decision: decision.id,
            policyVersion: decision.version,
            requestId: request.id,
            ...(decision.rule === undefined ? {} : { rule: decision.rule }),
            ...(about?.guild === undefined ? {} : { guild: about.guild }),
            ...event,
          },
          Date.now(),
        );
      if (!decision.allowed) {
        if (decision.reason === 'unknown-tenant') throw unknownTenant();
        if (about) {
          const { reason } = decision;
          await denials.add(recordOf({ kind: 'decision', outcome: 'denied', reason }, about.tenant));
        }
        throw await refusalFor(decision, about && decide(subject, 'tenant.read', about));
      }
      return {
        subject,
        decision,
        record: (event) => recordOf(event, event.tenant ?? (about?.tenant as TenantId)),
      };
    },
  };
}

/** A bearer value if one is sent, else the cookies: what is sent by hand goes before what a browser attaches. */
function identifier({ sessions, browsers }: { sessions: SessionStore; browsers: BrowserSessions }) {
  return async (request: FastifyRequest): Promise<Identity> => {
    const { authorization } = request.headers;
    const [scheme, token] = (authorization ?? '').split(' ', 2);
    if (authorization === undefined) {
      const browser = await browsers.identify(request);
      if (browser) return browser;
    } else if (scheme?.toLowerCase() === 'bearer' && token) {
      const subject = await sessions.find(token);
      if (subject) return { subject };
    }
    throw callerFault('session.required', 'Sign in first: send `Authorization: Bearer <session>`.', 401);
  };
}

/** Asked several times within one request, looked up once. */
function rememberFor(identify: (request: FastifyRequest) => Promise<Identity>) {
  const known = new WeakMap<FastifyRequest, Promise<Identity>>();
  return (request: FastifyRequest): Promise<Identity> => {
    const identity = known.get(request) ?? identify(request);
    known.set(request, identity);
    return identity;
  };
}

const unknownTenant = () => callerFault('tenant.unknown', 'There is no such tenant.', 404);

/** 404 for a tenant that the caller may not see, so that nobody learns which tenants there are. */
async function refusalFor(decision: Decision, mayKnow: Promise<Decision> | undefined): Promise<BailiwickError> {
  if (decision.reason === 'stale' || decision.reason === 'failed') {
    return new BailiwickError({ code: 'api.undecided', owner: 'platform', status: 503, message: decision.message });
  }
  if (mayKnow && !(await mayKnow).allowed) return unknownTenant();
  return callerFault('api.denied', `${decision.message} (decision ${decision.id})`, 403);
}
