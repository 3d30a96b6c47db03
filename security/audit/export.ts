import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Database } from '#infra/database/pool.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { parseCanonical } from './canonical.ts';
import type { Evidence } from './evidence.ts';
import { exportFormat, selects, selectsAll, type Header, type Selection } from './export-format.ts';
import { consistencyProof, inclusionProof, type SubtreeReader } from './merkle.ts';
import { decodeRecord } from './record.ts';
import { SealedLog, type LogHead, type SealedLeaf, type Waypoint } from './sealed-log.ts';

export interface ExportOptions {
  /** Read within the tenant's scope: row-level security hides all other tenants. */
  readonly database: Pick<Database, 'inTenant'>;
  readonly tenant: TenantId;
  /**
   * Undefined: the whole log, which is cheaper to make and to verify, and from which nothing can be omitted unnoticed.
   */
  readonly selection?: Selection;
  /** Size of an earlier checkpoint: the export then proves that the log has only grown since. */
  readonly consistentWith?: number;
  /** Continues an earlier export: the same bytes again, however the log has grown since. */
  readonly begun?: BegunExport;
  readonly clock?: Clock;
  /** Rows read at once; each holds one leaf, or as many as fit on a page of the database. */
  readonly pageRows?: number;
}

/** What makes an export of a tenant's selection the same, byte for byte. */
export interface BegunExport {
  /** Size of the checkpoint that it ends at. */
  readonly size: number;
  /** RFC 3339, as in its header. */
  readonly exportedAt: string;
}

/** A signed waypoint follows after at least this many leaves: it determines how closely an edit can be located. */
const waypointEvery = 256;
/**
 * Rows read at once. Reading a record for a selection leaves so much garbage that a large page would outlive two
 * collections, and then wait in the old generation with all pages before it.
 */
const pageRowsOf = { whole: 32, selected: 8 };
/** Leaves that are formatted at once: their text is released before the next are formatted. */
const lineLeaves = 32;

/** An export in progress: the contents of its first line, and its lines. */
export interface OpenExport {
  readonly header: Header;
  /** Size of its checkpoint. */
  readonly size: number;
  /** All lines in order, including the header and the trailer, a few at a time. */
  readonly pages: AsyncGenerator<readonly Evidence[]>;
}

/**
 * Opens a tenant's sealed log, or a selection from it, as lines of the format that FORMAT.md describes, which are read
 * for as long as the reader reads. What is sealed in the meantime is not included: it ends at the checkpoint in its
 * header.
 * @throws audit.nothing-sealed, audit.not-that-large (`consistentWith`), audit.damaged
 */
export async function openExport(options: ExportOptions): Promise<OpenExport> {
  const { tenant, selection = {}, begun, consistentWith, clock = systemClock } = options;
  const whole = selectsAll(selection);
  const pageRows = options.pageRows ?? pageRowsOf[whole ? 'whole' : 'selected'];
  const log = new SealedLog(options.database, tenant, pageRows);
  const head = await log.head(begun?.size);
  if (consistentWith !== undefined && consistentWith > head.size) {
    throw callerFault(
      'audit.not-that-large',
      `The log has ${head.size} records, fewer than the earlier checkpoint states.`,
      409,
    );
  }
  const subtree = whole && consistentWith === undefined ? undefined : await log.subtrees(head.size);
  const header: Header = {
    ...headerOf(head, tenant, selection),
    exportedAt: begun?.exportedAt ?? new Date(clock.now()).toISOString(),
  };
  if (subtree && consistentWith !== undefined) {
    const proof = base64(await consistencyProof(consistentWith, head.size, subtree));
    header.consistency = { size: consistentWith, proof };
  }
  const body = whole || !subtree ? wholeLog(log, head.size) : selected(log, head.size, selection, subtree);
  return { header, size: head.size, pages: framed(header, head.successions, body) };
}

/** The lines of an export as text, each with its newline. Throws as `openExport`. */
export async function* exportAudit(options: ExportOptions): AsyncGenerator<string> {
  for await (const page of (await openExport(options)).pages) for (const { text } of page) yield `${text}\n`;
}

const headerOf = (
  { origin, note, key }: LogHead,
  tenant: TenantId,
  selection: Selection,
): Omit<Header, 'exportedAt'> => ({
  format: exportFormat,
  origin,
  tenant,
  selection,
  whole: selectsAll(selection),
  checkpoint: note,
  key,
});

async function* framed(
  header: Header,
  successions: readonly string[],
  body: AsyncGenerator<Evidence[]>,
): AsyncGenerator<readonly Evidence[]> {
  const digest = createHash('sha256');
  let count = 0;
  const passed = (page: readonly Evidence[]): readonly Evidence[] => {
    for (const { kind, text } of page) {
      digest.update(`${text}\n`);
      if (kind === 'record' || kind === 'redacted' || kind === 'text') count += 1;
    }
    return page;
  };
  yield passed([
    { kind: 'header', text: canonical(header) },
    ...successions.map((succession): Evidence => ({ kind: 'succession', text: canonical({ succession }) })),
  ]);
  for await (const page of body) yield passed(page);
  yield [{ kind: 'trailer', text: canonical({ count, sha256: digest.digest('hex') }) }];
}

async function* wholeLog(log: SealedLog, size: number): AsyncGenerator<Evidence[]> {
  let last = 0;
  for await (const leaves of log.pages(size)) {
    const from = leaves[0]?.index ?? 0;
    const waypoints = await log.waypoints(from + 1, Math.min(size, from + leaves.length + 1), last, waypointEvery);
    last = waypoints.at(-1)?.size ?? last;
    for (let at = 0; at < leaves.length; at += lineLeaves) {
      yield withWaypoints(leaves.slice(at, at + lineLeaves), waypoints);
    }
  }
}

function withWaypoints(leaves: readonly SealedLeaf[], waypoints: readonly Waypoint[]): Evidence[] {
  const page: Evidence[] = [];
  let next = waypoints.findIndex(({ size }) => size > (leaves[0]?.index ?? 0));
  for (const leaf of leaves) {
    page.push(leafLine(leaf, parseCanonical(leaf.record)));
    const waypoint = waypoints[next];
    if (leaf.index + 1 !== waypoint?.size) continue;
    page.push({ kind: 'waypoint', text: canonical({ checkpoint: waypoint.note, edge: waypoint.edge }) });
    next += 1;
  }
  return page;
}

async function* selected(
  log: SealedLog,
  size: number,
  selection: Selection,
  subtree: SubtreeReader,
): AsyncGenerator<Evidence[]> {
  for await (const leaves of log.pages(size)) {
    for (let at = 0; at < leaves.length; at += lineLeaves) {
      const page: Evidence[] = [];
      for (const leaf of leaves.slice(at, at + lineLeaves)) {
        const record = decodeRecord(leaf.record);
        // A leaf that is not a record belongs to no selection, so it is included in all of them: it is shown rather
        // than hidden.
        if (record && !selects(selection, record)) continue;
        const proof = await inclusionProof(leaf.index, size, subtree);
        page.push(leafLine(leaf, record ?? parseCanonical(leaf.record), proof));
      }
      if (page.length > 0) yield page;
    }
  }
}

/** Canonical JSON, like the whole line: it contains the record's own bytes as they are hashed, unless it is redacted. */
function leafLine(
  { index, record: leaf, hash, isRedacted }: SealedLeaf,
  record: Evidence['record'],
  proof?: readonly Buffer[],
): Evidence {
  const start = `{"hash":"${hash.toString('base64')}","index":${index}${proof ? `,"proof":${JSON.stringify(base64(proof))}` : ''}`;
  const kind = isRedacted ? 'redacted' : 'record';
  return record
    ? { kind, text: `${start},"${kind}":${leaf}}`, index, record }
    : { kind: 'text', text: `${start},"text":${JSON.stringify(leaf)}}`, index };
}

const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));

function canonical(value: unknown): string {
  return canonicalize(value) ?? '';
}
