import type { Action } from '#security/identity/actions.ts';
import { commandNames, commandScopes } from '#policies/commands.ts';
import { memberText, type Narrowing } from '#security/audit/narrowing.ts';
import type { AuditRecord } from '#security/audit/record.ts';

const kinds: readonly string[] = [
  'discord-member',
  'tenant-member',
  'operator',
] satisfies AuditRecord['actor']['type'][];
/** Read-only commands: what they read is what the member asked for, not an intermediate step. */
const reads: readonly Action[] = ['player.read', 'favourite.list', 'playlist.show', 'playlist.list', 'history.read'];
const looking: readonly string[] = commandNames.filter((name) =>
  commandScopes[name].every((action) => reads.includes(action)),
);

/** Only allowed reads have a method. */
const isRead = ({ kind, outcome, detail }: AuditRecord): boolean =>
  kind === 'decision' && outcome === 'allowed' && detail?.['method'] === 'GET';

/**
 * What people did: members' commands and customers' changes. It excludes what the platform does by itself, and what a
 * page of the portal or a bot reads on the way.
 */
export const byPeople: Narrowing = {
  terms: [
    kinds.map((kind) => ({ has: memberText('type', kind) })),
    [{ lacks: memberText('method', 'GET') }, ...looking.map((command) => ({ has: memberText('command', command) }))],
  ],
  holds: (record) =>
    kinds.includes((record.onBehalfOf ?? record.actor).type) &&
    (!isRead(record) || looking.includes(record.command ?? '')),
};
