import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId, tenantIdSchema } from '#infra/kernel/ids.ts';

/** The largest record, as canonical JSON in UTF-8: readers of leaves must be prepared for this size. */
export const maxRecordBytes = 16 * 1024;

const maxDetails = 32;
/**
 * Half of a surrogate pair has no UTF-8 form: it becomes U+FFFD, since refusing it would refuse the action that it
 * describes.
 */
const wellFormed = (text: string) => text.toWellFormed();
const text = (max: number) => z.string().min(1).max(max).overwrite(wellFormed);

/** The actor. The id is a Discord id, a SPIFFE id, a tenant member's subject or a name, depending on the type. */
const actorSchema = z.strictObject({
  id: text(256),
  type: z.enum(['service', 'bot', 'discord-member', 'tenant-member', 'operator', 'platform']),
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
  action: text(128),
  actor: actorSchema,
  channel: text(32).optional(),
  command: text(64).optional(),
  decision: text(64).optional(),
  detail: z
    .record(
      z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/),
      z.union([z.string().max(2048).overwrite(wellFormed), z.number(), z.boolean(), z.null()]),
    )
    .refine((detail) => Object.keys(detail).length <= maxDetails, `must have at most ${maxDetails} entries`)
    .optional(),
  guild: text(32).optional(),
  id: z.string().regex(/^evt_[0-9a-hjkmnp-tv-z]{26}$/, 'must be an event id such as evt_01h2xcejqtf2nbrexx3vqjhp41'),
  kind: z.enum(['decision', 'change', 'lifecycle', 'security']),
  onBehalfOf: actorSchema.optional(),
  /**
   * What the member entered, as signed in the transaction token: SHA-256 in base64url, over the canonical JSON of a
   * command's options or of a component's id and values. It allows a claim about what was entered to be checked.
   */
  optionsDigest: text(64).optional(),
  outcome: z.enum(['allowed', 'denied', 'succeeded', 'failed']),
  policyVersion: text(64).optional(),
  /** A stable code or a sentence. */
  reason: text(1024).optional(),
  requestId: text(64).optional(),
  rule: text(256).optional(),
  /** The object of the action, such as `guild:80351110224678912`. */
  target: text(512).optional(),
  tenant: tenantIdSchema,
  /** RFC 3339 in UTC with milliseconds, as Date.toISOString writes it. */
  time: z.iso.datetime({ precision: 3 }),
  /** The `txn` of the transaction token with which the call was made. */
  transaction: text(128).optional(),
});

/** See auditRecordSchema, field by field. */
export type AuditRecord = z.infer<typeof auditRecordSchema>;

let lastTime = { ms: Number.NaN, text: '' };

/** Many records are made within a millisecond. */
function timeText(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

/** What a caller provides of an event; id and time are added. */
export const auditRecord = (event: Omit<AuditRecord, 'id' | 'time'>, nowMs: number): AuditRecord => ({
  id: newId('evt', nowMs),
  time: timeText(nowMs),
  ...event,
});

/**
 * A record as it is stored, hashed and exported: canonical JSON (RFC 8785).
 * @throws audit.invalid-record (every fault with its location), audit.record-too-large
 */
export function encodeRecord(record: AuditRecord): string {
  const parsed = auditRecordSchema.safeParse(record);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({ at: `/${path.map(String).join('/')}`, message }));
    const list = faults.map(({ at, message }) => `${at}: ${message}`).join('; ');
    throw callerFault('audit.invalid-record', `An audit record is invalid: ${list}`, 400, faults);
  }
  const encoded = canonicalOf(parsed.data);
  if (Buffer.byteLength(encoded) > maxRecordBytes) {
    throw callerFault('audit.record-too-large', `An audit record must be at most ${maxRecordBytes} bytes.`);
  }
  return encoded;
}

/**
 * Canonical JSON (RFC 8785) writes values as JSON.stringify does (3.2.2) and keys in order (3.2.3). The schema's fields
 * are already in order, so only the details are sorted, in the parsed record itself; sorting everything each time costs
 * six times as much.
 */
function canonicalOf(parsed: AuditRecord): string {
  if (parsed.detail)
    parsed.detail = Object.fromEntries(Object.entries(parsed.detail).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(parsed);
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
