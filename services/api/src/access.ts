import type { FastifyRequest } from 'fastify';
import { callerFault, BailiwickError } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Action } from '#policies/actions.ts';
import type { DecisionPoint } from '#policies/decision-point.ts';
import type { Decision } from '#policies/request.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { Agent } from '#security/identity/agent.ts';
import type { SessionStore } from './sessions/session-store.ts';

/** Who asks, and that a decision allowed it. */
export interface Access {
  /** `operator:<name>` or `discord:<user id>`. */
  readonly subject: string;
  readonly decision: Decision;
  /** A record of what was done under this decision. */
  record(event: Pick<AuditRecord, 'kind' | 'outcome'> & Partial<AuditRecord>): AuditRecord;
}

export interface AccessControl {
  /** @throws BailiwickError session.required (401) */
  subjectOf(request: FastifyRequest): Promise<string>;
  /**
   * Decides with the same rules as everywhere, and records a denial durably before it is answered.
   * @throws BailiwickError tenant.unknown (404) where the caller may not even know of the tenant, api.denied (403)
   */
  require(request: FastifyRequest, action: Action, about?: { tenant: TenantId; guild?: Snowflake }): Promise<Access>;
}

export function createAccessControl(ports: {
  readonly agent: Agent;
  readonly sessions: SessionStore;
  readonly decisionPoint: DecisionPoint;
  readonly denials: BatchJournal;
}): AccessControl {
  const { agent, sessions, decisionPoint, denials } = ports;

  const subjectOf = async (request: FastifyRequest): Promise<string> => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ', 2);
    const subject = scheme?.toLowerCase() === 'bearer' && token ? await sessions.find(token) : undefined;
    if (subject) return subject;
    throw callerFault('session.required', 'Sign in first: send `Authorization: Bearer <session>`.', 401);
  };

  const decide = (subject: string, action: Action, about?: { tenant: TenantId; guild?: Snowflake }) =>
    decisionPoint.decide({
      workload: agent.workload,
      action,
      member: { kind: 'tenant-member', subject },
      ...about,
    });

  return {
    subjectOf,
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

const unknownTenant = () => callerFault('tenant.unknown', 'There is no such tenant.', 404);

/** 404 for a tenant that the caller may not see, so that nobody learns which tenants there are. */
async function refusalFor(decision: Decision, mayKnow: Promise<Decision> | undefined): Promise<BailiwickError> {
  if (decision.reason === 'stale' || decision.reason === 'failed') {
    return new BailiwickError({ code: 'api.undecided', owner: 'platform', status: 503, message: decision.message });
  }
  if (mayKnow && !(await mayKnow).allowed) return unknownTenant();
  return callerFault('api.denied', `${decision.message} (decision ${decision.id})`, 403);
}
