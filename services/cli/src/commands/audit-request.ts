import type { Command } from 'commander';

/** Which records a command selects. */
export interface SelectionFlags {
  readonly actor?: string;
  readonly guild?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly kind?: string;
}

export const selectionFlags = (command: Command): Command =>
  command
    .option('--actor <id>', 'who did it, or on whose behalf')
    .option('--guild <id>', 'Discord ID of the server in which it happened')
    .option('--action <name>', 'such as tenant.suspend')
    .option('--outcome <outcome>', 'allowed, denied, succeeded or failed')
    .option('--kind <kind>', 'decision, change, lifecycle or security');

export const auditPath = (tenant: string, rest: string): string =>
  `/v1/tenants/${encodeURIComponent(tenant)}/audit/${rest}`;

/** The query string with its question mark; undefined values are left out. */
export function queryOf(values: object): string {
  const query = new URLSearchParams(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
  return query && `?${query}`;
}
