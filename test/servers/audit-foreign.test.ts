// @module-tag go
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { exportFile } from '#security/audit/export-file.ts';
import { exportAudit, openExport, type ExportOptions } from '#security/audit/export.ts';
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
])('agrees with %s of FORMAT.md', async (name, records) => {
  const vectors = path.join(import.meta.dirname, '../../security/audit/vectors');
  const plain = await readFile(path.join(vectors, 'whole.ndjson'), 'utf8');
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
    expect(await verdict(whole, header(await collect({ tenant: other })).key)).toMatch(/no verifiable signatures/);
  });

  test('a log that does not continue the earlier checkpoint', async () => {
    const broken = (whole[0] ?? '').replace(/"proof":\["[^"]*"/, `"proof":["${Buffer.alloc(32).toString('base64')}"`);
    expect(await verdict(whole.with(0, broken))).toMatch(/invalid transparency proof/);
  });
});
