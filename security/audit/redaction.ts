import type { Snowflake } from '#infra/kernel/ids.ts';
import type { AuditRecord } from './record.ts';

/** What stands in a record instead of a member's id. */
export const erasedId = 'erased';

/** The action of the records that announce redactions, and their number. */
export const erasureAction = 'member.erase';

/** Who acts in the portal or the API: what they do there is the evidence for which the log is kept. */
const administrators: readonly AuditRecord['actor']['type'][] = ['tenant-member', 'operator'];

/**
 * A record without a member: wherever their Discord id stands, `erased` does instead, and the digest of what they
 * entered is left out. Undefined if it does not name them, or tells what they did, or became, as a member of the tenant.
 */
export function withoutMember(record: AuditRecord, user: Snowflake): AuditRecord | undefined {
  const { actor, onBehalfOf, target, reason, detail, optionsDigest, ...others } = record;
  const subjects = [`discord:${user}`, `operator:${user}`];
  const asAdministrator = [actor, onBehalfOf].some(
    (each) => each && administrators.includes(each.type) && subjects.includes(each.id),
  );
  if (asAdministrator || subjects.some((subject) => target === `member:${subject}`)) return undefined;
  const id = new RegExp(String.raw`(?<!\d)${user}(?!\d)`, 'g');
  let found = false;
  const without = (text: string): string =>
    text.replace(id, () => {
      found = true;
      return erasedId;
    });
  const person = (each: AuditRecord['actor']) => ({ ...each, id: without(each.id) });
  const isTheirs = [actor, onBehalfOf].some((each) => each?.id === user);
  const redacted: AuditRecord = {
    ...others,
    actor: person(actor),
    ...(onBehalfOf ? { onBehalfOf: person(onBehalfOf) } : {}),
    ...(target === undefined ? {} : { target: without(target) }),
    ...(reason === undefined ? {} : { reason: without(reason) }),
    ...(detail ? { detail: detailWithout(detail, without) } : {}),
    ...(optionsDigest === undefined || isTheirs ? {} : { optionsDigest }),
  };
  return found ? redacted : undefined;
}

const detailWithout = (
  detail: NonNullable<AuditRecord['detail']>,
  without: (text: string) => string,
): NonNullable<AuditRecord['detail']> =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name, typeof value === 'string' ? without(value) : value]),
  );

/** How many redactions a record announces; 0 for every other record. */
export function redactionsIn({ action, kind, detail }: Partial<AuditRecord>): number {
  const records = detail?.['records'];
  return action === erasureAction && kind === 'change' && Number.isSafeInteger(records)
    ? Math.max(0, Number(records))
    : 0;
}
