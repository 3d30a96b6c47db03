import type { AuditRecord, SealedRecord } from '../../api/types.ts';

const reading = /\.(?:read|events|stream|connect|load)$/;

/** The platform looking after the bot by itself: true, recorded, and seldom what somebody looks for. */
const isUpkeep = ({ record }: SealedRecord): boolean =>
  record !== null &&
  record.outcome === 'allowed' &&
  record.onBehalfOf === undefined &&
  (record.actor.type === 'service' || record.actor.type === 'bot') &&
  reading.test(record.action);

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
export function actorWords({ actor, onBehalfOf }: AuditRecord): string {
  const { type, id } = onBehalfOf ?? actor;
  const name = id.replace(/^spiffe:\/\/[^/]+\//, '').replace(/^(?:discord|operator|svc):?\/?/, '');
  switch (type) {
    case 'discord-member':
      return `Member ${name}`;
    case 'tenant-member':
      return `Discord user ${name}`;
    case 'operator':
      return `Operator ${name}`;
    case 'bot':
      return 'The bot';
    default:
      return name;
  }
}
