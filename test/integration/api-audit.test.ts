import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { MemberRole } from '#policies/roles.ts';
import { noteSigner, verifierOf } from '#security/audit/checkpoint.ts';
import type { Manifest } from '#security/audit/manifest.ts';
import { auditRecord, encodeRecord, type AuditRecord } from '#security/audit/record.ts';
import { signSuccession } from '#security/audit/succession.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { createCli } from '#services/cli/src/cli.ts';
import { eventually, startWorld, type World } from '#test/security/world/world.ts';

/** The audit log as people reach it: through the proxy's public listener, sealed by a running worker. */
let world: World;
let tenant: TenantId;
let other: TenantId;
const sessions = {} as Record<MemberRole | 'stranger', string>;
const guild = '80351110224678912';
const total = 130;
let records: AuditRecord[];

/** One record per second from the start of 2026; every tenth is a denial, of another member, and in the guild. */
const recordAt = (of: TenantId, number: number): AuditRecord => {
  const rare = number % 10 === 0;
  return auditRecord(
    {
      tenant: of,
      kind: 'decision',
      action: rare ? 'player.skip' : 'player.read',
      outcome: rare ? 'denied' : 'allowed',
      actor: { type: 'discord-member', id: rare ? '"quoted' : 'member' },
      ...(rare ? { guild } : {}),
      detail: { number, note: '"outcome":"denied" \\"time\\":"2030' },
    },
    Date.UTC(2026, 0, 1) + number * 1_000,
  );
};

async function write(of: TenantId, given: readonly AuditRecord[]): Promise<void> {
  for (const record of given)
    await world.admin.query('insert into audit_journal (tenant_id, record) values ($1, $2)', [
      of,
      encodeRecord(record),
    ]);
  await eventually(
    'the records are sealed',
    async () => (await world.admin.query('select 1 from audit_journal where tenant_id = $1', [of])).rowCount === 0,
    30_000,
  );
}

beforeAll(async () => {
  world = await startWorld();
  [tenant, other] = [await world.bareTenant(), await world.bareTenant()];
  for (const role of ['owner', 'auditor', 'viewer'] as const)
    sessions[role] = await world.session(`discord:1${role.length}`, { tenant, role });
  sessions.stranger = await world.session('discord:200', { tenant: other, role: 'owner' });
  records = Array.from({ length: total }, (_, number) => recordAt(tenant, number));
  const { id: _id, time: _time, ...portal } = recordAt(tenant, 10);
  await write(tenant, [
    auditRecord(
      {
        ...portal,
        action: 'player.enqueue',
        actor: { type: 'bot', id: 'bot' },
        detail: { title: 'SONATE Nº 5' },
        outcome: 'failed',
        onBehalfOf: { type: 'discord-member', id: '7' },
      },
      Date.UTC(2025, 0, 1),
    ),
    auditRecord(
      {
        ...portal,
        action: 'player.read',
        outcome: 'allowed',
        onBehalfOf: { type: 'tenant-member', id: 'discord:7' },
        actor: { type: 'service', id: 'api' },
        detail: { method: 'GET' },
      },
      Date.UTC(2025, 0, 1),
    ),
  ]);
  await write(tenant, records);
  await write(other, [recordAt(other, 0)]);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const at = (rest: string, of = tenant) => `/v1/tenants/${of}/audit/${rest}`;
const get = (rest: string, session = sessions.auditor, of = tenant) =>
  world.doors.public({ path: at(rest, of), session });

interface Page {
  readonly items: readonly { index: number; sealedAt: string; record: AuditRecord }[];
  readonly nextCursor: string | null;
}

async function everyPage(query: string): Promise<Page['items']> {
  const items: Page['items'][number][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await get(`records?${query}${cursor && `&cursor=${cursor}`}`);
    expect(answer.status, answer.text).toBe(200);
    const page = answer.body as Page;
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

describe('the list of records', () => {
  it('contains every record once over all its pages, newest first', async () => {
    const items = await everyPage('limit=40');
    const indices = items.map(({ index }) => index);
    expect(indices).toEqual(indices.toSorted((a, b) => b - a));
    const own = items.filter(({ record }) => record.detail?.['number'] !== undefined);
    expect(own.map(({ record }) => record)).toEqual(records.toReversed());
  });

  it.each([
    ['outcome=denied', 13],
    ['action=player.skip&kind=decision', 13],
    ['actor=%22quoted', 13],
    [`guild=${guild}&outcome=allowed`, 0],
    ['from=2026-01-01T00:00:10.000Z&to=2026-01-01T00:00:20.000Z', 10],
    ['from=2026-01-01T00:00:10.000Z&to=2026-01-01T00:00:20.000Z&outcome=denied', 1],
  ])('is filtered by %s', async (query, expected) => {
    const own = (await everyPage(`${query}&limit=7`)).filter(({ record }) => record.detail?.['number'] !== undefined);
    expect(own).toHaveLength(expected);
  });

  it('is searched for text in values of records, ignoring case, even if matches are pages apart', async () => {
    const found = async (text: string, more = '') =>
      (await everyPage(`text=${encodeURIComponent(text)}${more}&limit=9`)).map(({ record }) => record);
    expect(await found('PLAYER.Skip')).toHaveLength(13);
    expect(await found('"QUOTED')).toHaveLength(13);
    expect(await found('"quoted', '&outcome=allowed')).toEqual([]);
    // Field names are not searched.
    expect(await found('"actor":')).toEqual([]);
    const [sonata] = await found('sonate nº 5');
    expect(sonata?.detail).toMatchObject({ title: 'SONATE Nº 5' });
    expect(await found('Nº')).toHaveLength(1);
  });

  it('distinguishes changes from reads', async () => {
    const items = await everyPage('by=people&limit=10');
    const own = items.filter(({ record }) => record.detail?.['number'] !== undefined || record.detail?.['title']);
    expect(own).toHaveLength(total + 1);
    const all = await everyPage('limit=50');
    const reads = all.filter(({ record }) => record.detail?.['method'] === 'GET');
    expect(reads.map(({ record }) => record.onBehalfOf?.id)).toContain('discord:7');
    const shown = new Set(items.map(({ index }) => index));
    expect(reads.filter(({ index }) => shown.has(index))).toEqual([]);
  });

  it("accepts no cursor of another tenant's list, of another filter, or made up", async () => {
    const { nextCursor } = (await get('records?limit=5')).body as Page;
    expect(nextCursor).toBeTypeOf('string');
    expect((await get(`records?limit=5&cursor=${nextCursor}`)).status).toBe(200);
    const refused = [
      await get(`records?limit=5&cursor=${nextCursor}`, sessions.stranger, other),
      await get(`records?limit=5&cursor=${nextCursor}&outcome=denied`),
      await get('records?cursor=AAAAAAAAAAAAAAAAAAAAADU'),
    ];
    for (const answer of refused) expect(answer).toMatchObject({ status: 400, code: 'page.cursor' });
  });

  it('is refused to a viewer, a stranger and an anonymous caller', async () => {
    expect(await get('records', sessions.viewer)).toMatchObject({ status: 403, code: 'api.denied' });
    expect(await get('records', sessions.stranger)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(await world.doors.public({ path: at('records') })).toMatchObject({ status: 401 });
  });

  it.each([
    'limit=101',
    'from=2026',
    'guild=x',
    'outcome=',
    'cursor=%2A',
    'consistentWith=1',
    'text=',
    `text=${'x'.repeat(101)}`,
    'by=me',
  ])('refuses %s', async (query) => {
    expect(await get(`records?${query}`)).toMatchObject({ status: 400, code: 'http.invalid' });
  });
});

describe('the export', () => {
  const download = async (query: string, session = sessions.auditor, of = tenant) => {
    const answer = await fetch(`http://127.0.0.1:${world.parts.proxy.publicPort}${at(`export?${query}`, of)}`, {
      headers: { authorization: `Bearer ${session}` },
    });
    return {
      status: answer.status,
      headers: answer.headers,
      cursor: answer.headers.get('export-cursor') ?? '',
      bytes: Buffer.from(await answer.arrayBuffer()),
    };
  };
  const chunksOf = async function* (bytes: Buffer) {
    yield bytes;
  };
  let key: string;
  beforeAll(async () => {
    key = ((await get('key')).body as { key: string }).key;
  });

  it.each(['ndjson', 'csv', 'ocsf'])('as %s verifies, plain and gzipped, whole and filtered', async (format) => {
    for (const query of [`format=${format}`, `format=${format}&outcome=denied&guild=${guild}&gzip=true`]) {
      const { status, bytes, headers } = await download(query);
      expect(status).toBe(200);
      expect(headers.get('content-disposition')).toContain(`audit-${tenant}.`);
      const report = await verifyExport(chunksOf(bytes), { key });
      expect(report).toMatchObject({ ok: true, tenant });
      expect(report.records).toBeGreaterThanOrEqual(13);
    }
  });

  it('resumes where it was cut, byte for byte, even if more was sealed meanwhile', async () => {
    const { bytes, cursor } = await download('format=csv&outcome=denied');
    await write(tenant, [recordAt(tenant, 310)]);
    const rest = await download(`format=csv&outcome=denied&cursor=${cursor}&offset=1000`);
    expect(rest.bytes.equals(bytes.subarray(1000))).toBe(true);
    const zipped = await download(`format=csv&outcome=denied&gzip=true&cursor=${cursor}&offset=1000`);
    expect(gunzipSync(zipped.bytes).equals(bytes.subarray(1000))).toBe(true);
    expect((await download(`format=csv&outcome=denied&cursor=${cursor}&offset=${bytes.length + 1}`)).status).toBe(416);
  });

  it('accepts no cursor of another tenant, selection or format, and no offset without a cursor', async () => {
    const { cursor } = await download('format=csv');
    const codes = await Promise.all(
      [
        get(`export?format=csv&cursor=${cursor}`, sessions.stranger, other),
        get(`export?format=csv&outcome=denied&cursor=${cursor}`),
        get(`export?format=ocsf&cursor=${cursor}`),
        get(`export/manifest?format=ndjson&cursor=${cursor}`),
        get(`records?cursor=${cursor}`),
        get(`export?format=csv&cursor=A${cursor}`),
      ].map(async (answer) => (await answer).code),
    );
    expect(new Set(codes)).toEqual(new Set(['page.cursor']));
    expect(await get('export?offset=5')).toMatchObject({ status: 400, code: 'audit.offset' });
  });

  it('has a manifest that names its file', async () => {
    const answer = await get('export/manifest?format=csv&outcome=denied');
    const { manifest, cursor } = answer.body as { manifest: Manifest; cursor: string };
    const { bytes } = await download(`format=csv&outcome=denied&cursor=${cursor}`);
    expect(manifest.file.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(manifest).toMatchObject({ key, tenant, selection: { outcome: 'denied' } });
  });

  it('is recorded itself', async () => {
    await download('format=csv&outcome=denied&gzip=true');
    expect((await world.audit(tenant)).findLast(({ action }) => action === 'audit.export')).toMatchObject({
      actor: { id: 'discord:17' },
      detail: { format: 'csv', gzip: true, outcome: 'denied', offset: 0 },
    });
  });
});

describe('the log of a tenant that was deleted', () => {
  it('is accessible only to operators', async () => {
    const gone = await world.bareTenant();
    const owner = await world.session('discord:400', { tenant: gone, role: 'owner' });
    await write(gone, [recordAt(gone, 0)]);
    expect(await get('records', owner, gone)).toMatchObject({ status: 200 });
    for (const table of ['policy_version', 'tenant_member'])
      await world.admin.query(`delete from ${table} where tenant_id = $1`, [gone]);
    await world.admin.query('delete from tenant where id = $1', [gone]);
    await eventually('its owner may not know of it', async () => (await get('records', owner, gone)).status === 404);
    for (const rest of ['key', 'records', 'export', 'export/manifest'])
      expect(await get(rest, owner, gone)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    for (const rest of ['key', 'records', 'export', 'export/manifest'])
      expect(await get(rest, world.owner, gone)).toMatchObject({ status: 200 });
    const nothing = 'ten_01h2xcejqtf2nbrexx3vqjhp41' as TenantId;
    expect(await get('export', world.owner, nothing)).toMatchObject({ status: 404, code: 'audit.nothing-sealed' });
  });
});

interface SentEvent {
  readonly id: string;
  readonly data: { index: number; record: AuditRecord };
}

interface Listening {
  readonly count: number;
  readonly lastEventId?: string;
  readonly begun?: () => Promise<void>;
  readonly session?: string;
}

/** Reads a stream as EventSource does, up to the given number of events. */
async function listen(
  rest: string,
  { count, lastEventId, begun, session = sessions.auditor }: Listening,
): Promise<SentEvent[]> {
  const leave = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${world.parts.proxy.publicPort}${at(rest)}`, {
    headers: {
      authorization: `Bearer ${session}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: leave.signal,
  });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const events: SentEvent[] = [];
  let text = '';
  let told = false;
  try {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (!told) await begun?.();
      told = true;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, id, data] = /^event: record\nid: (\d+)\ndata: (.*)$/.exec(block) ?? [];
        if (id !== undefined && data !== undefined) events.push({ id, data: JSON.parse(data) });
      }
      if (events.length >= count) return events;
    }
    throw new Error(`the stream ended after ${events.length} events`);
  } finally {
    leave.abort();
  }
}

describe('the stream of records', () => {
  it('sends what is sealed after it began, and only what its filter selects', async () => {
    const later = [recordAt(tenant, 201), recordAt(tenant, 210), recordAt(tenant, 211)];
    const events = await listen('stream?outcome=denied&action=player.skip', {
      count: 1,
      begun: () => write(tenant, later),
    });
    expect(events.map(({ data }) => data.record)).toEqual([later[1]]);
  });

  it('resumes where its reader left off', async () => {
    const all = await listen('stream?after=9', { count: 20 });
    expect(all.slice(0, 20).map(({ data }) => data.index)).toEqual(Array.from({ length: 20 }, (_, n) => n + 10));
    const again = await listen('stream?after=9', { count: 5, lastEventId: all[14]?.id ?? '' });
    expect(again[0]?.data.index).toBe(25);
  });

  it('ends when its reader loses access', async () => {
    const session = await world.session('discord:500', { tenant, role: 'auditor' });
    const begun = async () => {
      await world.admin.query("delete from tenant_member where subject = 'discord:500'");
      await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [tenant]);
    };
    await expect(listen('stream', { count: 1, begun, session })).rejects.toThrow('the stream ended after 0 events');
  });

  it('is refused like the list', async () => {
    expect(await get('stream', sessions.viewer)).toMatchObject({ status: 403, code: 'api.denied' });
    expect(await get('stream', sessions.stranger)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(await get('stream?from=2026-01-01T00:00:10.000Z')).toMatchObject({ status: 400, code: 'http.invalid' });
  });
});

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-audit-cli-'));
    vi.stubEnv('BAILIWICK_SESSION', path.join(folder, 'session.json'));
    const url = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
    await writeFile(path.join(folder, 'session.json'), JSON.stringify({ url, token: sessions.auditor }));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (...args: readonly string[]) => {
    let out = '';
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((out += String(chunk)), true));
    try {
      return { code: await createCli().run(['audit', ...args]), out };
    } finally {
      stdout.mockRestore();
    }
  };
  const at = (name: string) => path.join(folder, name);

  it('exports, resumes after an interruption, and verifies one file and two', async () => {
    const [early, late] = [at('early.csv'), at('late.ocsf.gz')];
    expect(await run('export', tenant, '--format', 'csv', '--out', early)).toMatchObject({ code: 0 });
    await write(tenant, [recordAt(tenant, 320)]);
    const denied = ['--format', 'ocsf', '--gzip', '--outcome', 'denied', '--consistent-with', await sizeIn(early)];
    expect(await run('export', tenant, ...denied, '--out', late)).toMatchObject({ code: 0 });
    // As after a cut connection: a part, and the request it was begun with.
    const query = `format=ocsf&outcome=denied&consistentWith=${denied.at(-1)}`;
    const cut = await world.doors.public({
      path: `/v1/tenants/${tenant}/audit/export?${query}`,
      session: sessions.auditor,
    });
    const begun = {
      tenant,
      cursor: cut.headers['export-cursor'],
      request: { format: 'ocsf', gzip: true, outcome: 'denied', consistentWith: denied.at(-1) },
    };
    await rm(late);
    await writeFile(`${late}.part`, Buffer.from(cut.text).subarray(0, 3_001));
    await writeFile(`${late}.part.json`, JSON.stringify(begun));
    expect(await run('export', tenant, '--out', late, '--resume')).toMatchObject({ code: 0 });
    expect(gunzipSync(await readFile(late)).toString('utf8')).toBe(cut.text);

    const { key } = (await get('key')).body as { key: string };
    for (const file of [early, late]) {
      const verified = await run('verify', file, '--key', key, '--manifest', `${file}.manifest.json`, '--json');
      expect(JSON.parse(verified.out)).toMatchObject({ ok: true, manifest: true, keyFromFile: false });
      expect(verified.code).toBe(0);
    }
    expect(await run('verify', late, early)).toMatchObject({
      code: 0,
      out: expect.stringContaining('key in the file'),
    });
    await writeFile(early, (await readFile(early, 'utf8')).replace('record,3,', 'record,4,'));
    expect(await run('verify', early, late, '--key', key)).toMatchObject({
      code: 8,
      out: expect.stringContaining('edited'),
    });
  });

  const sizeIn = async (file: string) => {
    const { checkpoint } = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as Manifest;
    return checkpoint.split('\n')[1] ?? '';
  };
  const newSigner = () => noteSigner('bailiwick.example', generateKeyPairSync('ed25519').privateKey);

  it("shows the log's key alone, for scripts, and its history in words", async () => {
    const { key } = (await get('key')).body as { key: string };
    expect(await run('key', tenant)).toEqual({ code: 0, out: `${key}\n` });
    const words = 'It is the only key that this log has had.';
    expect(await run('key', tenant, '--history')).toEqual({ code: 0, out: `${key}\n${words}\n` });
    const [old, next] = [newSigner(), newSigner()];
    await world.admin.query(
      'insert into audit_succession (tenant_id, number, tree_size, note, created_at) values ($1, 1, 7, $2, $3)',
      [tenant, signSuccession(old, next, 7), '2026-02-03T04:05:06Z'],
    );
    expect((await run('key', tenant, '--history')).out.split('\n').slice(1)).toEqual([
      'It signs this log now. Before it:',
      verifierOf(old),
      '    signed the log up to 7 records, replaced on 2026-02-03',
      '',
    ]);
    await world.admin.query('delete from audit_succession where tenant_id = $1', [tenant]);
  });

  it('shows the latest records, and nothing that controls a terminal', async () => {
    await write(tenant, [{ ...recordAt(tenant, 330), reason: '\u001b[2J\u202e' }]);
    const { code, out } = await run('tail', tenant, '--no-follow', '-n', '2', '--outcome', 'denied');
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
    expect(out).toContain('2026-01-01T00:05:30.000Z');
    for (const steering of ['\u001b[2J', '\u202e']) expect(out).not.toContain(steering);
  });
});
