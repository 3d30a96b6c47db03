import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { isTenantId, newId, tenantIdSchema } from '#infra/kernel/ids.ts';

/** The largest record, as canonical JSON in UTF-8: readers of leaves must be prepared for this size. */
export const maxRecordBytes = 16 * 1024;

const maxDetails = 32;
const maxDetailCharacters = 2048;
const detailName = /^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/;
/** Characters of each field that is plain text. */
const maxCharacters = {
  action: 128,
  channel: 32,
  command: 64,
  decision: 64,
  guild: 32,
  optionsDigest: 64,
  policyVersion: 64,
  reason: 1024,
  requestId: 64,
  rule: 256,
  target: 512,
  transaction: 128,
} as const;
const maxActorCharacters = 256;
const eventId = /^evt_[0-9a-hjkmnp-tv-z]{26}$/;
const kinds = ['decision', 'change', 'lifecycle', 'security'] as const;
const outcomes = ['allowed', 'denied', 'succeeded', 'failed'] as const;
const actorTypes = ['service', 'bot', 'discord-member', 'tenant-member', 'operator', 'platform'] as const;
/**
 * Half of a surrogate pair has no UTF-8 form: it becomes U+FFFD, since refusing it would refuse the action that it
 * describes.
 */
const wellFormed = (text: string) => text.toWellFormed();
const text = (max: number) => z.string().min(1).max(max).overwrite(wellFormed);
const textOf = (field: keyof typeof maxCharacters) => text(maxCharacters[field]);

/** The actor. The id is a Discord id, a SPIFFE id, a tenant member's subject or a name, depending on the type. */
const actorSchema = z.strictObject({
  id: text(maxActorCharacters),
  type: z.enum(actorTypes),
});

/**
 * One entry of a tenant's audit log: who did what to what, on whose behalf, the outcome, and the decision that allowed
 * or denied it. Closed: an unknown field is refused. Control characters in texts of foreign origin (names, reasons) are
 * data: they are kept, and canonical JSON escapes them, so that a record is always one line.
 *
 * The fields are in the order of canonical JSON, and a new one must keep it: what is parsed is then written in that
 * order.
 */
export const auditRecordSchema = z.strictObject({
  /** What was done, from the closed list of security/identity/actions.ts, or a lifecycle name such as `tenant.create`. */
  action: textOf('action'),
  actor: actorSchema,
  channel: textOf('channel').optional(),
  command: textOf('command').optional(),
  decision: textOf('decision').optional(),
  detail: z
    .record(
      z.string().regex(detailName),
      z.union([z.string().max(maxDetailCharacters).overwrite(wellFormed), z.number(), z.boolean(), z.null()]),
    )
    .refine((detail) => Object.keys(detail).length <= maxDetails, `must have at most ${maxDetails} entries`)
    .optional(),
  guild: textOf('guild').optional(),
  id: z.string().regex(eventId, 'must be an event id such as evt_01h2xcejqtf2nbrexx3vqjhp41'),
  kind: z.enum(kinds),
  onBehalfOf: actorSchema.optional(),
  /**
   * What the member entered, as signed in the transaction token: SHA-256 in base64url, over the canonical JSON of a
   * command's options or of a component's id and values. It allows a claim about what was entered to be checked.
   */
  optionsDigest: textOf('optionsDigest').optional(),
  outcome: z.enum(outcomes),
  policyVersion: textOf('policyVersion').optional(),
  /** A stable code or a sentence. */
  reason: textOf('reason').optional(),
  requestId: textOf('requestId').optional(),
  rule: textOf('rule').optional(),
  /** The object of the action, such as `guild:80351110224678912`. */
  target: textOf('target').optional(),
  tenant: tenantIdSchema,
  /** RFC 3339 in UTC with milliseconds, as Date.toISOString writes it. */
  time: z.iso.datetime({ precision: 3 }),
  /** The `txn` of the transaction token with which the call was made. */
  transaction: textOf('transaction').optional(),
});

/** See auditRecordSchema, field by field. */
export type AuditRecord = z.infer<typeof auditRecordSchema>;

let lastTime = { ms: Number.NaN, text: '' };

/** Many records are made within a millisecond. */
function timeText(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

/** Every field, also those that a record leaves out. */
type EveryField = { readonly [Field in keyof Required<AuditRecord>]: AuditRecord[Field] };

/** What a caller provides of an event; id and time are added. Its fields are in the order of canonical JSON. */
export const auditRecord = (event: Omit<AuditRecord, 'id' | 'time'>, nowMs: number): AuditRecord => {
  const record: EveryField = {
    action: event.action,
    actor: event.actor,
    channel: event.channel,
    command: event.command,
    decision: event.decision,
    detail: event.detail,
    guild: event.guild,
    id: newId('evt', nowMs),
    kind: event.kind,
    onBehalfOf: event.onBehalfOf,
    optionsDigest: event.optionsDigest,
    outcome: event.outcome,
    policyVersion: event.policyVersion,
    reason: event.reason,
    requestId: event.requestId,
    rule: event.rule,
    target: event.target,
    tenant: event.tenant,
    time: timeText(nowMs),
    transaction: event.transaction,
  };
  return record;
};

/**
 * A record as it is stored, hashed and exported: canonical JSON (RFC 8785).
 * @throws audit.invalid-record (every fault with its location), audit.record-too-large
 */
export function encodeRecord(record: AuditRecord): string {
  const encoded = canonicalOf(isPlain(record) ? record : parse(record));
  if (Buffer.byteLength(encoded) > maxRecordBytes) {
    throw callerFault('audit.record-too-large', `An audit record must be at most ${maxRecordBytes} bytes.`);
  }
  return encoded;
}

function parse(record: AuditRecord): AuditRecord {
  const parsed = auditRecordSchema.safeParse(record);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ at: `/${path.map(String).join('/')}`, message }));
  const list = faults.map(({ at, message }) => `${at}: ${message}`).join('; ');
  throw callerFault('audit.invalid-record', `An audit record is invalid: ${list}`, 400, faults);
}

type Plain = (value: unknown) => boolean;
const isPlainText =
  (max: number): Plain =>
  (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= max && value.isWellFormed();
const isMatch =
  (pattern: RegExp): Plain =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const isOneOf =
  (values: readonly unknown[]): Plain =>
  (value) =>
    values.includes(value);
const isActorId = isPlainText(maxActorCharacters);
const isActorType = isOneOf(actorTypes);
const isActor: Plain = (value) => {
  const [id, type, ...more] = Object.keys(value ?? {});
  if (id !== 'id' || type !== 'type' || more.length > 0) return false;
  const actor = value as AuditRecord['actor'];
  return isActorId(actor.id) && isActorType(actor.type);
};
const isDetail: Plain = (value) => {
  // Neither null nor a list, nor what only looks like an object without entries.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const detail = value as NonNullable<AuditRecord['detail']>;
  const names = Object.keys(detail);
  return names.length <= maxDetails && names.every((name) => detailName.test(name) && isPlainDetail(detail[name]));
};
const isPlainDetail: Plain = (value) =>
  typeof value === 'string' ? value.length <= maxDetailCharacters && value.isWellFormed() : isPlainValue(value);
const isPlainValue: Plain = (value) => typeof value === 'boolean' || value === null || Number.isFinite(value);

const plainFields = new Map<string, Plain>([
  ...Object.entries(maxCharacters).map(([field, max]) => [field, isPlainText(max)] as const),
  ['actor', isActor],
  ['detail', isDetail],
  ['id', isMatch(eventId)],
  ['kind', isOneOf(kinds)],
  ['onBehalfOf', isActor],
  ['outcome', isOneOf(outcomes)],
  ['tenant', (value) => typeof value === 'string' && isTenantId(value)],
  ['time', isMatch(z.core.regexes.datetime({ precision: 3 }))],
]);

/**
 * Whether the schema would return a record as it is, its fields in order. Nearly every record is like this, and the
 * schema takes several times as long to say so; what is wrong with any other, the schema says.
 */
function isPlain(record: AuditRecord): boolean {
  const { action, actor, id, kind, outcome, tenant, time } = record;
  if (!(action && actor && id && kind && outcome && tenant && time)) return false;
  let last = '';
  for (const field of Object.keys(record)) {
    const value: unknown = record[field as keyof AuditRecord];
    if (field <= last || (value !== undefined && plainFields.get(field)?.(value) !== true)) return false;
    last = field;
  }
  return true;
}

/**
 * Canonical JSON (RFC 8785) writes values as JSON.stringify does (3.2.2) and keys in order (3.2.3). The schema's fields
 * are already in order, so only the details are sorted; sorting everything each time costs six times as much.
 */
function canonicalOf(record: AuditRecord): string {
  const { detail } = record;
  if (!detail) return JSON.stringify(record);
  const names = Object.keys(detail);
  if (names.every((name, index) => index === 0 || name > (names[index - 1] as string))) return JSON.stringify(record);
  const sorted: NonNullable<AuditRecord['detail']> = {};
  for (const name of names.sort()) sorted[name] = detail[name] ?? null;
  return JSON.stringify({ ...record, detail: sorted });
}

/** Reads a stored record; undefined if it is not one, or not in the exact form that encodeRecord writes. */
export function decodeRecord(encoded: string): AuditRecord | undefined {
  let document: unknown;
  try {
    document = JSON.parse(encoded);
  } catch {
    return undefined;
  }
  const parsed = auditRecordSchema.safeParse(document);
  return parsed.success && canonicalOf(parsed.data) === encoded ? parsed.data : undefined;
}
