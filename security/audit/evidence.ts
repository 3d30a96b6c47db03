/** The kinds of lines in an export. */
export type EvidenceKind = 'header' | 'succession' | 'record' | 'redacted' | 'text' | 'waypoint' | 'trailer';

/**
 * One line of a `bailiwick-audit/1` export. Files of other formats contain the same lines, each beside the same content
 * in the format's own terms; so every format is verified in the same way.
 */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** Canonical JSON without its newline. */
  readonly text: string;
  /** For a leaf. */
  readonly index?: number;
  readonly record?: Readonly<Record<string, unknown>>;
}

/** The kind of a line that was read from a file; undefined if it is none. */
export function evidenceOf(text: string, value: Readonly<Record<string, unknown>> | undefined): Evidence | undefined {
  if (!value) return undefined;
  if ('format' in value) return { kind: 'header', text };
  if ('sha256' in value) return { kind: 'trailer', text };
  if ('succession' in value) return { kind: 'succession', text };
  if ('checkpoint' in value) return { kind: 'waypoint', text };
  const { index, record, redacted } = value;
  if (typeof index !== 'number') return undefined;
  if (isObject(record)) return { kind: 'record', text, index, record };
  return isObject(redacted) ? { kind: 'redacted', text, index, record: redacted } : { kind: 'text', text, index };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
