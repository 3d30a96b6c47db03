import type { AuditRecord } from './record.ts';

/** What the stored line of a record has, or lacks. */
export type Term = { readonly has: string } | { readonly lacks: string } | { readonly hasInAnyCase: string };

/**
 * A condition beyond an export's selection, for people who search the log. `holds` decides; the terms only keep the
 * database from returning what cannot match: of each list, at least one term must be true.
 */
export interface Narrowing {
  readonly terms: readonly (readonly Term[])[];
  holds(record: AuditRecord): boolean;
}

/** A member of a record's canonical JSON; within a text its quotes would be escaped. */
export const memberText = (name: string, value: string): string => `"${name}":${JSON.stringify(value)}`;

/** The terms as SQL over a column `line`; `parameter` takes a value and returns its placeholder. */
export const sqlOf = ({ terms }: Narrowing, parameter: (value: string) => string): string[] =>
  terms.map((anyOf) => `(${anyOf.map((term) => termSql(term, parameter)).join(' or ')})`);

function termSql(term: Term, parameter: (value: string) => string): string {
  if ('has' in term) return `strpos(line, ${parameter(term.has)}) > 0`;
  if ('lacks' in term) return `strpos(line, ${parameter(term.lacks)}) = 0`;
  // Ignores the case of ASCII letters only, whatever the database's locale.
  return `strpos(lower(line collate "C"), ${parameter(term.hasInAnyCase.toLowerCase())}) > 0`;
}

/** Longest text that can be searched for, in characters. */
export const maxSearchLength = 100;

/**
 * Records with a value that contains the words, ignoring case: names of actions and commands, reasons, rules, targets,
 * ids and details. No record contains names of people, so they cannot be found.
 */
export function containing(words: string): Narrowing {
  const wanted = words.toLowerCase();
  // Non-ASCII characters may have a different case in the line; the longest ASCII part narrows enough.
  const [plain] = (
    JSON.stringify(words)
      .slice(1, -1)
      .match(/[ -~]+/g) ?? []
  ).toSorted((a, b) => b.length - a.length);
  return {
    terms: plain === undefined ? [] : [[{ hasInAnyCase: plain }]],
    holds: (record) => valuesOf(record).some((value) => value.toLowerCase().includes(wanted)),
  };
}

function valuesOf({ actor, onBehalfOf, detail, tenant: _tenant, time: _time, ...rest }: AuditRecord): string[] {
  return [actor.id, onBehalfOf?.id, ...Object.values(rest), ...Object.values(detail ?? {})].flatMap((value) =>
    value === undefined || value === null ? [] : [String(value)],
  );
}
