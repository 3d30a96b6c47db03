import type { FastifyRequest } from 'fastify';
import type { AuditRecord } from '#security/audit/record.ts';
import type { Change } from '../credential/credential-store.ts';

/** Who is behind a call, for the audit record of a change. */
export function changeBy(request: FastifyRequest): Change {
  const { caller, member } = request.grant;
  const actor: AuditRecord['actor'] =
    caller.kind === 'bot' ? { type: 'bot', id: caller.tenant } : { type: 'service', id: caller.name };
  // The request's own id: a grant may have been issued for an earlier request with the same facts.
  return { actor, requestId: request.id, ...(member ? { onBehalfOf: memberActor(member) } : {}) };
}

function memberActor(member: NonNullable<FastifyRequest['grant']['member']>): AuditRecord['actor'] {
  if (member.kind === 'discord') return { type: 'discord-member', id: member.user };
  return { type: member.subject.startsWith('operator:') ? 'operator' : 'tenant-member', id: member.subject };
}
