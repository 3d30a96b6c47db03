import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Database } from '#infra/database/pool.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { exportFormat, selects, selectsAll, type Header, type Selection } from './export-format.ts';
import { consistencyProof, hashBytes, inclusionProof, type SubtreeReader } from './merkle.ts';
import { decodeRecord } from './record.ts';
import { createSubtreeReader, tileLeaves } from './subtrees.ts';

export interface ExportOptions {
  /** Read within the tenant: row-level security shows nothing of another. */
  readonly database: Pick<Database, 'inTenant'>;
  readonly tenant: TenantId;
  /** Nothing: the whole log, which is cheaper to make and to verify, and from which nothing can be left out unseen. */
  readonly selection?: Selection;
  /** Size of an earlier checkpoint: the export then proves that the log has only grown since. */
  readonly consistentWith?: number;
  readonly clock?: Clock;
  /** Leaves read at once. */
  readonly pageLeaves?: number;
}

interface Leaf {
  readonly index: number;
  readonly record: string;
  readonly hash: Buffer;
}

interface LogHead {
  readonly size: number;
  readonly origin: string;
  readonly note: string;
  readonly key: string;
}

/** A signed waypoint follows after at least this many leaves: how closely an edit can be placed. */
const waypointEvery = 256;

/**
 * Writes a tenant's sealed log, or a selection from it, as lines of the format that FORMAT.md describes, for as long as
 * the reader reads. What is sealed while it runs is not in it: it goes up to the checkpoint that its first line holds.
 * @throws audit.nothing-sealed, audit.not-that-large (`consistentWith`), audit.damaged
 */
export async function* exportAudit(options: ExportOptions): AsyncGenerator<string> {
  const { tenant, selection = {}, clock = systemClock } = options;
  const log = new SealedLog(options);
  const head = await log.head();
  const { consistentWith } = options;
  if (consistentWith !== undefined && consistentWith > head.size) {
    throw callerFault(
      'audit.not-that-large',
      `The log has ${head.size} records, fewer than the earlier checkpoint says.`,
      409,
    );
  }
  const whole = selectsAll(selection);
  const subtree = whole && consistentWith === undefined ? undefined : await log.subtrees(head.size);
  const { origin, note: checkpoint, key } = head;
  const header: Header = {
    format: exportFormat,
    origin,
    tenant,
    exportedAt: new Date(clock.now()).toISOString(),
    selection,
    whole,
    checkpoint,
    key,
  };
  if (subtree && consistentWith !== undefined) {
    header.consistency = {
      size: consistentWith,
      proof: base64(await consistencyProof(consistentWith, head.size, subtree)),
    };
  }
  const digest = createHash('sha256');
  let count = 0;
  const line = (content: string): string => {
    digest.update(`${content}\n`);
    return `${content}\n`;
  };
  yield line(canonical(header));
  const body = whole || !subtree ? wholeLog(log, head.size) : selected(log, head.size, selection, subtree);
  for await (const { content, isLeaf } of body) {
    if (isLeaf) count += 1;
    yield line(content);
  }
  yield `${canonical({ count, sha256: digest.digest('hex') })}\n`;
}

interface Line {
  readonly content: string;
  readonly isLeaf: boolean;
}

async function* wholeLog(log: SealedLog, size: number): AsyncGenerator<Line> {
  let waypoint = await log.waypointFrom(waypointEvery, size);
  for await (const leaf of log.leaves(size)) {
    yield { content: leafLine(leaf, decodeRecord(leaf.record) !== undefined), isLeaf: true };
    if (leaf.index + 1 !== waypoint?.size) continue;
    yield { content: canonical({ checkpoint: waypoint.note, edge: waypoint.edge }), isLeaf: false };
    waypoint = await log.waypointFrom(waypoint.size + waypointEvery, size);
  }
}

async function* selected(
  log: SealedLog,
  size: number,
  selection: Selection,
  subtree: SubtreeReader,
): AsyncGenerator<Line> {
  for await (const leaf of log.leaves(size)) {
    const record = decodeRecord(leaf.record);
    // A leaf that is no record belongs to no selection, and to every auditor: it is shown rather than hidden.
    if (record && !selects(selection, record)) continue;
    const proof = await inclusionProof(leaf.index, size, subtree);
    yield { content: leafLine(leaf, record !== undefined, proof), isLeaf: true };
  }
}

/** Canonical JSON as the whole line is: the record's own bytes stand in it as they are hashed. */
function leafLine({ index, record, hash }: Leaf, isRecord: boolean, proof?: readonly Buffer[]): string {
  const start = `{"hash":"${hash.toString('base64')}","index":${index}${proof ? `,"proof":${JSON.stringify(base64(proof))}` : ''}`;
  return isRecord ? `${start},"record":${record}}` : `${start},"text":${JSON.stringify(record)}}`;
}

const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));

function canonical(value: unknown): string {
  return canonicalize(value) ?? '';
}

/** The rows of one tenant's log, read a page at a time; leaves never change, so pages need no common transaction. */
class SealedLog {
  readonly #database: Pick<Database, 'inTenant'>;
  readonly #tenant: TenantId;
  readonly #pageLeaves: number;

  constructor({ database, tenant, pageLeaves = 500 }: ExportOptions) {
    this.#database = database;
    this.#tenant = tenant;
    this.#pageLeaves = pageLeaves;
  }

  async #rows<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#database.inTenant(this.#tenant, (transaction) =>
      transaction.query<Row>(text, [this.#tenant, ...values]),
    );
    return rows;
  }

  async head(): Promise<LogHead> {
    const [row] = await this.#rows<{ note: string; verifier: string }>(
      `select note, verifier from audit_checkpoint join audit_key using (tenant_id)
       where tenant_id = $1 order by tree_size desc limit 1`,
      [],
    );
    if (!row)
      throw callerFault(
        'audit.nothing-sealed',
        'Nothing is in this audit log yet. Records are sealed within a second.',
        404,
      );
    const checkpoint = parseCheckpoint(row.note.slice(0, row.note.indexOf('\n\n') + 1));
    if (!checkpoint) throw platformFault('audit.damaged', 'The last checkpoint of this audit log cannot be read.');
    return { size: checkpoint.size, origin: checkpoint.origin, note: row.note, key: row.verifier };
  }

  /** The first checkpoint of at least that size, before the last. */
  async waypointFrom(size: number, end: number): Promise<{ size: number; note: string; edge: string[] } | undefined> {
    const [row] = await this.#rows<{ tree_size: string; note: string; edge: Buffer }>(
      `select tree_size, note, edge from audit_checkpoint
       where tenant_id = $1 and tree_size >= $2 and tree_size < $3 order by tree_size limit 1`,
      [size, end],
    );
    if (!row) return undefined;
    const edge: string[] = [];
    for (let at = 0; at < row.edge.length; at += hashBytes)
      edge.push(row.edge.subarray(at, at + hashBytes).toString('base64'));
    return { size: Number(row.tree_size), note: row.note, edge };
  }

  async *leaves(size: number): AsyncGenerator<Leaf> {
    for (let from = 0; from < size;) {
      const rows = await this.#rows<{ leaf_index: string; record: string; leaf_hash: Buffer }>(
        `select leaf_index, record, leaf_hash from audit_leaf
         where tenant_id = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index limit $4`,
        [from, size, this.#pageLeaves],
      );
      const last = rows.at(-1);
      if (!last) throw platformFault('audit.damaged', `This audit log misses the records from ${from}.`);
      for (const row of rows) yield { index: Number(row.leaf_index), record: row.record, hash: row.leaf_hash };
      from = Number(last.leaf_index) + 1;
    }
  }

  subtrees(size: number): Promise<SubtreeReader> {
    // One statement reads many tiles; the reader asks for them one by one.
    let page: { from: number; hashes: Buffer[] } = { from: 0, hashes: [] };
    const pageHashes = tileLeaves * 64;
    return createSubtreeReader(size, async (from, to) => {
      if (from < page.from || to > page.from + page.hashes.length) {
        const rows = await this.#rows<{ leaf_hash: Buffer }>(
          'select leaf_hash from audit_leaf where tenant_id = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index',
          [from, Math.min(from + pageHashes, size)],
        );
        page = { from, hashes: rows.map((row) => row.leaf_hash) };
      }
      const hashes = page.hashes.slice(from - page.from, to - page.from);
      if (hashes.length !== to - from)
        throw platformFault('audit.damaged', `This audit log misses some of the records ${from} to ${to}.`);
      return hashes;
    });
  }
}
