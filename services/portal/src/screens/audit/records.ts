import type { AuditRecord, SealedRecord } from '../../api/types.ts';
import type { People } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';

/** The platform looking after the bot by itself: true, recorded, and seldom what somebody looks for. */
const isUpkeep = ({ record }: SealedRecord): boolean =>
  record !== null &&
  record.outcome === 'allowed' &&
  record.onBehalfOf === undefined &&
  record.kind === 'decision' &&
  (record.actor.type === 'service' || record.actor.type === 'bot');

type Folded = SealedRecord | { readonly upkeep: readonly SealedRecord[] };

/** Neighbours that are upkeep stand behind one row. */
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

/** Whom a person would name: the member before the bot that acted for them. */
export function actorWords({ actor, onBehalfOf }: AuditRecord, people: People): string {
  const { type, id } = onBehalfOf ?? actor;
  switch (type) {
    case 'discord-member':
      return people(`discord:${id}`) ?? `Member ${id}`;
    case 'tenant-member':
    case 'operator':
      return personWords(id, people);
    case 'bot':
      return 'The bot';
    default:
      return id.replace(/^spiffe:\/\/[^/]+\//, '').replace(/^svc\//, '');
  }
}

/** Whom or which server a record was about (`member:discord:<id>`, `guild:<id>`), where that has a name. */
export function targetWords(
  target: string,
  { people, server }: { people: People; server: (id: string) => string | undefined },
): string | undefined {
  const [, kind, id = ''] = /^(member|guild):(.+)$/.exec(target) ?? [];
  if (kind === 'member') return personWords(id, people);
  return kind === 'guild' ? server(id) : undefined;
}
