import type { DecisionPoint } from '#policies/decision-point.ts';
import type { Decision, DecisionRequest } from '#policies/request.ts';
import { check, deny, pass, type CheckVerdict } from './check.ts';
import type { Identified } from '../exchange/exchange.ts';

export interface AuthorizePorts {
  readonly decisions: Pick<DecisionPoint, 'decide'>;
}

/** The decision request for an exchange. For streams it is repeated. */
export function questionOf({ caller, route, params, transaction }: Identified): DecisionRequest {
  return {
    workload: caller,
    action: route.action,
    ...(params.tenant ? { tenant: params.tenant } : {}),
    ...(params.guild ? { guild: params.guild } : {}),
    ...(transaction ? { member: transaction.member } : {}),
  };
}

/**
 * May this workload do this, and, if it acts for a member, may they? The policy decision point decides; what it cannot
 * decide is denied. The member reads its message.
 */
export const authorize = check<AuthorizePorts, Identified, 'decision'>('authorize', (exchange, { decisions }) => {
  const decided = decisions.decide(questionOf(exchange));
  return decided instanceof Promise
    ? decided.then((decision) => outcomeOf(exchange, decision))
    : outcomeOf(exchange, decided);
});

function outcomeOf(exchange: Identified, decision: Decision): CheckVerdict<'decision'> {
  if (decision.allowed) return pass.with({ decision });
  exchange.add({ decision });
  const why = decision.reason === 'rule' || decision.reason === 'no-rule' ? 'denied' : decision.reason;
  return deny(`authorize.${why}`, {
    title: decision.message,
    decision: decision.id,
    ...(decision.rule === undefined ? {} : { rule: decision.rule }),
    ...(decision.by === undefined ? {} : { params: { by: decision.by } }),
    ...(why === 'stale' || why === 'failed' ? { retryAfterSec: 1 } : {}),
  });
}
