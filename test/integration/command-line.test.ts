import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { thisMachine } from '#infra/leases/replica-settings.ts';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import { scratchFolder } from '#test/scratch.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';
import { bailiwick } from './cli-in-process.ts';

/** The commands of `bailiwick` that use the API, as the signed-in user, against a whole platform. */
let world: World;
let acme: Customer;
let tenant: TenantId;
let owner: string;
let folder: string;

beforeAll(async () => {
  world = await startWorld();
  acme = await world.customer('Acme');
  tenant = await world.bareTenant();
  owner = await world.session('discord:100', { tenant, role: 'owner' });
  folder = await scratchFolder('command-line');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(() => as(owner));

async function as(token: string): Promise<void> {
  const url = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
  const file = path.join(folder, 'session.json');
  await writeFile(file, JSON.stringify({ url, token }));
  vi.stubEnv('BAILIWICK_SESSION', file);
}

const inJson = async (...args: string[]) => {
  const answer = await bailiwick(...args, '--json');
  expect(answer, args.join(' ')).toMatchObject({ code: 0, error: '' });
  return JSON.parse(answer.out) as Record<string, unknown>;
};

describe('operators', () => {
  it('are added, listed and removed by operators only', async () => {
    expect(await bailiwick('operator', 'add', '601')).toMatchObject({ code: 4, out: '' });
    await as(world.owner);
    expect((await bailiwick('operator', 'list')).out).toContain('None yet');
    expect((await bailiwick('operator', 'add', '601')).out).toContain('becomes an operator at their next sign-in');
    expect(await bailiwick('operator', 'add', '601')).toMatchObject({ code: 6, out: '' });
    expect((await bailiwick('operator', 'list')).out).toMatch(/^601 .* added \d{4}-\d\d-\d\d by operator:owner$/m);
    expect(await bailiwick('operator', 'remove', '601')).toMatchObject({
      code: 6,
      error: expect.stringContaining('last operator'),
    });
    await bailiwick('operator', 'add', '602');
    expect(await inJson('operator', 'remove', '601')).toEqual({ removed: '601' });
    expect(await inJson('operator', 'list')).toMatchObject({ items: [{ id: '602' }] });
    expect(await bailiwick('operator', 'add', 'Ada')).toMatchObject({
      code: 2,
      error: expect.stringContaining('Discord ID'),
    });
  });
});

describe('Lavalink nodes', () => {
  const typed = (text: string) =>
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(text)]) as typeof process.stdin);

  it('are listed, added with a password from stdin, drained and removed by operators only', async () => {
    expect(await bailiwick('nodes', 'list')).toMatchObject({ code: 4, out: '' });
    await as(world.owner);
    expect((await bailiwick('nodes', 'list')).out).toMatch(/^main +\(in the settings file\) +players: 0$/m);
    const stdin = typed('a-password-of-oslo\n');
    const address = ['--url', 'http://127.0.0.1:9', '--region', 'stockholm', 'rotterdam'];
    const added = await bailiwick('nodes', 'add', 'oslo', ...address);
    stdin.mockRestore();
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('oslo gets players from now on') });
    const line = async () => (await bailiwick('nodes', 'list')).out.split('\n').find((each) => each.startsWith('oslo'));
    const heard = /http:\/\/127\.0\.0\.1:9 +players: 0 +stockholm, rotterdam$/;
    await eventually('audio has heard of it', async () => heard.test((await line()) ?? ''));
    expect(await bailiwick('nodes', 'remove', 'oslo')).toMatchObject({ code: 6, out: '' });
    expect(await inJson('nodes', 'drain', 'oslo')).toMatchObject({ id: 'oslo', draining: true });
    expect(await line()).toMatch(/drained$/);
    expect((await bailiwick('nodes', 'resume', 'oslo')).out).toContain('gets players again');
    await bailiwick('nodes', 'drain', 'oslo');
    expect(await inJson('nodes', 'remove', 'oslo')).toEqual({ removed: 'oslo' });
    expect(await bailiwick('nodes', 'remove', 'oslo')).toMatchObject({ code: 5, out: '' });
  });
});

describe('machines', () => {
  it('are listed, drained and given tenants by operators only; the last one is not drained', async () => {
    const home = thisMachine();
    expect(await bailiwick('machines', 'list')).toMatchObject({ code: 4, out: '' });
    expect(await bailiwick('tenant', 'move', tenant, home)).toMatchObject({ code: 4, out: '' });
    await as(world.owner);
    const line = async () => (await bailiwick('machines', 'list')).out;
    expect(await line()).toMatch(new RegExp(`^${home} +audio: \\d+ +discord-edge: \\d+ +supervisor: \\d+\n$`));
    expect(await bailiwick('machines', 'drain', home)).toMatchObject({
      code: 6,
      out: '',
      error: expect.stringContaining('No other machine could take over'),
    });
    expect(await bailiwick('machines', 'resume', 'atlantis')).toMatchObject({ code: 5, out: '' });
    expect((await bailiwick('machines', 'resume', home)).out).toContain(`${home} gets tenants again`);
    expect((await bailiwick('tenant', 'move', tenant, home)).out).toContain(`${tenant} moves to ${home}`);
    const placed = /^supervisor +(\S+) +moved to \1\ndiscord-edge +\1 +moved to \1\naudio +\1 +moved to \1\n$/;
    await eventually('it is there', async () => placed.test((await bailiwick('tenant', 'placement', tenant)).out));
    expect(await inJson('tenant', 'placement', tenant)).toMatchObject({ movingTo: null });
    expect(await inJson('tenant', 'release', tenant)).toEqual({ released: tenant });
    expect((await bailiwick('tenant', 'placement', tenant)).out).toMatch(
      /^supervisor +\S+\ndiscord-edge +\S+\naudio +\S+\n$/,
    );
  });
});

describe('members', () => {
  it('are listed, invited, given a role and removed, and can leave', async () => {
    await world.session('discord:101', { tenant, role: 'viewer' });
    const leaver = await world.session('discord:102', { tenant, role: 'viewer' });
    expect((await bailiwick('member', 'list', tenant)).out).toMatch(/^discord:101 +viewer$/m);
    const invited = await bailiwick('member', 'invite', tenant, '--role', 'admin', '--note', 'Ada');
    expect(invited.out).toMatch(/become admin: works once, until \d{4}-.*\n {2}http.*\/invitation#\S+\n$/);
    expect((await bailiwick('member', 'role', tenant, '101', 'auditor')).out).toContain('discord:101 is now auditor');
    expect(await bailiwick('member', 'role', tenant, '101', 'king')).toMatchObject({ code: 2 });
    expect(await inJson('member', 'remove', tenant, '101')).toEqual({ removed: 'discord:101' });
    expect(await bailiwick('member', 'leave', tenant)).toMatchObject({ code: 6, out: '' });
    await as(leaver);
    expect((await bailiwick('member', 'leave', tenant)).out).toContain('no longer a member');
    expect(await bailiwick('member', 'list', tenant)).toMatchObject({ code: 5, out: '' });
    await as(owner);
    expect((await inJson('member', 'list', tenant))['items']).toMatchObject([{ subject: 'discord:100' }]);
  });
});

describe('tenants', () => {
  it('are renamed by those who are allowed to, but not to an unreadable name', async () => {
    expect((await bailiwick('tenant', 'rename', tenant, 'Harmony Radio')).out).toContain('Harmony Radio');
    expect(await inJson('tenant', 'show', tenant)).toMatchObject({ tenant: { name: 'Harmony Radio' } });
    expect(await inJson('tenant', 'rename', tenant, '👩‍🚀 Radio')).toMatchObject({ id: tenant, name: '👩‍🚀 Radio' });
    expect(await bailiwick('tenant', 'rename', tenant, '\u202eoidaR')).toMatchObject({ code: 1, out: '' });
    await as(await world.session('discord:103', { tenant, role: 'viewer' }));
    expect(await bailiwick('tenant', 'rename', tenant, 'Mine')).toMatchObject({ code: 4, out: '' });
    expect(await inJson('tenant', 'show', tenant)).toMatchObject({ tenant: { name: '👩‍🚀 Radio' } });
  });
});

describe('workflows', () => {
  it('are listed with what failed, repeated, and taken back once that is confirmed', async () => {
    const newcomer = await world.bareTenant('created');
    await world.session('discord:105', { tenant: newcomer, role: 'owner' });
    const path = `/v1/tenants/${newcomer}/onboarding`;
    const begin = { method: 'POST', path, session: world.owner, body: { token: 'nonsense' } } as const;
    expect((await world.doors.public(begin)).status).toBe(200);
    await as(world.owner);
    const listed = async () => (await bailiwick('workflow', 'list', '--status', 'failed')).out;
    await eventually('it has failed', async () => (await listed()).includes(newcomer));
    const out = await listed();
    const [id = ''] = new RegExp(`onboarding-${newcomer}-\\d+`).exec(out) ?? [];
    expect(out).toMatch(new RegExp(`^${id} {2}failed {2}started \\S+$`, 'm'));
    expect(out).toMatch(/^ {2}failed at: check and store the token, since \d{4}-\S+$/m);
    expect(out).toMatch(/^ {2}This is not a bot token.*\(credential\.malformed\)$/m);
    expect((await bailiwick('workflow', 'retry', id)).out).toContain(`${id} is repeated`);
    await eventually('it failed again', async () => (await listed()).includes('onboarding.token-needed'));
    expect(await bailiwick('workflow', 'compensate', id)).toMatchObject({ code: 2, out: '' });
    expect(await inJson('workflow', 'compensate', id, '--yes')).toEqual({ id });
    await eventually('it is taken back', async () => (await listed()).includes('compensation: done'));
    expect(await bailiwick('workflow', 'compensate', id, '--yes')).toMatchObject({
      code: 6,
      error: expect.stringContaining('was compensated'),
    });
    await as(owner);
    expect(await bailiwick('workflow', 'compensate', id, '--yes')).toMatchObject({ code: 4, out: '' });
  });
});

describe('API keys', () => {
  it('are created with only the key on stdout, listed without it, and revoked', async () => {
    expect((await bailiwick('api-key', 'list', tenant)).out).toContain('None yet');
    expect(await bailiwick('api-key', 'create', tenant, 'Nightly')).toMatchObject({ code: 2, out: '' });
    const made = await bailiwick(
      'api-key',
      'create',
      tenant,
      'Nightly',
      '--scope',
      'read',
      '--scope',
      'audit',
      '--days',
      '7',
    );
    expect(made.out).toMatch(/^bwk_\S+\n$/);
    const key = made.out.trim();
    const read = () => world.doors.public({ path: `/v1/tenants/${tenant}`, session: key });
    expect((await read()).status).toBe(200);
    const listed = await bailiwick('api-key', 'list', tenant);
    expect(listed.out).toMatch(/^key_\S+ {2}until \d{4}-\d\d-\d\d {2}read, audit {2}Nightly$/m);
    expect(listed.out).not.toContain(key);
    const [id = ''] = /key_\w+/.exec(listed.out) ?? [];
    expect(await bailiwick('api-key', 'revoke', tenant, id)).toMatchObject({ code: 0, error: '' });
    expect((await read()).status).toBe(401);
    expect(await bailiwick('api-key', 'revoke', tenant, id)).toMatchObject({ code: 5, out: '' });
  });
});

describe('players', () => {
  it('are listed, filled, controlled and emptied', async () => {
    const [voice = ''] = world.parts.sandbox.world.guilds
      .get(acme.guild)
      ?.channels.filter(({ type }) => type === 2)
      .map(({ id }) => id) ?? [''];
    await world.session('discord:103', { tenant: acme.id, role: 'owner' }).then(as);
    const at = [acme.id, acme.guild] as const;
    expect((await bailiwick('player', 'list', acme.id)).out).toMatch(
      new RegExp(`^${acme.guild} .*Nothing playing`, 'm'),
    );
    expect((await bailiwick('player', 'queue', ...at)).out).toBe('The queue is empty.\n');
    const added = await bailiwick('player', 'add', ...at, 'song', '--voice-channel', voice);
    expect(added, added.error).toMatchObject({ code: 0, out: expect.stringMatching(/Added /) });
    await eventually('it plays', async () => (await bailiwick('player', 'show', ...at)).out.startsWith('Playing'));
    for (let count = 0; count < 2; count += 1) await bailiwick('player', 'add', ...at, 'song');
    const queue = (await bailiwick('player', 'queue', ...at)).out;
    const entries = queue.match(/ent_\w+/g) ?? [];
    expect(entries).toHaveLength(2);
    expect(await bailiwick('player', 'move', ...at, entries[1] ?? '', '0')).toMatchObject({ code: 0 });
    expect((await bailiwick('player', 'queue', ...at)).out).toMatch(new RegExp(`^ {2}0 {2}${entries[1]} {2}`));
    expect((await bailiwick('player', 'remove', ...at, entries[0] ?? '')).out).toMatch(/queue {3}1 track$/m);
    expect((await bailiwick('player', 'pause', ...at)).out).toMatch(/^Paused/);
    expect((await bailiwick('player', 'resume', ...at)).out).toMatch(/^Playing/);
    expect((await bailiwick('player', 'volume', ...at, '30')).out).toMatch(/volume {2}30 %/);
    expect(await bailiwick('player', 'volume', ...at, '151')).toMatchObject({ code: 1, out: '' });
    expect(await bailiwick('player', 'skip', ...at)).toMatchObject({ code: 0 });
    expect((await bailiwick('player', 'stop', ...at)).out).toMatch(/^Nothing playing/);
  });
});

describe("a server's settings", () => {
  beforeEach(() => world.session('discord:104', { tenant: acme.id, role: 'owner' }).then(as));

  it('are shown, and changed one by one', async () => {
    const at = [acme.id, acme.guild] as const;
    expect((await bailiwick('settings', 'show', ...at)).out).toMatch(
      /^The defaults[^]*queue limit {3}10000\n  leave out {5}nothing\n$/,
    );
    const set = (...options: string[]) => bailiwick('settings', 'set', ...at, ...options);
    const chosen = [
      '--language',
      'de',
      '--volume',
      '40',
      '--filter',
      'rock',
      '--stay',
      '--fair',
      '--queue-limit',
      '25',
    ];
    const changed = await set(...chosen);
    expect(changed, changed.error).toMatchObject({ code: 0, error: '' });
    expect(changed.out).toMatch(
      /Version 1[^]*language {6}de[^]*40 %\n  filter {8}rock\n[^]*never[^]*fair queue {4}on[^]*25\n/,
    );
    const next = await set('--volume', 'default', '--no-stay', '--announce', '77', '--leave-after', '90', '--json');
    expect(next, next.error).toMatchObject({ code: 0 });
    expect(JSON.parse(next.out)).toEqual({
      settings: {
        ...defaultSettings,
        language: 'de',
        startFilter: 'rock',
        leaveAfterSec: 90,
        announceIn: '77',
        fair: true,
        queueLimit: 25,
      },
      version: 2,
    });
    await set('--announce', 'off', '--language', 'server', '--filter', 'off', '--no-fair', '--queue-limit', 'default');
    const { out } = await bailiwick('settings', 'show', ...at, '--json');
    expect(out).toContain('"announce": false');
    expect(out).toContain('"startFilter": null');
  });

  it('are not changed by what is wrong, or late', async () => {
    const at = [acme.id, acme.guild] as const;
    const before = (await bailiwick('settings', 'show', ...at)).out;
    for (const options of [
      [],
      ['--volume', '151'],
      ['--language', 'tlh'],
      ['--leave-after', '9'],
      ['--announce', 'here'],
      ['--request-channel', 'music'],
      ['--queue-limit', '0'],
    ]) {
      const answer = await bailiwick('settings', 'set', ...at, ...options);
      expect(answer, options.join(' ')).toMatchObject({
        code: 2,
        out: '',
        error: expect.stringMatching(/^✗ [^\n]+\n$/),
      });
    }
    const unread = await bailiwick('settings', 'set', ...at, '--request-channel', '77');
    expect(unread).toMatchObject({ out: '', error: expect.stringContaining('has to be a text channel') });
    const late = await bailiwick('settings', 'set', ...at, '--volume', '10', '--expect', '1');
    expect(late).toMatchObject({ out: '', error: expect.stringContaining('bailiwick settings show') });
    expect(late.code).not.toBe(0);
    expect((await bailiwick('settings', 'show', ...at)).out).toBe(before);
  });
});

describe('a failure', () => {
  const line = /^✗ [^\n]+\n$/;

  it('reads the same for a missing tenant, one of others, or a malformed id', async () => {
    const foreign = await world.bareTenant();
    for (const id of [newTenantId(), foreign, 'ten_A', 'Harmony']) {
      const { code, out, error } = await bailiwick('tenant', 'show', id);
      expect({ code, out }).toEqual({ code: 5, out: '' });
      expect(error).toMatch(line);
      expect(error).toContain('`bailiwick tenant list` shows the tenants that you can see');
    }
    const problem = await bailiwick('audit', 'key', foreign, '--json');
    expect(JSON.parse(problem.error)).toMatchObject({ status: 404, code: 'tenant.unknown' });
  });

  it('with a server that is not an id is a usage error', async () => {
    const answer = await bailiwick('policy', 'get', tenant, 'Harmony Hall');
    expect(answer).toMatchObject({ code: 2, out: '', error: expect.stringMatching(line) });
  });

  it.each([
    ['rules: [\n', /policy\.yaml: .*line 2, column 1\. .*Correct the file/],
    ['a: 1\na: 2\n', /policy\.yaml: .*"a" twice\. .*Correct the file/],
    ['rules: *x\n', /policy\.yaml: .*line 1, column 8\. .*Correct the file/],
  ])('with YAML that is none (%j), names file, line and column', async (text, says) => {
    const file = path.join(folder, 'policy.yaml');
    await writeFile(file, text);
    for (const command of ['set', 'validate', 'patch', 'diff']) {
      const answer = await bailiwick('policy', command, tenant, '700', file);
      expect(answer, command).toMatchObject({ code: 1, out: '', error: expect.stringMatching(line) });
      expect(answer.error).toMatch(says);
    }
  });

  it('with more than any policy has is refused before it is parsed', async () => {
    const file = path.join(folder, 'policy.yaml');
    await writeFile(file, '\u00e9'.repeat(maxDocumentBytes / 2 + 1));
    const answer = await bailiwick('policy', 'set', tenant, '700', file);
    expect(answer).toMatchObject({ code: 1, out: '', error: expect.stringMatching(line) });
    expect(answer.error).toContain('larger than any policy: at most 128 KiB');
  });

  it('with a missing file or a folder is reported in one line', async () => {
    for (const file of [path.join(folder, 'nowhere.yaml'), folder]) {
      const answer = await bailiwick('policy', 'set', tenant, '700', file);
      expect(answer).toMatchObject({ code: 1, out: '', error: expect.stringMatching(line) });
      expect(answer.error).toContain(file);
    }
  });
});

describe('an export', () => {
  it('replaces no file without --force, and leaves nothing incomplete', async () => {
    await as(world.owner);
    const out = path.join(folder, 'log.ndjson');
    const exporting = (...more: string[]) => bailiwick('audit', 'export', acme.id, '--out', out, ...more);
    expect(await exporting()).toMatchObject({ code: 0, error: '' });
    const before = await readFile(out, 'utf8');
    const refused = await exporting();
    expect(refused).toMatchObject({ code: 6, out: '', error: expect.stringContaining('--force') });
    expect(await readFile(out, 'utf8')).toBe(before);
    expect(await exporting('--force', '--gzip')).toMatchObject({ code: 0, error: '' });
    expect((await readFile(out)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    const begun = (await readdir(folder)).filter((name) => name.startsWith('log.ndjson'));
    expect(begun.toSorted()).toEqual(['log.ndjson', 'log.ndjson.manifest.json']);

    await writeFile(`${out}.part.json`, '{}');
    expect(await exporting()).toMatchObject({ code: 6, error: expect.stringContaining('--resume') });
    const nowhere = path.join(folder, 'missing', 'log.ndjson');
    const failed = await bailiwick('audit', 'export', acme.id, '--out', nowhere);
    expect(failed).toMatchObject({ code: 1, out: '', error: expect.stringContaining('no such file or folder') });
  });
});
