import type { Database } from '#infra/database/pool.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { hashBytes, type SubtreeReader } from './merkle.ts';
import { openSuccession } from './succession.ts';
import { createSubtreeReader, tileLeaves } from './subtrees.ts';

export interface SealedLeaf {
  readonly index: number;
  readonly record: string;
  /** As it was sealed. */
  readonly hash: Buffer;
  /** A member was erased from it: the hash is that of the original. */
  readonly isRedacted: boolean;
}

/** A signed state of a log. */
export interface LogHead {
  readonly size: number;
  readonly origin: string;
  readonly note: string;
  /** The key that signed it (vkey). */
  readonly key: string;
  /** How the log's keys led to that one, in order. */
  readonly successions: readonly string[];
}

export interface Waypoint {
  readonly size: number;
  readonly note: string;
  readonly edge: readonly string[];
}

/**
 * The rows of one tenant's log, read a page at a time; hashes never change, and a record only by being redacted, so pages
 * need no common transaction.
 */
export class SealedLog {
  readonly #database: Pick<Database, 'inTenant'>;
  readonly #tenant: TenantId;
  readonly #pageRows: number;

  constructor(database: Pick<Database, 'inTenant'>, tenant: TenantId, pageRows: number) {
    this.#database = database;
    this.#tenant = tenant;
    this.#pageRows = pageRows;
  }

  async #rows<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#database.inTenant(this.#tenant, (transaction) =>
      transaction.query<Row>(text, [this.#tenant, ...values]),
    );
    return rows;
  }

  /**
   * The last checkpoint, or the one of that size.
   * @throws audit.nothing-sealed, audit.damaged
   */
  async head(size?: number): Promise<LogHead> {
    const [row] = await this.#rows<{ note: string }>(
      `select note from audit_checkpoint
       where tenant_id = $1 and ($2::bigint is null or tree_size = $2) order by tree_size desc limit 1`,
      [size ?? null],
    );
    if (!row)
      throw callerFault('audit.nothing-sealed', 'This audit log is empty. Records are sealed within a second.', 404);
    const checkpoint = parseCheckpoint(row.note.slice(0, row.note.indexOf('\n\n') + 1));
    if (!checkpoint) throw platformFault('audit.damaged', 'The last checkpoint of this audit log cannot be read.');
    const { size: leaves, origin } = checkpoint;
    return { size: leaves, origin, note: row.note, ...(await this.#keysAt(leaves)) };
  }

  /**
   * The key that signed the tree of a size, and the successions before it: always the same, however often the key is
   * replaced later.
   */
  async #keysAt(size: number): Promise<Pick<LogHead, 'key' | 'successions'>> {
    const rows = await this.#rows<{ verifier: string; note: string | null; tree_size: string | null }>(
      `select verifier, note, tree_size from audit_key left join audit_succession using (tenant_id)
       where tenant_id = $1 order by number`,
      [],
    );
    const notes = rows.flatMap(({ note, tree_size: at }) => (note === null ? [] : [{ note, at: Number(at) }]));
    const successions = notes.filter(({ at }) => at < size).map(({ note }) => note);
    const next = notes.at(successions.length);
    const replaced = next && openSuccession(next.note);
    if (replaced?.ok === false) throw platformFault('audit.damaged', 'A succession of this audit log cannot be read.');
    const key = replaced?.value.predecessor ?? rows[0]?.verifier;
    if (key === undefined) throw platformFault('audit.damaged', 'The key of this audit log is missing.');
    return { key, successions };
  }

  /**
   * Checkpoints of sizes from `from` to below `end`, each at least `apart` after the one before (the first after
   * `last`).
   */
  async waypoints(from: number, end: number, last: number, apart: number): Promise<Waypoint[]> {
    const first = Math.max(from, last + apart);
    if (first >= end) return [];
    const rows = await this.#rows<{ tree_size: string; note: string; edge: Buffer }>(
      `select tree_size, note, edge from audit_checkpoint
       where tenant_id = $1 and tree_size >= $2 and tree_size < $3 order by tree_size`,
      [first, end],
    );
    const waypoints: Waypoint[] = [];
    for (const row of rows) {
      const size = Number(row.tree_size);
      if (size < (waypoints.at(-1)?.size ?? last) + apart) continue;
      waypoints.push({ size, note: row.note, edge: hashesIn(row.edge).map((hash) => hash.toString('base64')) });
    }
    return waypoints;
  }

  /** Every leaf before `size`, in order, a page at a time. `size` must be a checkpoint's: no row extends beyond it. */
  async *pages(size: number): AsyncGenerator<readonly SealedLeaf[]> {
    for (let from = 0; from < size;) {
      const rows = await this.#rows<LeafRow>(
        `select leaf_index, record, leaf_hash, redacted from audit_leaf
         where tenant_id = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index limit $4`,
        [from, size, this.#pageRows],
      );
      const leaves: SealedLeaf[] = [];
      for (const row of rows) {
        if (Number(row.leaf_index) !== from + leaves.length) throw missing(from + leaves.length);
        leaves.push(...leavesIn(row));
      }
      if (leaves.length === 0) throw missing(from);
      yield leaves;
      from += leaves.length;
    }
  }

  subtrees(size: number): Promise<SubtreeReader> {
    // One statement reads two tiles; the reader asks for them one by one.
    let page: { from: number; hashes: Buffer } = { from: 0, hashes: Buffer.alloc(0) };
    const pageHashes = tileLeaves * 2;
    return createSubtreeReader(size, async (from, to) => {
      if (from < page.from || to > page.from + page.hashes.length / hashBytes) {
        // The row that contains `from` may begin before it.
        const [row] = await this.#rows<{ first: string; hashes: Buffer | null }>(
          `select min(leaf_index) as first, string_agg(leaf_hash, ''::bytea order by leaf_index) as hashes from audit_leaf
           where tenant_id = $1 and leaf_index < $3 and leaf_index >=
             (select max(leaf_index) from audit_leaf where tenant_id = $1 and leaf_index <= $2)`,
          [from, Math.min(from + pageHashes, size)],
        );
        page = { from: Number(row?.first ?? from), hashes: row?.hashes ?? Buffer.alloc(0) };
      }
      const hashes = page.hashes.subarray((from - page.from) * hashBytes, (to - page.from) * hashBytes);
      if (hashes.length !== (to - from) * hashBytes)
        throw platformFault('audit.damaged', `Some of the records ${from} to ${to} are missing from this audit log.`);
      return hashes;
    });
  }
}

const missing = (index: number) => platformFault('audit.damaged', `Record ${index} is missing from this audit log.`);

interface LeafRow {
  readonly leaf_index: string;
  readonly record: string;
  readonly leaf_hash: Buffer;
  readonly redacted: readonly number[] | null;
}

/** A row holds one leaf or several, one per line. */
function leavesIn(row: LeafRow): SealedLeaf[] {
  const first = Number(row.leaf_index);
  const hashes = hashesIn(row.leaf_hash);
  const leaves = row.record.split('\n').flatMap((record, at) => {
    const hash = hashes[at];
    return hash ? [{ index: first + at, record, hash, isRedacted: row.redacted?.includes(at) ?? false }] : [];
  });
  if (leaves.length === hashes.length) return leaves;
  throw platformFault('audit.damaged', `Some records of this audit log from ${first} on have no hash.`);
}

function hashesIn(bytes: Buffer): Buffer[] {
  const hashes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += hashBytes) hashes.push(bytes.subarray(at, at + hashBytes));
  return hashes;
}
