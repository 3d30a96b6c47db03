import { z } from 'zod';
import { snowflakeSchema, tenantIdSchema } from '#infra/kernel/ids.ts';
import { auditRecordSchema, type AuditRecord } from './record.ts';

/** The first line's `format`; a different number means a different format. */
export const exportFormat = 'bailiwick-audit/1';

/** The longest line that an export may have, in bytes. */
export const maxLineBytes = 256 * 1024;

const instant = z.iso.datetime({ precision: 3 });

/** Which records an export contains; omitted fields do not restrict. */
export const selectionSchema = z.strictObject({
  /** Records from this time on. */
  from: instant.optional(),
  /** Records before this time. */
  to: instant.optional(),
  kind: auditRecordSchema.shape.kind.optional(),
  action: z.string().min(1).max(128).optional(),
  outcome: auditRecordSchema.shape.outcome.optional(),
  /** The id of the actor, or of the member for whom it acted. */
  actor: z.string().min(1).max(256).optional(),
  guild: snowflakeSchema.optional(),
});

export type Selection = z.infer<typeof selectionSchema>;

/** Whether the selection contains every record of the log. */
export const selectsAll = (selection: Selection): boolean =>
  Object.values(selection).every((value) => value === undefined);

export function selects(selection: Selection, record: AuditRecord): boolean {
  const { from, to, kind, action, outcome, actor, guild } = selection;
  return (
    (from === undefined || record.time >= from) &&
    (to === undefined || record.time < to) &&
    (kind === undefined || record.kind === kind) &&
    (action === undefined || record.action === action) &&
    (outcome === undefined || record.outcome === outcome) &&
    (actor === undefined || record.actor.id === actor || record.onBehalfOf?.id === actor) &&
    (guild === undefined || record.guild === guild)
  );
}

const hashText = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a SHA-256 in base64');
const proof = z.array(hashText).max(64);
const index = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The first line. */
export const headerSchema = z.strictObject({
  format: z.literal(exportFormat),
  /** The log's name, as in its checkpoints. */
  origin: z.string().min(1).max(512),
  tenant: tenantIdSchema,
  exportedAt: instant,
  selection: selectionSchema,
  /** True if the export contains every leaf of the checkpoint's tree, which the verifier then recomputes. */
  whole: z.boolean(),
  /** The signed note that everything below is verified against. */
  checkpoint: z.string().max(4096),
  /** The log's public key (vkey). For convenience only: a verifier must get it from elsewhere. */
  key: z.string().max(1024),
  /** Proves that an earlier tree of this size is the beginning of this one. */
  consistency: z.strictObject({ size: index, proof: z.array(hashText).max(128) }).optional(),
});

export type Header = z.infer<typeof headerSchema>;

/** One of the lines after the header: how the key that signs the log changed before its checkpoint. */
export const successionSchema = z.strictObject({ succession: z.string().max(4096) });

/**
 * A leaf. `text` replaces `record` for a leaf that is not a record in canonical JSON, and `redacted` for one from which a
 * member was erased: what is left of the record, whose hash is that of the original.
 */
export const leafSchema = z.strictObject({
  hash: hashText,
  index,
  /** PATH of RFC 6962; present exactly if the export is not whole. */
  proof: proof.optional(),
  record: z.record(z.string(), z.unknown()).optional(),
  redacted: z.record(z.string(), z.unknown()).optional(),
  text: z.string().optional(),
});

/** In a whole export: the state of the log after the leaves so far, with the hashes from which it grew on. */
export const waypointSchema = z.strictObject({ checkpoint: z.string().max(4096), edge: proof });

/** The last line. */
export const trailerSchema = z.strictObject({
  count: index,
  /** SHA-256 of every byte before this line, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
