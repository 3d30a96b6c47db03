import { erasedId } from '#security/audit/redaction.ts';
import { actions } from '#security/identity/actions.ts';
import { displayName } from '#infra/kernel/names.ts';
import type { AuditFilters, AuditRecord, SealedRecord } from '../../api/types.ts';
import type { MemberNames, WantedName } from '../../app/member-names.ts';
import type { People } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';

/** The screen's filters: the API's, with `show` in place of `by`. */
export type ShownFilters = Omit<AuditFilters, 'by'> & { readonly show?: 'everything' };

/** Only actions by people, unless `show` is 'everything'. */
export const queryOf = ({ show, ...filters }: ShownFilters): AuditFilters =>
  show === 'everything' ? filters : { ...filters, by: 'people' };

/** An export contains actions by everybody, and the search does not apply to it. */
export const exportedOf = ({ show: _show, text: _text, ...filters }: ShownFilters): Omit<AuditFilters, 'by' | 'text'> =>
  filters;

/** Routine actions of the platform: recorded, but seldom what somebody looks for. */
const isUpkeep = ({ record }: SealedRecord): boolean =>
  record !== null &&
  record.outcome === 'allowed' &&
  record.onBehalfOf === undefined &&
  record.kind === 'decision' &&
  (record.actor.type === 'service' || record.actor.type === 'bot');

type Folded = SealedRecord | { readonly upkeep: readonly SealedRecord[] };

/** Folds adjacent upkeep records into one row. */
export function folded(records: readonly SealedRecord[]): readonly Folded[] {
  const rows: Folded[] = [];
  let run: SealedRecord[] = [];
  const flush = () => {
    if (run.length > 1) rows.push({ upkeep: run });
    else rows.push(...run);
    run = [];
  };
  for (const sealed of records) {
    if (isUpkeep(sealed)) run.push(sealed);
    else {
      flush();
      rows.push(sealed);
    }
  }
  flush();
  return rows;
}

/** A failed command has two records: that it was allowed, and why it failed. Only the latter is needed. */
export function withoutRetold(records: readonly SealedRecord[]): readonly SealedRecord[] {
  const keyOf = ({ action, requestId }: AuditRecord) => `${requestId} ${action}`;
  const failed = new Set(
    records.flatMap(({ record }) => (record?.outcome === 'failed' && record.requestId ? [keyOf(record)] : [])),
  );
  return records.filter(({ record }) => record?.outcome !== 'allowed' || !failed.has(keyOf(record)));
}

/** The members whose names the records need. */
export const membersIn = (records: readonly SealedRecord[]): readonly WantedName[] =>
  records.flatMap(({ record }) => {
    const { id, type } = record?.onBehalfOf ?? record?.actor ?? {};
    return type === 'discord-member' && id !== undefined && id !== erasedId && record?.guild
      ? [{ guild: record.guild, user: id }]
      : [];
  });

/** Names of people: members of the tenant, and members of its servers. */
export interface Called {
  readonly people: People;
  readonly member: MemberNames;
}

/** The actor to show: the member, rather than the bot that acted for them. */
export function actorWords({ actor, onBehalfOf, guild = '' }: AuditRecord, { people, member }: Called): string {
  const { type, id } = onBehalfOf ?? actor;
  switch (type) {
    case 'discord-member':
      if (id === erasedId) return 'A former member';
      return people(`discord:${id}`) ?? member(guild, id) ?? `Member ${id}`;
    case 'tenant-member':
    case 'operator':
      return personWords(id, people);
    case 'bot':
      return 'The bot';
    default:
      return id.replace(/^spiffe:\/\/[^/]+\//, '').replace(/^svc\//, '');
  }
}

/** What a record means, in words: why the action failed, else what the action is. */
export function meaningOf({ action, outcome, reason, detail }: AuditRecord): string | undefined {
  const message = detail?.['message'];
  if (outcome === 'failed' && typeof message === 'string' && message !== '')
    return displayName(message, { maxCharacters: 300 });
  return action in actions ? actions[action as keyof typeof actions] : reason;
}

/** The name of a record's target (`member:discord:<id>`, `guild:<id>`), if it has one. */
export function targetWords(
  target: string,
  { people, server }: { people: People; server: (id: string) => string | undefined },
): string | undefined {
  const [, kind, id = ''] = /^(member|guild):(.+)$/.exec(target) ?? [];
  if (kind === 'member') return personWords(id, people);
  return kind === 'guild' ? server(id) : undefined;
}
