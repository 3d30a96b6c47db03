import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { noteSigner, signCheckpoint, verifierOf, type NoteSigner } from './checkpoint.ts';
import { csvColumns } from './export-csv.ts';
import { exportFile, type FileFormat } from './export-file.ts';
import { openExport, type ExportOptions } from './export.ts';
import { leafHash, MerkleEdge } from './merkle.ts';
import { manifestOf } from './manifest.ts';
import { encodeRecord, type AuditRecord } from './record.ts';
import { signSuccession } from './succession.ts';
import { auditWorld, type AuditWorld } from '#test/audit-world.ts';
import { verifyExport } from './verify.ts';

/** The log of FORMAT.md: test vectors for other implementations. */
const tenant = tenantId('ten_01jeyz0000000000000000000a');
/** A log of the same records whose key was replaced after the first. */
const rotatedTenant = tenantId('ten_01jeyz0000000000000000000b');
const signerWith = (of: TenantId, firstByte: number): NoteSigner => {
  const seed = Buffer.from(Array.from({ length: 32 }, (_, index) => firstByte + index));
  const key = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return noteSigner(`bailiwick.example/tenant/${of}`, createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
};
const signer = signerWith(tenant, 0);
const [predecessor, successor] = [signerWith(rotatedTenant, 0), signerWith(rotatedTenant, 0x20)];
const succession = signSuccession(predecessor, successor, 1);
const record = (number: number, more: Partial<AuditRecord>): AuditRecord => ({
  id: `evt_01jeyz00000000000000000${String(number).padStart(3, '0')}`,
  time: `2026-01-02T03:04:0${number}.000Z`,
  tenant,
  kind: 'decision',
  action: 'player.skip',
  outcome: 'allowed',
  actor: { type: 'bot', id: `spiffe://bailiwick.example/tenant/${tenant}/bot` },
  ...more,
});
const records = [
  record(0, {
    guild: '80351110224678912',
    onBehalfOf: { type: 'discord-member', id: '80351110224678913' },
    command: 'skip',
  }),
  record(1, { outcome: 'denied', rule: 'guild.dj', reason: 'Only a DJ may skip.' }),
  record(2, {
    kind: 'change',
    action: 'policy.write',
    outcome: 'succeeded',
    detail: { name: 'Caf\u00e9 \u{1f3b5}\n', version: 2, draft: false },
  }),
];
const vectors = path.join(import.meta.dirname, 'vectors');
let world: AuditWorld;

beforeAll(async () => {
  world = await auditWorld();
  await store(tenant, records, (size) => (size > 1 ? signer : undefined));
  const [first, second] = records.map(
    (each) => JSON.parse(JSON.stringify(each).replaceAll(tenant, rotatedTenant)) as AuditRecord,
  );
  if (first && second) await store(rotatedTenant, [first, second], (size) => (size > 1 ? successor : predecessor));
  await world.admin.query('insert into audit_succession (tenant_id, number, tree_size, note) values ($1, 1, 1, $2)', [
    rotatedTenant,
    succession,
  ]);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Stores a log as the sequencer would; `signerOf` says who signs a tree of a size, if it is signed. */
async function store(
  of: TenantId,
  leaves: readonly AuditRecord[],
  signerOf: (size: number) => NoteSigner | undefined,
): Promise<void> {
  const edge = MerkleEdge.empty();
  let last = signer;
  for (const [index, each] of leaves.entries()) {
    const hash = leafHash(Buffer.from(encodeRecord(each)));
    await world.admin.query(
      'insert into audit_leaf (tenant_id, leaf_index, record, leaf_hash) values ($1, $2, $3, $4)',
      [of, index, encodeRecord(each), hash],
    );
    edge.append(hash);
    const signs = signerOf(edge.size);
    if (!signs) continue;
    last = signs;
    const root = edge.root();
    const note = signCheckpoint({ origin: signs.name, size: edge.size, root }, signs);
    await world.admin.query(
      'insert into audit_checkpoint (tenant_id, tree_size, root_hash, edge, note) values ($1, $2, $3, $4, $5)',
      [of, edge.size, root, edge.encode(), note],
    );
  }
  await world.admin.query("insert into audit_key (tenant_id, verifier, sealed) values ($1, $2, '\\x00')", [
    of,
    verifierOf(last),
  ]);
}

const open = (options: Partial<ExportOptions>) => {
  const clock = new FakeClock(Date.UTC(2026, 0, 2, 4));
  return openExport({ database: world.api, tenant, clock, ...options });
};

async function exported(format: FileFormat, options: Partial<ExportOptions>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of exportFile(await open(options), format)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const whole: Partial<ExportOptions> = {};
const selection: Partial<ExportOptions> = { selection: { outcome: 'denied' }, consistentWith: 2 };
const rotated: Partial<ExportOptions> = { tenant: rotatedTenant };
const cases: readonly [string, FileFormat, Partial<ExportOptions>][] = [
  ['whole.ndjson', 'ndjson', whole],
  ['whole.csv', 'csv', whole],
  ['whole.ocsf.ndjson', 'ocsf', whole],
  ['selection.ndjson', 'ndjson', selection],
  ['selection.csv', 'csv', selection],
  ['selection.ocsf.ndjson', 'ocsf', selection],
  ['rotated.ndjson', 'ndjson', rotated],
  ['rotated.csv', 'csv', rotated],
  ['rotated.ocsf.ndjson', 'ocsf', rotated],
];

test.each(cases)('writes %s of FORMAT.md byte for byte, and verifies it', async (name, format, options) => {
  const vector = await readFile(path.join(vectors, name), 'utf8');
  expect(await exported(format, options)).toBe(vector);
  async function* stream() {
    yield vector;
  }
  const key = verifierOf(options === rotated ? predecessor : signer);
  expect(await verifyExport(stream(), { key })).toMatchObject({ ok: true, problems: [] });
});

test('writes the manifest of FORMAT.md', async () => {
  const vector = await readFile(path.join(vectors, 'selection.csv.manifest.json'), 'utf8');
  expect(await manifestOf(await open(selection), 'csv')).toEqual(JSON.parse(vector));
});

test('FORMAT.md quotes the key, the leaf hashes, the root and the notes of these vectors', async () => {
  const document = await readFile(path.join(import.meta.dirname, 'FORMAT.md'), 'utf8');
  const hashes = records.map((each) => leafHash(Buffer.from(encodeRecord(each))));
  const edge = MerkleEdge.empty();
  for (const hash of hashes) edge.append(hash);
  const checkpoint = { origin: signer.name, size: 3, root: edge.root() };
  expect(document).toContain(encodeRecord(records[1] ?? record(1, {})));
  expect(document).toContain(csvColumns.join(','));
  for (const quoted of [
    verifierOf(signer),
    signCheckpoint(checkpoint, signer),
    succession,
    edge.root().toString('hex'),
    ...hashes.map((hash) => hash.toString('hex')),
  ]) {
    expect(document).toContain(quoted);
  }
});
