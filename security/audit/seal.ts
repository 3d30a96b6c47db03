import type { Transaction } from '#infra/database/pool.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { notRotating } from '#security/keyring/rotation.ts';
import { signCheckpoint } from './checkpoint.ts';
import type { LogSigner } from './log-keys.ts';
import { hashBytes, MerkleEdge } from './merkle.ts';

/** The current state of a tenant's log, and its signer. */
interface Head {
  readonly tenant: TenantId;
  readonly edge: MerkleEdge;
  readonly signer: LogSigner;
}

/** What `seal` did. */
export interface Sealed {
  /** How many records were moved. */
  readonly records: number;
  /** Tenants whose key was replaced since the signer was opened: nothing was moved for them. */
  readonly replaced: readonly TenantId[];
}

/** What one transaction moves at most, plus or minus a row, in bytes: rows may hold many records. */
const batchBytes = 4 * 1024 * 1024;

/** How many rows are searched for tenants: those further back come with the next batch. */
const lookedAt = 1_000;

/** Tenants of the oldest journalled records, except those that are skipped for now. */
export async function tenantsWaiting(
  transaction: Transaction,
  passedOver: readonly TenantId[],
  limit: number,
): Promise<TenantId[]> {
  await transaction.query(readThroughKey);
  const { rows } = await transaction.query<{ tenant_id: TenantId }>({
    name: 'audit-waiting',
    text: `select distinct tenant_id from
             (select tenant_id from audit_journal where tenant_id <> all($1::text[]) order by id limit $2) as oldest`,
    values: [passedOver, Math.min(limit, lookedAt)],
  });
  return rows.map((row) => row.tenant_id);
}

/**
 * For the rest of the transaction, the journal is read from the oldest, by its key: the planner does not know that
 * row-level security hides nothing from the worker, and would read and sort everything that waits for each batch.
 */
const readThroughKey = 'set local enable_seqscan = off';

/**
 * Moves the oldest journalled records of these tenants into their logs and signs the new state of the logs, all in the
 * given transaction. Records are in the order in which they were journalled, as far as they were committed by now; one
 * that commits later comes later. Takes at most `limit` rows of the journal. A tenant whose keys are being rotated waits,
 * because a key must not sign a tree that grew after it was replaced.
 * @throws audit.damaged if a stored log is inconsistent
 */
export async function seal(
  transaction: Transaction,
  signers: ReadonlyMap<TenantId, LogSigner>,
  limit: number,
): Promise<Sealed> {
  const { heads, replaced } = await readHeads(transaction, signers);
  const added = await moveRecords(transaction, heads, limit);
  const grown: Head[] = [];
  for (const leaves of added) {
    const head = heads.get(leaves.tenant);
    if (!head) throw platformFault('audit.damaged', 'A record was moved into a log that was not requested.');
    append(head.edge, leaves);
    grown.push(head);
  }
  if (grown.length > 0) await writeCheckpoints(transaction, grown);
  return { records: added.reduce((sum, { hashes }) => sum + hashes.length / hashBytes, 0), replaced };
}

async function readHeads(
  transaction: Transaction,
  signers: ReadonlyMap<TenantId, LogSigner>,
): Promise<{ heads: Map<TenantId, Head>; replaced: TenantId[] }> {
  const tenants = await notRotating(transaction, [...signers.keys()]);
  const { rows } = await transaction.query<{
    tenant: TenantId;
    verifier: string;
    tree_size: string | null;
    root_hash: Buffer;
    edge: Buffer;
  }>({
    name: 'audit-heads',
    text: `select tenant, verifier, head.* from unnest($1::text[]) as given (tenant)
             join audit_key on audit_key.tenant_id = tenant left join lateral
             (select tree_size, root_hash, edge from audit_checkpoint where audit_checkpoint.tenant_id = tenant order by tree_size desc limit 1) as head
             on true`,
    values: [tenants],
  });
  const heads = new Map<TenantId, Head>();
  const replaced: TenantId[] = [];
  for (const { tenant, verifier, tree_size: size, root_hash: root, edge: stored } of rows) {
    const signer = signers.get(tenant);
    if (signer?.verifier !== verifier) {
      replaced.push(tenant);
      continue;
    }
    const edge = size === null ? MerkleEdge.empty() : MerkleEdge.decode(Number(size), stored);
    if (!edge || (size !== null && !edge.root().equals(root))) throw damaged(tenant);
    heads.set(tenant, { tenant, edge, signer });
  }
  return { heads, replaced };
}

/** The records stay in the database; only their hashes are sent here, those of one tenant in one row. */
async function moveRecords(
  transaction: Transaction,
  heads: ReadonlyMap<TenantId, Head>,
  limit: number,
): Promise<AddedLeaves[]> {
  // A batch is sorted in memory, not on disk.
  await transaction.query(`${readThroughKey}; set local work_mem = '32MB'`);
  const { rows } = await transaction.query<{ tenant: TenantId; first: string; hashes: Buffer }>({
    name: 'audit-move',
    text: `with head (tenant_id, size) as (select * from unnest($1::text[], $2::bigint[])),
             oldest as (select ctid as place, sum(octet_length(record)) over (order by id) - octet_length(record) as before
                        from (select ctid, id, record from audit_journal where tenant_id = any($1::text[])
                              order by id limit $3) as waiting),
             taken as (delete from audit_journal where ctid = any(array(select place from oldest where before < $4))
                       returning id, tenant_id, record),
             hashed as (select tenant_id, id, record, coalesce(
                          (select string_agg(sha256('\\x00'::bytea || convert_to(line, 'UTF8')), ''::bytea order by place)
                           from string_to_table(record, E'\\n') with ordinality as part (line, place)),
                          sha256('\\x00'::bytea)) as hashes
                        from taken),
             added as (insert into audit_leaf (tenant_id, leaf_index, record, leaf_hash)
                         select tenant_id, size - length(hashes) / 32
                                  + (sum(length(hashes) / 32) over (partition by tenant_id order by id))::bigint,
                                record, hashes
                         from hashed join head using (tenant_id)
                       returning tenant_id, leaf_index, leaf_hash)
           select tenant_id as tenant, min(leaf_index) as first, string_agg(leaf_hash, ''::bytea order by leaf_index) as hashes
           from added group by tenant_id`,
    values: [[...heads.keys()], [...heads.values()].map(({ edge }) => edge.size), limit, batchBytes],
  });
  return rows.map(({ tenant, first, hashes }) => ({ tenant, first: Number(first), hashes }));
}

interface AddedLeaves {
  readonly tenant: TenantId;
  /** Index of the first. */
  readonly first: number;
  /** Consecutive, in order. */
  readonly hashes: Buffer;
}

function append(edge: MerkleEdge, { first, hashes }: AddedLeaves): void {
  if (first !== edge.size) throw platformFault('audit.damaged', 'A log would have had a gap.');
  for (let at = 0; at < hashes.length; at += hashBytes) edge.append(hashes.subarray(at, at + hashBytes));
}

async function writeCheckpoints(transaction: Transaction, heads: readonly Head[]): Promise<void> {
  const rows = heads.map(({ tenant, edge, signer }) => {
    const root = edge.root();
    const note = signCheckpoint({ origin: signer.name, size: edge.size, root }, signer);
    return { tenant, size: edge.size, root, edge: edge.encode(), note };
  });
  await transaction.query({
    name: 'audit-checkpoints',
    text: `insert into audit_checkpoint (tenant_id, tree_size, root_hash, edge, note)
             select * from unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[])`,
    values: [
      rows.map((row) => row.tenant),
      rows.map((row) => row.size),
      rows.map((row) => row.root),
      rows.map((row) => row.edge),
      rows.map((row) => row.note),
    ],
  });
}

const damaged = (tenant: TenantId) =>
  platformFault(
    'audit.damaged',
    `The audit log of ${tenant} does not match its last checkpoint. Nothing is added to it.`,
  );
