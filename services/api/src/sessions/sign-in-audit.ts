import type { FastifyRequest } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';

/** Events of people's sessions, each recorded in the installation's log before the response. */
export interface SignInAudit {
  record(
    request: FastifyRequest,
    event: {
      readonly action: 'session.sign-in' | 'session.sign-out' | 'session.sign-out-everywhere' | 'session.refresh';
      readonly outcome: AuditRecord['outcome'];
      /** The subject of the session; undefined if unknown. */
      readonly subject?: string;
      readonly method?: string;
      /** A stable code. */
      readonly reason?: string;
    },
  ): Promise<void>;
}

const actorOf = (subject: string | undefined): AuditRecord['actor'] => {
  if (subject === undefined) return { type: 'platform', id: 'unknown' };
  return { type: subject.startsWith('operator:') ? 'operator' : 'tenant-member', id: subject };
};

/** Where a request came from, as gateway-proxy saw it. */
export const addressOf = (request: FastifyRequest): string =>
  String(request.headers['x-forwarded-for'] ?? 'unknown').slice(0, 64);

export const createSignInAudit = (journal: BatchJournal, clock: Clock): SignInAudit => ({
  record: (request, { action, outcome, subject, method, reason }) =>
    journal.add(
      auditRecord(
        {
          tenant: installationLog,
          kind: 'security',
          action,
          outcome,
          actor: actorOf(subject),
          requestId: request.id,
          ...(reason === undefined ? {} : { reason }),
          detail: { address: addressOf(request), ...(method === undefined ? {} : { method }) },
        },
        clock.now(),
      ),
    ),
});
