import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { exportAudit, type ExportOptions } from './export.ts';
import { maxLineBytes } from './export-format.ts';
import { leafHash } from './merkle.ts';
import { encodeRecord, type AuditRecord } from './record.ts';
import type { Problem, ProblemKind, Report } from './report.ts';
import { auditWorld, someRecords, type AuditWorld } from '#test/audit-world.ts';
import { verifyExport, type VerifyOptions } from './verify.ts';

/** Large enough for two signed waypoints, and for tiles, levels and a ragged edge above them. */
const total = 700;
const [tenantA, tenantB] = [newTenantId(), newTenantId()];
const odd = (index: number): Partial<AuditRecord> =>
  index % 50 === 7
    ? {
        outcome: 'denied',
        guild: '42',
        reason: 'l\u00f6schen\n\u0000 \u{1f3b5}',
        onBehalfOf: { type: 'discord-member', id: '9' },
      }
    : {};
const records = Array.from({ length: total }, (_, index) => someRecords(tenantA, 1, odd(index))).flat();
let world: AuditWorld;
let key: string;
let early: string;
let whole: string[];
let denied: string[];
let ofB: string[];

const collect = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};
const linesOf = async (options: Partial<ExportOptions> = {}) =>
  collect(exportAudit({ database: world.api, tenant: tenantA, ...options }));
const verify = (lines: readonly string[], options: Partial<VerifyOptions> = {}): Promise<Report> =>
  verifyExport(bytesOf(lines.join('')), { key, ...options });

/** Bytes in chunks that end within lines and characters. */
async function* bytesOf(text: string) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
}

const header = (lines: readonly string[]): { key: string; checkpoint: string } & Record<string, unknown> =>
  JSON.parse(lines[0] ?? '');

beforeAll(async () => {
  world = await auditWorld();
  const sequencer = world.start();
  const write = async (from: number, to: number) => {
    await world.write(tenantA, records.slice(from, to));
    await world.sealed();
  };
  await write(0, 300);
  await write(300, 333);
  const first = header(await linesOf());
  early = first.checkpoint;
  key = first.key;
  await write(333, 633);
  await write(633, total);
  await world.write(tenantB, someRecords(tenantB, 20));
  await world.sealed();
  await sequencer[Symbol.asyncDispose]();
  whole = await linesOf();
  denied = await linesOf({ selection: { outcome: 'denied' } });
  ofB = await linesOf({ tenant: tenantB });
});
afterAll(() => world[Symbol.asyncDispose]());

describe('an export as it was written', () => {
  test('of the whole log holds every record and verifies', async () => {
    const report = await verify(whole);
    expect(report).toMatchObject({
      ok: true,
      problems: [],
      whole: true,
      size: total,
      records: total,
      tenant: tenantA,
      origin: `${world.installation}/tenant/${tenantA}`,
    });
    expect(whole.filter((line) => line.includes('"edge"'))).toHaveLength(2);
    const leaves = whole.filter((line) => line.includes('"record"'));
    expect(leaves.map((line) => encodeRecord(JSON.parse(line).record))).toEqual(records.map(encodeRecord));
  });

  test.each<[string, ExportOptions['selection'], (record: AuditRecord) => boolean]>([
    ['by outcome', { outcome: 'denied' }, (record) => record.outcome === 'denied'],
    ['by guild', { guild: '42' as never }, (record) => record.guild === '42'],
    ['by whom it was done for', { actor: '9' }, (record) => record.onBehalfOf?.id === '9'],
    ['by who did it', { actor: 'bot' }, () => true],
    ['by action and kind, of which there are none', { action: 'player.stop', kind: 'change' }, () => false],
  ])('of a selection %s holds what it names and verifies', async (_name, selection, belongs) => {
    const lines = await linesOf({ selection });
    expect(await verify(lines)).toMatchObject({
      ok: true,
      problems: [],
      whole: false,
      size: total,
      records: records.filter(belongs).length,
    });
    const ids = lines.filter((line) => line.includes('"record"')).map((line) => JSON.parse(line).record.id);
    expect(ids).toEqual(records.filter(belongs).map((record) => record.id));
  });

  test('of a stretch of time has its first moment in and its last out', async () => {
    const [from, to] = [records[100]?.time, records[110]?.time];
    const lines = await linesOf({ selection: { from, to } });
    expect(await verify(lines)).toMatchObject({ ok: true, records: 10 });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ index: 100, record: { id: records[100]?.id } });
  });

  test('shows that the log continues an earlier checkpoint, whole and in a selection', async () => {
    expect((await verify(whole, { earlier: early })).problems).toEqual([]);
    const lines = await linesOf({ selection: { outcome: 'denied' }, consistentWith: 333 });
    expect((await verify(lines, { earlier: early })).problems).toEqual([]);
    expect((await verify(denied, { earlier: early })).problems).toMatchObject([{ kind: 'inconsistent' }]);
  });

  test('is the same whatever the size of the pages it was read in', async () => {
    const strip = (lines: readonly string[]) => lines.slice(1, -1);
    expect(strip(await linesOf({ pageRows: 7 }))).toEqual(strip(whole));
  });

  test('does not exist for a log with nothing in it, nor for one smaller than the earlier checkpoint says', async () => {
    await expect(linesOf({ tenant: newTenantId() })).rejects.toMatchObject({
      code: 'audit.nothing-sealed',
      status: 404,
    });
    await expect(linesOf({ tenant: tenantB, consistentWith: 333 })).rejects.toMatchObject({
      code: 'audit.not-that-large',
    });
  });

  test("holds nothing of another tenant's, even for a reader who asks with another's name", async () => {
    expect(whole.join('')).not.toContain(tenantB);
    const inA: ExportOptions['database'] = { inTenant: (_asked, work) => world.api.inTenant(tenantA, work) };
    await expect(linesOf({ database: inA, tenant: tenantB })).rejects.toMatchObject({ code: 'audit.nothing-sealed' });
  });

  test('stops reading when its reader stops', async () => {
    let transactions = 0;
    const counting: ExportOptions['database'] = {
      inTenant: (tenant, work) => ((transactions += 1), world.api.inTenant(tenant, work)),
    };
    for await (const line of exportAudit({ database: counting, tenant: tenantA, pageRows: 10 }))
      if (line.includes('"index":15')) break;
    expect(transactions).toBeLessThanOrEqual(4);
  });
});

/** A forger with every tool except the key: recomputes hashes and the last line. */
const reseal = (lines: readonly string[]): string[] => {
  const body = lines.slice(0, -1).map((line) => {
    const value = JSON.parse(line);
    if (!('record' in value)) return line;
    const record = line.slice(line.indexOf('"record":') + 9, -2);
    return line.replace(/"hash":"[^"]*"/, `"hash":"${leafHash(Buffer.from(record)).toString('base64')}"`);
  });
  const count = body.filter((line) => line.includes('"record"')).length;
  const sha256 = createHash('sha256').update(body.join('')).digest('hex');
  return [...body, `{"count":${count},"sha256":"${sha256}"}\n`];
};
const lineOf = (lines: readonly string[], index: number) =>
  lines.findIndex((line) => line.includes(`"index":${index},`));
const without = (lines: readonly string[], index: number) => lines.toSpliced(lineOf(lines, index), 1);
const edit = (lines: readonly string[], index: number, from: string | RegExp, to: string) =>
  lines.with(lineOf(lines, index), (lines[lineOf(lines, index)] ?? '').replace(from, to));
const swap = (lines: readonly string[], a: number, b: number) => {
  const [atA, atB] = [lineOf(lines, a), lineOf(lines, b)];
  return lines.with(atA, lines[atB] ?? '').with(atB, lines[atA] ?? '');
};
const renumber = (lines: readonly string[], from: number, to: number, by: number) =>
  lines.map((line) =>
    line.replace(/"index":(\d+)/, (text, digits: string) =>
      Number(digits) >= from && Number(digits) < to ? `"index":${Number(digits) + by}` : text,
    ),
  );

interface Tampering {
  readonly name: string;
  readonly lines: () => readonly string[];
  readonly key?: () => string;
  readonly expect: { kind: ProblemKind } & Partial<Problem>;
  /** The line of the leaf with this index in the untouched export; compared with the problem's. */
  readonly atLineOf?: number;
}

const inWhole: readonly Tampering[] = [
  {
    name: 'an edited record',
    lines: () => edit(whole, 400, '"allowed"', '"denied"'),
    expect: { kind: 'edited', index: 400 },
    atLineOf: 400,
  },
  {
    name: 'an edited record and its hash',
    lines: () => reseal(edit(whole, 400, '"allowed"', '"denied"')),
    expect: { kind: 'edited', index: 300, to: 632 },
  },
  {
    name: 'an edited record after the last waypoint',
    lines: () => reseal(edit(whole, 650, '"allowed"', '"denied"')),
    expect: { kind: 'edited', index: 633, to: 699 },
  },
  {
    name: 'a removed record',
    lines: () => without(whole, 400),
    expect: { kind: 'removed', index: 400, to: 400 },
    atLineOf: 400,
  },
  {
    name: 'a removed record, counted anew',
    lines: () => reseal(without(whole, 400)),
    expect: { kind: 'removed', index: 400, to: 400 },
    atLineOf: 400,
  },
  {
    name: 'a removed record, the rest renumbered',
    lines: () => reseal(renumber(without(whole, 400), 401, 633, -1)),
    expect: { kind: 'removed', index: 632 },
  },
  {
    name: 'a whole batch removed',
    lines: () => reseal(whole.toSpliced(lineOf(whole, 100), 100)),
    expect: { kind: 'removed', index: 100, to: 199 },
    atLineOf: 100,
  },
  {
    name: 'two records swapped',
    lines: () => reseal(swap(whole, 400, 401)),
    expect: { kind: 'reordered', index: 400 },
    atLineOf: 401,
  },
  {
    name: 'two far records swapped',
    lines: () => reseal(swap(whole, 10, 650)),
    expect: { kind: 'reordered', index: 10 },
    atLineOf: 650,
  },
  {
    name: 'two swapped and renumbered',
    lines: () =>
      reseal(
        edit(edit(swap(whole, 400, 401), 400, '"index":400,', '"index":x,'), 401, '"index":401,', '"index":400,').map(
          (line) => line.replace('"index":x,', '"index":401,'),
        ),
      ),
    expect: { kind: 'edited', index: 300, to: 632 },
  },
  {
    name: 'a record twice',
    lines: () => reseal(whole.toSpliced(lineOf(whole, 400), 0, whole[lineOf(whole, 400)] ?? '')),
    expect: { kind: 'duplicated', index: 400 },
  },
  {
    name: 'the last record cut off',
    lines: () => reseal(without(whole, total - 1)),
    expect: { kind: 'truncated', index: total - 1, to: total - 1 },
    atLineOf: total - 1,
  },
  { name: 'everything after a line cut off', lines: () => whole.slice(0, 500), expect: { kind: 'truncated' } },
  { name: 'the end of a line cut off', lines: () => [whole.join('').slice(0, -20)], expect: { kind: 'truncated' } },
  {
    name: "a record of another tenant's",
    lines: () => reseal(whole.toSpliced(lineOf(whole, 400), 0, ofB[5] ?? '')),
    expect: { kind: 'foreign-record', index: 4 },
    atLineOf: 400,
  },
  {
    name: "another tenant's record in place of one",
    lines: () => reseal(whole.with(lineOf(whole, 400), (ofB[5] ?? '').replace('"index":4,', '"index":400,'))),
    expect: { kind: 'foreign-record', index: 400 },
    atLineOf: 400,
  },
  {
    name: 'a record added at the end',
    lines: () => reseal(whole.toSpliced(-1, 0, (whole[5] ?? '').replace('"index":4,', `"index":${total},`))),
    expect: { kind: 'added', index: total },
  },
  { name: 'a line after the last', lines: () => [...whole, '{}\n'], expect: { kind: 'added' } },
  { name: 'another key', lines: () => whole, key: () => header(ofB).key, expect: { kind: 'wrong-key', line: 1 } },
  { name: "another tenant's export", lines: () => ofB, expect: { kind: 'wrong-key', line: 1 } },
  {
    name: 'a changed size in the checkpoint',
    lines: () => reseal([(whole[0] ?? '').replace(`\\n${total}\\n`, `\\n${total - 1}\\n`), ...whole.slice(1)]),
    expect: { kind: 'bad-signature', line: 1 },
  },
  {
    name: 'a changed waypoint',
    lines: () => reseal(whole.map((line) => (line.includes('"edge"') ? line.replace('\\n300\\n', '\\n301\\n') : line))),
    expect: { kind: 'bad-signature' },
  },
  {
    name: "a waypoint's hashes changed",
    lines: () =>
      reseal(whole.map((line) => (line.includes('"edge":["A') ? line : line.replace(/"edge":\["./, '"edge":["A')))),
    expect: { kind: 'edited' },
  },
  {
    name: 'the name of another tenant in the first line',
    lines: () =>
      reseal([(whole[0] ?? '').replace(`"tenant":"${tenantA}"`, `"tenant":"${tenantB}"`), ...whole.slice(1)]),
    expect: { kind: 'foreign-log', line: 1 },
  },
  {
    name: 'a line that is not JSON',
    lines: () => whole.with(401, 'hello\n'),
    expect: { kind: 'malformed', line: 402 },
  },
  {
    name: 'a line in another form',
    lines: () => whole.with(401, ` ${whole[401]}`),
    expect: { kind: 'malformed', line: 402 },
  },
  {
    name: 'a byte that is not UTF-8, as text',
    lines: () => edit(whole, 407, 'l\u00f6schen', 'l\u00f6sc\u0000hen'),
    expect: { kind: 'malformed' },
    atLineOf: 407,
  },
  {
    name: 'a line without end',
    lines: () => [...whole.slice(0, 3), 'x'.repeat(maxLineBytes + 1)],
    expect: { kind: 'malformed', line: 4 },
  },
  { name: 'no first line', lines: () => whole.slice(1), expect: { kind: 'malformed', line: 1 } },
  { name: 'nothing', lines: () => [], expect: { kind: 'truncated', line: 1 } },
  {
    name: 'a changed first line that is signed by nobody',
    lines: () => [(whole[0] ?? '').replace(/"exportedAt":"20/, '"exportedAt":"19'), ...whole.slice(1)],
    expect: { kind: 'digest' },
  },
];

const inSelection: readonly Tampering[] = [
  {
    name: 'an edited record',
    lines: () => edit(denied, 407, '"outcome":"denied"', '"outcome":"allowed"'),
    expect: { kind: 'edited', index: 407 },
  },
  {
    name: 'an edited record and its hash',
    lines: () => reseal(edit(denied, 407, '"id":"9"', '"id":"8"')),
    expect: { kind: 'edited', index: 407 },
  },
  {
    name: 'a changed number',
    lines: () => reseal(edit(denied, 407, '"index":407', '"index":408')),
    expect: { kind: 'edited', index: 408 },
  },
  {
    name: 'a changed proof',
    lines: () => reseal(edit(denied, 407, /"proof":\["[^"]*"/, `"proof":["${Buffer.alloc(32).toString('base64')}"`)),
    expect: { kind: 'edited', index: 407 },
  },
  {
    name: 'a missing proof',
    lines: () => reseal(edit(denied, 407, /"proof":\[[^\]]*\],/, '')),
    expect: { kind: 'malformed', index: 407 },
  },
  { name: 'a removed record', lines: () => without(denied, 407), expect: { kind: 'removed' } },
  {
    name: 'two records swapped',
    lines: () => reseal(swap(denied, 357, 407)),
    expect: { kind: 'reordered', index: 357 },
  },
  {
    name: 'a record twice',
    lines: () => reseal(denied.toSpliced(2, 0, denied[1] ?? '')),
    expect: { kind: 'duplicated', index: 7 },
  },
  {
    name: 'a record that was not selected',
    lines: () => reseal([(denied[0] ?? '').replace('"outcome":"denied"', '"outcome":"failed"'), ...denied.slice(1)]),
    expect: { kind: 'outside-selection', index: 7, line: 2 },
  },
  {
    name: "a record of another tenant's",
    lines: () => reseal(denied.toSpliced(1, 0, ofB[1] ?? '')),
    expect: { kind: 'foreign-record', index: 0, line: 2 },
  },
  { name: 'the end cut off', lines: () => denied.slice(0, -3), expect: { kind: 'truncated' } },
];

describe.each([
  ['the whole log', inWhole, () => whole],
  ['a selection', inSelection, () => denied],
] as const)('in an export of %s, it finds and places', (_name, tamperings, original) => {
  test.each(tamperings)('$name', async (tampering) => {
    const lines = tampering.lines();
    expect(lines.join('')).not.toBe(tampering.key ? '' : original().join(''));
    const report = await verify(lines, tampering.key ? { key: tampering.key() } : {});
    expect(report.ok).toBe(false);
    const line = tampering.atLineOf === undefined ? {} : { line: lineOf(original(), tampering.atLineOf) + 1 };
    expect(report.problems).toContainEqual(expect.objectContaining({ ...tampering.expect, ...line }));
  });
});

test('goes on after the first fault, and names each of several', async () => {
  const lines = reseal(edit(without(edit(whole, 20, '"allowed"', '"denied"'), 400), 650, '"allowed"', '"denied"'));
  const report = await verify(lines);
  expect(report.problems.map(({ kind, index, to }) => ({ kind, index, to }))).toEqual([
    { kind: 'edited', index: 0, to: 299 },
    { kind: 'edited', index: 633, to: 699 },
    { kind: 'removed', index: 400, to: 400 },
  ]);
});

test('finds a log whose past was rewritten and signed anew, by the earlier checkpoint', async () => {
  const second = await auditWorld();
  try {
    const sequencer = await second.start();
    await second.write(tenantA, records.slice(0, 10));
    await second.sealed();
    const readAgain = (more: Partial<ExportOptions> = {}) =>
      collect(exportAudit({ database: second.api, tenant: tenantA, ...more }));
    const before = header(await readAgain());
    // What only somebody with the database's administrator account and the log's key could do.
    await second.admin.query('delete from audit_leaf');
    await second.admin.query('delete from audit_checkpoint');
    await second.write(tenantA, records.slice(1, 30));
    await second.sealed();
    await sequencer[Symbol.asyncDispose]();
    const options = { key: before.key, earlier: before.checkpoint };
    const rewritten = await readAgain();
    expect((await verify(rewritten, { key: before.key })).ok).toBe(true);
    expect((await verify(rewritten, options)).problems).toMatchObject([{ kind: 'inconsistent', index: 0, to: 9 }]);
    const selection = await readAgain({ selection: { actor: 'bot' }, consistentWith: 10 });
    expect((await verify(selection, { key: before.key })).ok).toBe(true);
    expect((await verify(selection, options)).problems).toMatchObject([{ kind: 'inconsistent' }]);
  } finally {
    await second[Symbol.asyncDispose]();
  }
});

test('shows a leaf that is not a record instead of hiding it, also in a selection', async () => {
  const tenant = newTenantId();
  const sequencer = world.start();
  await world.api.inTenant(tenant, (transaction) =>
    transaction.query("insert into audit_journal (tenant_id, record) values ($1, 'not a record \"')", [tenant]),
  );
  await world.write(tenant, someRecords(tenant, 1));
  await world.sealed();
  await sequencer[Symbol.asyncDispose]();
  for (const selection of [{}, { outcome: 'denied' as const }]) {
    const lines = await linesOf({ tenant, selection });
    const report = await verify(lines, { key: header(lines).key });
    expect(report.problems).toMatchObject([{ kind: 'not-a-record', index: 0, line: 2 }]);
  }
});

test('bounds what it remembers of a file of garbage', async () => {
  const report = await verify([whole[0] ?? '', ...Array.from({ length: 3_000 }, () => '{"a":1}\n')]);
  expect(report.problems).toHaveLength(1_000);
  expect(report.omitted).toBeGreaterThan(2_000);
});
