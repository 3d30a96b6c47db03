// @module-tag go
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { noteSigner, signCheckpoint, verifierOf } from '#security/audit/checkpoint.ts';
import { eraseFromLog } from '#security/audit/erase-from-log.ts';
import { exportFile } from '#security/audit/export-file.ts';
import { exportAudit, openExport, type ExportOptions } from '#security/audit/export.ts';
import { signSuccession } from '#security/audit/succession.ts';
import { auditWorld, someRecords, type AuditWorld } from '#test/audit-world.ts';

/**
 * Exports from a real database, verified by golang.org/x/mod/sumdb/{note,tlog}: the signature, the root recomputed from
 * the leaves, inclusion and consistency proofs. Needs Go and its module proxy (or cache).
 */
const run = promisify(execFile);
const tenant = newTenantId();
const total = 611;
let world: AuditWorld;
let folder: string;
let earlierFile: string;
let key: string;
let whole: string[];
let selection: string[];

const collect = async (options: Partial<ExportOptions> = {}) => {
  const lines: string[] = [];
  for await (const line of exportAudit({ database: world.api, tenant, ...options })) lines.push(line);
  return lines;
};
const header = (lines: readonly string[]) => JSON.parse(lines[0] ?? '') as { key: string; checkpoint: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-foreign-'));
  const build = ['build', '-trimpath', '-o', path.join(folder, 'audit-verifier'), '.'];
  await run('go', build, {
    cwd: path.join(import.meta.dirname, 'audit-verifier'),
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  world = await auditWorld();
  const sequencer = world.start();
  await world.write(tenant, someRecords(tenant, 200));
  await world.sealed();
  const first = header(await collect());
  key = first.key;
  earlierFile = path.join(folder, 'earlier');
  await writeFile(earlierFile, first.checkpoint);
  const odd = { outcome: 'denied', reason: 'caf\u00e9 \u{1f3b5} <b>&amp;</b> \n\u2028 \u0000 "\\' } as const;
  await world.write(tenant, [
    ...someRecords(tenant, 300),
    ...someRecords(tenant, 11, odd),
    ...someRecords(tenant, 100),
  ]);
  await world.sealed();
  await sequencer[Symbol.asyncDispose]();
  whole = await collect({ consistentWith: 200 });
  selection = await collect({ selection: { outcome: 'denied' }, consistentWith: 200 });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The foreign verifier's output if it accepts, its reason if not. */
async function verdict(lines: readonly (string | Uint8Array)[], withKey = key, earlier = earlierFile): Promise<string> {
  const file = path.join(folder, 'export');
  await writeFile(file, Buffer.concat(lines.map((line) => Buffer.from(line))));
  return run(path.join(folder, 'audit-verifier'), [file, withKey, ...(earlier ? [earlier] : [])]).then(
    ({ stdout }) => stdout.trim(),
    (error: { stderr: string }) => error.stderr.trim(),
  );
}

const edited = (lines: readonly string[], index: number) =>
  lines.map((line) => (line.includes(`"index":${index},`) ? line.replace('"player.skip"', '"player.stop"') : line));

test('accepts a whole log: its signature, root, and consistency with an earlier checkpoint', async () => {
  expect(await verdict(whole)).toBe(`verified ${total} records`);
});

test('accepts the proof of every record of a selection', async () => {
  expect(await verdict(selection)).toBe('verified 11 records');
});

test.each([
  ['whole.ndjson', 3],
  ['whole.csv', 3],
  ['whole.ocsf.ndjson', 3],
  ['selection.ndjson', 1],
  ['selection.csv', 1],
  ['selection.ocsf.ndjson', 1],
  ['rotated.ndjson', 2],
  ['rotated.csv', 2],
  ['rotated.ocsf.ndjson', 2],
])('agrees with %s of FORMAT.md', async (name, records) => {
  const vectors = path.join(import.meta.dirname, '../../security/audit/vectors');
  const begin = name.startsWith('rotated') ? 'rotated' : 'whole';
  const plain = await readFile(path.join(vectors, `${begin}.ndjson`), 'utf8');
  const keyOfVectors = header([plain.slice(0, plain.indexOf('\n'))]).key;
  expect(await verdict([await readFile(path.join(vectors, name))], keyOfVectors, '')).toBe(
    `verified ${records} records`,
  );
});

test.each(['csv', 'ocsf'] as const)('accepts a whole log and a selection as %s, plain and gzipped', async (format) => {
  const written = async (more: Partial<ExportOptions>) => {
    const chunks: Buffer[] = [];
    const opened = await openExport({ database: world.api, tenant, consistentWith: 200, ...more });
    for await (const chunk of exportFile(opened, format)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const all = await written({});
  expect(await verdict([all])).toBe(`verified ${total} records`);
  expect(await verdict([gzipSync(all)])).toBe(`verified ${total} records`);
  expect(await verdict([await written({ selection: { outcome: 'denied' } })])).toBe('verified 11 records');
});

test('accepts a log and a selection from which a member was erased, and refuses a redaction with another hash', async () => {
  const of = newTenantId();
  const user = snowflake('500000000000000001');
  await using _sequencer = world.start();
  await world.write(of, [
    ...someRecords(of, 20),
    ...someRecords(of, 3, { outcome: 'denied', onBehalfOf: { type: 'discord-member', id: user } }),
  ]);
  await world.sealed();
  const by = { actor: { type: 'operator', id: 'operator:owner' } } as const;
  const erasure = { id: newId('era'), tenant: of, user, requestedAt: new Date(), by };
  while (!(await eraseFromLog({ database: world.worker, nowMs: Date.now() }, erasure))) await world.sealed();
  const lines = await collect({ tenant: of });
  expect(lines.join('')).not.toContain(user);
  expect(lines.filter((line) => line.includes('"redacted":'))).toHaveLength(3);
  expect(await verdict(lines, header(lines).key, '')).toBe('verified 24 records');
  const denied = await collect({ tenant: of, selection: { outcome: 'denied' } });
  expect(await verdict(denied, header(lines).key, '')).toBe('verified 3 records');
  const forged = lines.map((line) =>
    line.replace(/^\{"hash":"(.)(?=.*"redacted":)/, (_, first) => `{"hash":"${first === 'A' ? 'B' : 'A'}`),
  );
  expect(await verdict(forged, header(lines).key, '')).toBe('the tree over the records is not the signed one');
});

describe('a log whose key was replaced twice', () => {
  const of = newTenantId();
  const keys: string[] = [];
  let lines: string[];

  beforeAll(async () => {
    await using _sequencer = world.start();
    for (const generation of [1, 2, 3]) {
      if (generation > 1) await world.rotate(of, generation);
      await world.write(of, someRecords(of, 10));
      await world.sealed();
      lines = await collect({ tenant: of });
      keys.push(header(lines).key);
      if (generation === 2) await writeFile(earlierOfRotated(), header(lines).checkpoint);
    }
    lines = await collect({ tenant: of, consistentWith: Number(header(lines).checkpoint.split('\n')[1]) - 11 });
  });
  const earlierOfRotated = () => path.join(folder, 'earlier-of-rotated');

  test.each([0, 1, 2])('is accepted with key %i, and continues what an earlier key signed', async (at) => {
    expect(await verdict(lines, keys[at], '')).toBe('verified 32 records');
    expect(await verdict(lines, keys[at], earlierOfRotated())).toBe('verified 32 records');
  });

  test('is refused with a key of another log', async () => {
    expect(await verdict(lines, key, '')).toBe('no succession names the given key');
  });

  test('is refused with a gap, in the wrong order, and without its last succession', async () => {
    const [first = '', one = '', two = '', ...rest] = lines;
    expect(await verdict([first, two, one, ...rest], keys[1], '')).toBe('a succession is missing or out of order');
    expect(await verdict([first, two, ...rest], keys[0], '')).toBe('no succession names the given key');
    expect(await verdict([first, one, ...rest], keys[0], '')).toBe('note has no verifiable signatures');
  });

  test.each([0, 1])('is refused if only one key signed a succession (without signature %i)', async (at) => {
    const { succession } = JSON.parse(lines[1] ?? '') as { succession: string };
    const once = succession
      .split('\n')
      .filter((_line, index) => index !== 5 + at)
      .join('\n');
    const forged = lines.with(1, `${JSON.stringify({ succession: once })}\n`);
    expect(await verdict(forged, keys[0], '')).toBe('a succession is not signed by both keys');
  });

  test('is refused if a key signed its checkpoint that was replaced before', async () => {
    const [begin = '', , , ...rest] = lines;
    const { checkpoint, ...more } = JSON.parse(begin) as { checkpoint: string };
    const [origin = '', size, root = ''] = checkpoint.split('\n');
    const newKey = () => noteSigner(origin, generateKeyPairSync('ed25519').privateKey);
    const [old, next] = [newKey(), newKey()];
    const succession = signSuccession(old, next, Number(size) - 1);
    const signedBy = (signer: typeof old) => {
      const tree = { origin, size: Number(size), root: Buffer.from(root, 'base64') };
      const first = JSON.stringify({ ...more, checkpoint: signCheckpoint(tree, signer) });
      return [`${first}\n`, `${JSON.stringify({ succession })}\n`, ...rest];
    };
    expect(await verdict(signedBy(next), verifierOf(old), '')).toBe('verified 32 records');
    expect(await verdict(signedBy(old), verifierOf(old), '')).toBe('note has no verifiable signatures');
  });
});

describe('refuses', () => {
  test('an edited leaf', async () => {
    expect(edited(whole, 350)).not.toEqual(whole);
    expect(await verdict(edited(whole, 350))).toBe('the tree over the records is not the signed one');
    expect(edited(selection, 505)).not.toEqual(selection);
    expect(await verdict(edited(selection, 505))).toMatch(/^record 505: /);
  });

  test('a removed leaf', async () => {
    expect(await verdict(whole.filter((line) => !line.includes('"index":610,')))).toBe(
      'the tree over the records is not the signed one',
    );
  });

  test('a changed checkpoint', async () => {
    const changed = whole.with(0, (whole[0] ?? '').replace(`\\n${total}\\n`, `\\n${total - 1}\\n`));
    expect(await verdict(changed)).toMatch(/invalid signature/);
  });

  test("another log's key", async () => {
    const other = newTenantId();
    const sequencer = world.start();
    await world.write(other, someRecords(other, 1));
    await world.sealed();
    await sequencer[Symbol.asyncDispose]();
    expect(await verdict(whole, header(await collect({ tenant: other })).key)).toBe('not a checkpoint of this log');
  });

  test('a log that does not continue the earlier checkpoint', async () => {
    const broken = (whole[0] ?? '').replace(/"proof":\["[^"]*"/, `"proof":["${Buffer.alloc(32).toString('base64')}"`);
    expect(await verdict(whole.with(0, broken))).toMatch(/invalid transparency proof/);
  });
});
