import type { Member } from '#security/identity/transaction-token.ts';
import type { TransactionTokenFault } from '#infra/http/denial-codes.ts';
import type { Verdict } from '#infra/kernel/verdict.ts';
import type { Transaction } from '#security/identity/transaction-token.ts';
import { check, deny, pass, type CheckVerdict } from './check.ts';
import type { Identified } from '../exchange/exchange.ts';
import type { Caller } from '../exchange/facts.ts';
import type { TokenPorts } from './authenticate.ts';

/**
 * Is this call made for a member, and may the member's command lead to it? (draft-ietf-oauth-transaction-tokens) The
 * token must be for the same tenant and guild as the path, its scope must include the route's action, and a bot acts
 * for Discord members, the api for members of the tenant, never the other way round.
 */
export const onBehalfOf = check<TokenPorts, Identified>('on-behalf-of', (exchange, { tokens }) => {
  const { route } = exchange;
  if (route.member === 'none') return pass;
  const token = exchange.headers.get('txn-token');
  if (token === undefined) return route.member === 'optional' ? pass : deny('on-behalf-of.missing');
  const verified = tokens.transaction(token);
  return verified instanceof Promise
    ? verified.then((verdict) => transactionOf(exchange, verdict))
    : transactionOf(exchange, verified);
});

function transactionOf(
  { route, params, caller }: Identified,
  verified: Verdict<Transaction, TransactionTokenFault>,
): CheckVerdict {
  if (!verified.ok) return deny(`on-behalf-of.${verified.fault}`);
  const transaction = verified.value;
  if (transaction.tenant !== params.tenant) return deny('on-behalf-of.other-tenant');
  if (!mayPresent(caller, transaction.member)) return deny('on-behalf-of.other-presenter');
  const { guild } = transaction.member;
  if (params.guild !== undefined && guild !== undefined && guild !== params.guild)
    return deny('on-behalf-of.other-guild');
  if (!transaction.scope.includes(route.action)) return deny('on-behalf-of.out-of-scope');
  return pass.with({ transaction });
}

const mayPresent = (caller: Caller, member: Member): boolean =>
  member.kind === 'discord' ? caller.kind === 'bot' : caller.kind === 'service' && caller.name === 'api';
