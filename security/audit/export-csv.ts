import type { Evidence } from './evidence.ts';

/**
 * Columns of a CSV export, in order. All but the last are for people and spreadsheets, and are derived from it;
 * `evidence` is the line of the `bailiwick-audit/1` export in base64.
 */
export const csvColumns = [
  'line',
  'index',
  'time',
  'kind',
  'action',
  'outcome',
  'actor_type',
  'actor_id',
  'on_behalf_of_type',
  'on_behalf_of_id',
  'guild',
  'channel',
  'command',
  'target',
  'reason',
  'decision',
  'rule',
  'policy_version',
  'request_id',
  'transaction',
  'options_digest',
  'detail',
  'id',
  'evidence',
] as const;

/** RFC 4180, section 2: lines end with CRLF. */
export const lineEnd = '\r\n';

/** The first line of the file. */
export const csvHeading = csvColumns.join(',') + lineEnd;

type Fields = Readonly<Record<string, unknown>>;

const nothing: Fields = {};
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : nothing;

/** One line of the export as one row on one line: characters that would break the line are escaped. */
export function csvRow({ kind, text, index, record = nothing }: Evidence): string {
  const [actor, onBehalfOf] = [fieldsOf(record['actor']), fieldsOf(record['onBehalfOf'])];
  const cells = [
    kind,
    index,
    record['time'],
    record['kind'],
    record['action'],
    record['outcome'],
    actor['type'],
    actor['id'],
    onBehalfOf['type'],
    onBehalfOf['id'],
    record['guild'],
    record['channel'],
    record['command'],
    record['target'],
    record['reason'],
    record['decision'],
    record['rule'],
    record['policyVersion'],
    record['requestId'],
    record['transaction'],
    record['optionsDigest'],
    record['detail'] === undefined ? undefined : JSON.stringify(record['detail']),
    record['id'],
  ];
  return `${cells.map(csvCell).join(',')},${Buffer.from(text).toString('base64')}${lineEnd}`;
}

/** The export line in a row; undefined if there is none. Rewriting it shows whether it belongs to the row. */
export const evidenceInRow = (row: string): string =>
  Buffer.from(row.slice(row.lastIndexOf(',') + 1).trimEnd(), 'base64').toString('utf8');

/** A value as a cell that breaks no line and is no formula. */
export function csvCell(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:-]*$/.test(text) && !text.startsWith('-') ? text : `"${harmless(text).replaceAll('"', '""')}"`;
}

/**
 * Cells that a spreadsheet would take for a formula get a leading apostrophe (OWASP, "CSV Injection"), also after the
 * separators at which spreadsheets of other locales split cells; control characters are written as in JSON.
 */
const harmless = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    })
    .replace(/(^|[;,|"'])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g, "$1$2'");
