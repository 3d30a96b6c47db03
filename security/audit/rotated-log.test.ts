import { fork } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { auditWorld, someRecords, until, type AuditWorld } from '#test/audit-world.ts';
import { noteSigner, signCheckpoint, verifierOf } from './checkpoint.ts';
import { exportFile, fileFormats } from './export-file.ts';
import { exportAudit, openExport, type ExportOptions } from './export.ts';
import { signSuccession } from './succession.ts';
import { verifyPair } from './verify-pair.ts';
import { verifyExport, type VerifyOptions } from './verify.ts';

const tenant = newTenantId();
let world: AuditWorld;
/** The log's keys in order, and an export made while each was in use. */
const keys: string[] = [];
const exports: string[][] = [];

async function* streamOf(...chunks: readonly (string | Uint8Array)[]) {
  yield* chunks;
}
const linesOf = async (options: Partial<ExportOptions> = {}): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of exportAudit({ database: world.api, tenant, ...options })) lines.push(line);
  return lines;
};
const headerOf = (lines: readonly string[]) => JSON.parse(lines[0] ?? '') as { key: string; checkpoint: string };
const sizeOf = (lines: readonly string[]) => Number(headerOf(lines).checkpoint.split('\n')[1]);
const verify = (lines: readonly string[], key: string | undefined, options: Partial<VerifyOptions> = {}) =>
  verifyExport(streamOf(...lines), { key: key ?? '', ...options });

beforeAll(async () => {
  world = await auditWorld();
  const sequencer = world.start();
  for (const generation of [1, 2, 3]) {
    if (generation > 1) await world.rotate(tenant, generation);
    // Enough for a waypoint in each, and for one that an earlier key signed.
    for (let part = 0; part < 2; part += 1) {
      await world.write(tenant, someRecords(tenant, 150, part === 1 ? { outcome: 'denied' } : {}));
      await world.sealed();
    }
    const lines = await linesOf();
    exports.push(lines);
    keys.push(headerOf(lines).key);
  }
  await sequencer[Symbol.asyncDispose]();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a log whose key was replaced twice', () => {
  test('has three keys, and shows in its export how one followed the other', () => {
    expect(new Set(keys).size).toBe(3);
    expect(exports.map((lines) => lines.filter((line) => line.startsWith('{"succession":')).length)).toEqual([0, 1, 2]);
    expect(exports[2]?.filter((line) => line.includes('"edge"')).length).toBeGreaterThan(1);
  });

  test.each([0, 1, 2])('verifies with key %i, and says how many successions it followed', async (at) => {
    expect(await verify(exports[2] ?? [], keys[at])).toMatchObject({
      ok: true,
      problems: [],
      trustedKey: keys[at],
      successionsFollowed: 2 - at,
    });
  });

  test('verifies as a selection, in every format', async () => {
    for (const format of fileFormats) {
      const opened = await openExport({ database: world.api, tenant, selection: { outcome: 'denied' } });
      const report = await verifyExport(exportFile(opened, format), { key: keys[0] ?? '' });
      expect(report).toMatchObject({ ok: true, problems: [], records: 450, successionsFollowed: 2 });
    }
  });

  test('continues the checkpoints that its earlier keys signed', async () => {
    for (const earlier of exports)
      expect(await verify(exports[2] ?? [], keys[0], { earlier: headerOf(earlier).checkpoint })).toMatchObject({
        ok: true,
      });
  });

  test('an export made before still verifies with the key of then, and with no later one', async () => {
    expect(await verify(exports[0] ?? [], keys[0])).toMatchObject({ ok: true, successionsFollowed: 0 });
    expect((await verify(exports[0] ?? [], keys[1])).problems[0]).toMatchObject({ kind: 'wrong-key' });
  });

  test('verifies as a pair with an export made before, with any of its keys and in any order', async () => {
    const [early, late] = [exports[0] ?? [], exports[2] ?? []];
    const [openEarly, openLate] = [early, late].map((lines) => () => streamOf(...lines));
    if (!openEarly || !openLate) throw new Error('no exports');
    for (const key of keys)
      for (const pair of [[openEarly, openLate] as const, [openLate, openEarly] as const])
        expect(await verifyPair(pair, key)).toMatchObject([{ ok: true }, { ok: true }]);
    // A later one that does not verify vouches for nothing.
    const edited = late.map((line) => line.replace('player.skip', 'player.stop'));
    const [report] = await verifyPair([openEarly, () => streamOf(...edited)], keys[2] ?? '');
    expect(report.problems[0]).toMatchObject({ kind: 'wrong-key' });
  });

  test('an export that was interrupted before goes on with the same bytes', async () => {
    for (const lines of exports) {
      const { exportedAt } = JSON.parse(lines[0] ?? '') as { exportedAt: string };
      expect(await linesOf({ begun: { size: sizeOf(lines), exportedAt } })).toEqual(lines);
    }
  });

  test('does not verify with a key that is none of its own', async () => {
    const foreign = noteSigner(keys[0]?.split('+')[0] ?? '', generateKeyPairSync('ed25519').privateKey);
    expect((await verify(exports[2] ?? [], verifierOf(foreign))).problems[0]).toMatchObject({
      kind: 'wrong-key',
      message: `The checkpoint is signed by a key that does not succeed the given one, ${verifierOf(foreign)}.`,
    });
  });
});

/** The lines with a new trailer: a forger can always write one. */
function trailed(lines: readonly string[]): string[] {
  const body = lines.slice(0, -1);
  const { count } = JSON.parse(lines.at(-1) ?? '') as { count: number };
  const sha256 = createHash('sha256').update(body.join('')).digest('hex');
  return [...body, `{"count":${count},"sha256":"${sha256}"}\n`];
}

describe('refuses, with one sentence each,', () => {
  const selection = () => linesOf({ selection: { outcome: 'denied' } });
  const line = (note: string) => `${JSON.stringify({ succession: note })}\n`;
  const noteIn = (text = '') => (JSON.parse(text) as { succession: string }).succession;
  const signedOnce = (note: string, at: number) =>
    note
      .split('\n')
      .filter((_line, index) => index !== 5 + at)
      .join('\n');

  test.each<[string, number, string, string, (lines: string[]) => string[]]>([
    [
      'the end of the chain missing',
      0,
      'wrong-key',
      'The checkpoint is not signed by the given key',
      (lines) => lines.toSpliced(2, 1),
    ],
    [
      'the beginning of the chain missing',
      0,
      'wrong-key',
      'The checkpoint is signed by a key that does not succeed the given one',
      (lines) => lines.toSpliced(1, 1),
    ],
    [
      'a wrong order',
      0,
      'succession',
      'This succession is out of order',
      ([header = '', one = '', two = '', ...rest]) => [header, two, one, ...rest],
    ],
    [
      'a succession that only the new key signed',
      0,
      'succession',
      'This succession is not signed by the key that it replaces.',
      (lines) => lines.with(1, line(signedOnce(noteIn(lines[1]), 0))),
    ],
    [
      'a succession that only the old key signed',
      0,
      'succession',
      'This succession is not signed by the new key.',
      (lines) => lines.with(1, line(signedOnce(noteIn(lines[1]), 1))),
    ],
    [
      'a succession after the first record',
      0,
      'malformed',
      'This line does not belong in this file.',
      ([header = '', one = '', two = '', leaf = '', ...rest]) => [header, one, two, leaf, two, ...rest],
    ],
  ])('%s', async (_name, key, kind, sentence, forged) => {
    const { problems } = await verify(trailed(forged(await selection())), keys[key]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ kind, message: expect.stringContaining(sentence) });
  });

  test('a checkpoint by a key that was replaced before, even with the right tree', async () => {
    const origin = keys[0]?.split('+')[0] ?? '';
    const [old, next] = [1, 2].map(() => noteSigner(origin, generateKeyPairSync('ed25519').privateKey));
    if (!old || !next) throw new Error('no keys');
    const [header = '', ...rest] = (await selection()).toSpliced(1, 2);
    const parsed = JSON.parse(header) as { checkpoint: string };
    const [, size, root] = parsed.checkpoint.split('\n');
    const signedBy = (signer: typeof old) => {
      const tree = { origin, size: Number(size), root: Buffer.from(root ?? '', 'base64') };
      const mine = JSON.stringify({ ...parsed, checkpoint: signCheckpoint(tree, signer) });
      return trailed([`${mine}\n`, line(signSuccession(old, next, Number(size) - 1)), ...rest]);
    };
    expect(await verify(signedBy(next), verifierOf(old))).toMatchObject({ ok: true, successionsFollowed: 1 });
    expect((await verify(signedBy(old), verifierOf(old))).problems).toEqual([
      expect.objectContaining({
        kind: 'other-term',
        message: 'The checkpoint is signed by a key that was not in use for a log of that size.',
      }),
    ]);
  });
});

describe('a rotation', () => {
  /** All of the log verifies from its first key on. */
  const verified = async (of: TenantId, firstKey: string) =>
    verifyExport(streamOf(...(await linesOf({ tenant: of }))), { key: firstKey });
  const begun = async (of: TenantId) => {
    await world.write(of, someRecords(of, 3));
    await world.sealed();
    return headerOf(await linesOf({ tenant: of })).key;
  };

  test('leaves no copy of the old private key that can be opened', async () => {
    await using _sequencer = world.start();
    const of = newTenantId();
    await begun(of);
    const sealed = async () =>
      (await world.admin.query<{ sealed: Buffer }>('select sealed from audit_key where tenant_id = $1', [of])).rows[0]
        ?.sealed ?? Buffer.alloc(0);
    const copy = await sealed();
    const location = { tenant: of, table: 'audit_key', column: 'sealed', row: of };
    const before = Buffer.from(await world.envelope.open(copy, location));
    await world.rotate(of, 2);
    await expect(world.envelope.open(copy, location)).rejects.toMatchObject({ code: 'keyring.retired-version' });
    expect(Buffer.from(await world.envelope.open(await sealed(), location)).equals(before)).toBe(false);
  });

  test('goes on beside writers and the sequencer: each key signs only within its term', async () => {
    await using _sequencer = world.start({ gatherMs: 1 });
    const of = newTenantId();
    const first = await begun(of);
    const stop = new AbortController();
    const writing = (async () => {
      for (; !stop.signal.aborted;) await world.write(of, someRecords(of, 5));
    })();
    for (let to = 2; to <= 9; to += 1) await world.rotate(of, to);
    stop.abort();
    await writing;
    await world.sealed();
    expect(await verified(of, first)).toMatchObject({ ok: true, problems: [], successionsFollowed: 8 });
    // Not only those that an export quotes: every checkpoint that was ever signed.
    const { rows } = await world.admin.query<{ size: number; key: string }>(
      `select tree_size::int as size, encode(substring(decode(split_part(split_part(note, E'\n\n', 2), ' ', 3), 'base64') for 4), 'hex') as key
       from audit_checkpoint where tenant_id = $1 order by tree_size`,
      [of],
    );
    const successions = await world.admin.query<{ size: number; old: string }>(
      `select tree_size::int as size, split_part(split_part(note, E'\n', 2), '+', 2) as old
       from audit_succession where tenant_id = $1 order by number`,
      [of],
    );
    expect(successions.rows).toHaveLength(8);
    for (const { size, key } of rows) {
      const due = successions.rows.find((succession) => size <= succession.size)?.old;
      if (due !== undefined) expect({ size, key }).toEqual({ size, key: due });
    }
  });

  test.each([
    ['before the succession is written down', 'audit_succession'],
    ['after it is, before the old key is destroyed', 'audit_journal'],
  ])('killed with SIGKILL %s, goes on from there', async (_when, table) => {
    await using _sequencer = world.start();
    const of = newTenantId();
    const first = await begun(of);
    const holding = await world.admin.connect();
    await holding.query('begin');
    await holding.query(`lock table ${table} in share mode`);
    const child = fork(path.join(import.meta.dirname, 'testing', 'rotation-process.ts'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { url } = world.server;
    child.send({ url, installation: world.installation, ...world.custodianSettings, tenant: of, to: 2 });
    await until(async () => {
      const waiting = await world.admin.query(
        'select 1 from pg_locks where not granted and relation = $1::regclass and database = (select oid from pg_database where datname = current_database())',
        [table],
      );
      return waiting.rowCount === 1;
    });
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await holding.query('rollback');
    holding.release();
    const versions = async () => (await world.custodian.versions(tenantKeyName(of))).map(({ version }) => version);
    expect(await versions()).toEqual([1, 2]);
    await world.rotate(of, 2);
    await world.write(of, someRecords(of, 3));
    await world.sealed();
    expect(await verified(of, first)).toMatchObject({ ok: true, problems: [], successionsFollowed: 1 });
    expect(await versions()).toEqual([2]);
  });

  test('of a log that was never sealed leaves no key that signs, and one that does', async () => {
    const of = newTenantId();
    await world.write(of, someRecords(of, 1));
    await world.rotate(of, 2);
    await using _sequencer = world.start();
    await world.sealed();
    const lines = await linesOf({ tenant: of });
    expect(await verified(of, headerOf(lines).key)).toMatchObject({ ok: true, successionsFollowed: 0 });
  });
});
