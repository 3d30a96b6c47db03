import { parseJson } from '#infra/kernel/json.ts';
import { callDigest, emptyCall, type CallParameters } from '#policies/entered.ts';
import { check, deny, pass, type CheckVerdict } from './check.ts';
import type { Identified } from '../exchange/exchange.ts';

/** Far more than the options of any command need. */
const maxBytes = 128 * 1024;
const refused = deny('on-behalf-of.not-as-entered');

/**
 * Does the call match what the member entered? The edge has signed a digest of the parameters that each action may
 * carry (policies/commands.ts, commandParameters); an action without one carries none. What people do in the portal is
 * witnessed by the api, which makes the call itself.
 */
export const asEntered = check<object, Identified>('as-entered', (exchange) => {
  const { transaction, bodyExpected } = exchange;
  if (transaction?.member.kind !== 'discord') return pass;
  if (!bodyExpected) return compare(exchange, undefined);
  return exchange
    .body()
    .then((body) => (Buffer.isBuffer(body) ? compare(exchange, body) : { passed: false, denial: body }));
});

function compare({ transaction, route, query }: Identified, body: Buffer | undefined): CheckVerdict {
  const expected = transaction?.interaction?.callDigests?.[route.action] ?? emptyCall;
  if (expected === emptyCall && query === '' && body === undefined) return pass;
  const said = parametersOf(route.paged ? withoutPage(query) : query, body);
  return said && callDigest(said) === expected ? pass : refused;
}

/** Which part of a list a bot shows says nothing about which list it is. */
function withoutPage(query: string): string {
  const parameters = new URLSearchParams(query);
  for (const name of ['from', 'limit']) parameters.delete(name);
  return parameters.toString();
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isPlain = (value: unknown): boolean => isText(value) || typeof value === 'boolean' || Number.isFinite(value);

/** Undefined for anything ambiguous, or with more than plain values and lists of texts. */
function parametersOf(query: string, body: Buffer | undefined): CallParameters | undefined {
  if (query.length > maxBytes || (body && body.length > maxBytes)) return undefined;
  const document = body ? parseJson(body.toString('utf8')) : {};
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  const said = [...new URLSearchParams(query), ...Object.entries(document)];
  const names = new Set(said.map(([name]) => name));
  const plain = said.every(([, value]) => isPlain(value) || (Array.isArray(value) && value.every(isText)));
  return plain && names.size === said.length ? (Object.fromEntries(said) as CallParameters) : undefined;
}
