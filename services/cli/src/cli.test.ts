import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId, tenantId } from '#infra/kernel/ids.ts';
import { noteSigner, signNote, verifierOf } from '#security/audit/checkpoint.ts';
import { exportAudit } from '#security/audit/export.ts';
import { formatCertificate } from '#tenants/deletion/certificate.ts';
import { auditWorld, someRecords, type AuditWorld } from '#test/audit-world.ts';
import { freeBlock } from '#test/free-port.ts';
import { createProgram, everyCommand } from './cli.ts';
import { exampleTenant } from './commands/examples.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { openDataFolder, dataPathsIn } from './up/data-folder.ts';

let folder: string;
let world: AuditWorld;
let file: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-cli-'));
  world = await auditWorld();
  const tenant = newTenantId();
  await using sequencer = world.start();
  await world.write(tenant, someRecords(tenant, 20));
  await world.sealed();
  expect(sequencer).toBeDefined();
  const lines: string[] = [];
  for await (const line of exportAudit({ database: world.api, tenant })) lines.push(line);
  file = path.join(folder, 'log.ndjson');
  await writeFile(file, lines.join(''));
  key = (JSON.parse(lines[0] ?? '{}') as { key: string }).key;
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the command line as a user does; `stdin` is piped into it. */
async function bailiwick(args: readonly string[], stdin = '') {
  const child = spawn(process.execPath, ['services/cli/src/main.ts', ...args], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(stdin);
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, error };
}

describe('audit verify', () => {
  test('confirms offline that an export is the whole log, and exits 0', async () => {
    const answer = await bailiwick(['audit', 'verify', file, '--key', key]);
    expect(answer).toMatchObject({ code: 0, error: '' });
    expect(answer.out).toContain('20 records');
    expect(answer.out).toContain('the whole log');
  });

  test('names the line of an edited record and exits 8', async () => {
    const lines = (await readFile(file, 'utf8')).split('\n');
    const edited = path.join(folder, 'edited.ndjson');
    lines[5] = (lines[5] ?? '').replace(/"outcome":"\w+"/, '"outcome":"failed"');
    await writeFile(edited, lines.join('\n'));
    const answer = await bailiwick(['audit', 'verify', edited, '--key', key]);
    expect(answer.code).toBe(8);
    expect(answer.out).toMatch(/line \d+: edited/);
  });

  test.each([
    ['a missing file', ['audit', 'verify', 'nowhere.ndjson', '--key', 'KEY'], /nowhere\.ndjson/],
    ['an invalid key', ['audit', 'verify', 'FILE', '--key', 'abc'], /key/i],
  ])('reports %s in one line and exits 1', async (_what, args, sentence) => {
    const answer = await bailiwick(args.map((arg) => ({ KEY: key, FILE: file })[arg] ?? arg));
    expect(answer).toMatchObject({ code: 1, out: '' });
    expect(answer.error.trim().split('\n')).toHaveLength(1);
    expect(answer.error).toMatch(sentence);
  });
});

describe('verify-deletion', () => {
  const signer = (name: string) => noteSigner(name, generateKeyPairSync('ed25519').privateKey);
  const [ours, theirs] = [signer('harmony/deletions'), signer('harmony/deletions')];
  const text = formatCertificate({
    installation: 'harmony',
    deletion: 'del_01jx5m4r5e6g7h8j9k0m1n2p3q',
    tenant: tenantId(exampleTenant),
    nameSha256: '0'.repeat(64),
    requestedBy: 'discord:1',
    requestedAt: new Date(0),
    endedAt: new Date(1_000),
    deleted: [{ store: 'tenant', count: 1 }],
    destroyed: [{ store: 'key/discord-edge', count: 1 }],
    log: { size: 17, root: Buffer.alloc(32, 1) },
  });
  const note = signNote(text, ours);
  const secondLine = signNote(text, theirs).slice(text.length + 1);

  test.each([
    ['a genuine one', note, 0, /^✓ harmony deleted ten_\w+ on 1970-01-01T00:00:01.000Z at the request of discord:1; /],
    ['a changed text', note.replace('tenant 1', 'tenant 2'), 8, /^✗ The text of the certificate was changed/],
    ['another key', signNote(text, theirs), 8, /^✗ The certificate was not signed by this key/],
    ['two signatures', note + secondLine, 8, /^✗ The certificate has more than one signature/],
    [
      'the same signature twice',
      note + note.slice(text.length + 1),
      8,
      /^✗ The certificate has more than one signature/,
    ],
    [
      'another type',
      signNote(text.replace('deletion/1', 'receipt/1'), ours),
      8,
      /^✗ This is signed .* not a certificate/,
    ],
    ['another version', signNote(text.replace('deletion/1', 'deletion/2'), ours), 8, /^✗ This is signed .* version/],
    [
      'a text out of form',
      signNote(text.replace('tenant 1', 'tenant 01'), ours),
      8,
      /^✗ This .* does not have the form/,
    ],
    ['another installation', signNote(text.replace('harmony', 'other'), ours), 8, /^✗ .* another installation/],
    ['a file that ends in the text', note.slice(0, text.length - 20), 8, /^✗ This is not a complete certificate/],
    ['a file that ends before the signature', note.slice(0, text.length + 1), 8, /^✗ This is not a complete/],
    ['a file that ends in the signature', note.slice(0, -9), 8, /^✗ This is not a complete certificate/],
    ['an empty file', '', 8, /^✗ This is not a complete certificate/],
  ])('says in one sentence what %s is', async (_what, content, code, sentence) => {
    const certificate = path.join(folder, 'deletion.txt');
    await writeFile(certificate, content);
    const answer = await bailiwick(['verify-deletion', certificate, '--key', verifierOf(ours)]);
    expect(answer).toMatchObject({ code, error: '' });
    expect(answer.out).toMatch(sentence);
    expect(answer.out.trim().split('\n')).toHaveLength(1);
  });

  test('refuses what is no key, and a file that is not there', async () => {
    expect(await bailiwick(['verify-deletion', file, '--key', 'abc'])).toMatchObject({ code: 1, out: '' });
    expect(await bailiwick(['verify-deletion', 'nowhere.txt', '--key', key])).toMatchObject({ code: 1, out: '' });
  });
});

describe('a usage error', () => {
  test.each([
    ['an unknown command', ['statu'], "Unknown command 'statu'. Did you mean status? See `bailiwick --help`."],
    [
      'an unknown option',
      ['audit', 'verify', 'x', '--kay', 'k'],
      "Unknown option '--kay'. Did you mean --key? See `bailiwick audit verify --help`.",
    ],
    [
      'a missing argument',
      ['tenant', 'show'],
      "Missing required argument 'tenant'. See `bailiwick tenant show --help`.",
    ],
    [
      'a port that is not a number',
      ['up', '--ports', 'many'],
      'A port must be a whole number. See `bailiwick up --help`.',
    ],
    [
      'more replicas than there can be',
      ['up', '--replicas', '3'],
      'One machine takes 1 to 2. See `bailiwick up --help`.',
    ],
    [
      'an unknown permission',
      ['policy', 'test', 'a', 'b', '--permission', 'all'],
      'The permissions are administrator,',
    ],
    [
      '--resume without a file',
      ['audit', 'export', exampleTenant, '--resume'],
      'Name the export to continue with --out.',
    ],
    ['a malformed URL', ['login', '--url', 'bots.example.com'], 'It must begin with http:// or https://.'],
    ['a malformed server ID', ['policy', 'get', exampleTenant, 'Hall'], 'A server is given by its Discord ID'],
    [
      'help for an unknown command',
      ['help', 'policy', 'sat'],
      'There is no command sat; the commands are get, history,',
    ],
  ])('is refused with exit code 2 and one line that says how: %s', async (_what, args, says) => {
    const answer = await bailiwick(args);
    expect(answer).toMatchObject({ code: 2, out: '', error: expect.stringContaining(says) });
    expect(answer.error.trim().split('\n')).toHaveLength(1);
  });

  test('is problem+json for scripts', async () => {
    const answer = await bailiwick(['tenant', 'list', '--jsn', '--json']);
    expect(answer).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(answer.error)).toMatchObject({
      code: 'cli.usage',
      status: 400,
      title: expect.stringContaining('Did you mean --json?'),
    });
  });
});

describe('the version', () => {
  test('is that of the package, and an option of `policy get` keeps its name', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await bailiwick(['--version'])).toEqual({ code: 0, out: `${version}\n`, error: '' });
    const ofPolicy = await bailiwick(['policy', 'get', exampleTenant, '1', '--version', 'two']);
    expect(ofPolicy).toMatchObject({ code: 2, error: expect.stringContaining('whole number') });
  });
});

describe('help', () => {
  test('needs no session, and lists every command and the meaning of each exit code', async () => {
    const answer = await bailiwick(['help']);
    expect(answer.code).toBe(0);
    for (const command of createProgram(() => undefined).commands)
      expect(answer.out).toContain(`\n  ${command.name()} `);
    for (const code of Object.values(exitCodes)) expect(answer.out).toMatch(new RegExp(`^ {2}${code} {2}\\w`, 'm'));
    expect((await bailiwick(['--help'])).out).toBe(answer.out);
  });

  test('and the README agree on the exit codes', async () => {
    const readme = await readFile('README.md', 'utf8');
    const inReadme = [...readme.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, means]) => `  ${code}  ${means}`);
    const inHelp = exitCodesHelp.split('\n').filter((line) => /^ {2}\d+ {2}/.test(line));
    expect(inReadme).toEqual(inHelp);
  });

  test('covers a command at any depth, in either spelling', async () => {
    const [asked, optioned] = await Promise.all([
      bailiwick(['help', 'policy', 'set']),
      bailiwick(['policy', 'set', '--help']),
    ]);
    expect(asked).toEqual(optioned);
    expect(asked).toMatchObject({
      code: 0,
      out: expect.stringContaining('policy set [options] <tenant> <guild> <file>'),
    });
  });

  const leaves = everyCommand(createProgram(() => undefined)).filter(({ commands }) => commands.length === 0);
  const pathOf = (command: Command): string =>
    command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

  test.each(leaves.map((command) => [pathOf(command), command] as const))(
    'of %s has an example that it accepts',
    (path, command) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      const examples = help.split(/\nExample.*:\n/)[1]?.match(/bailiwick [^\n)]*/g) ?? [];
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect(example.startsWith(path)).toBe(true);
        const options = example.match(/--[a-z-]+/g) ?? [];
        for (const option of options) expect(command.options.map(({ long }) => long)).toContain(option);
      }
    },
  );

  test.each(leaves.map((command) => [pathOf(command), command] as const))(
    '%s has --json, unless its output is for a shell or a person',
    (path, command) => {
      const speaks = command.options.some(({ long }) => long === '--json');
      expect(speaks).toBe(!['bailiwick up', 'bailiwick completion', 'bailiwick help'].includes(path));
    },
  );
});

describe('the doctor', () => {
  test('exits 0 if there is nothing to fix, and otherwise 9, saying how to fix it', async () => {
    const data = path.join(folder, 'installation');
    const ports = String(await freeBlock());
    const dataPaths = dataPathsIn(data);
    await (await openDataFolder(data, { live: false }))[Symbol.asyncDispose]();
    const sound = await bailiwick(['doctor', '--data', data, '--ports', ports]);
    expect(sound).toMatchObject({ code: 0, error: '', out: expect.stringContaining('\nnothing to fix') });
    await chmod(dataPaths.keyring, 0o755);
    const broken = await bailiwick(['doctor', '--data', data, '--ports', ports]);
    expect(broken.code).toBe(9);
    expect(broken.out).toMatch(
      /^✗ data folder +others can access .*keyring \(mode 755\)\n +→ chmod go-rwx .*keyring$/m,
    );
    const told = await bailiwick(['doctor', '--data', data, '--ports', ports, '--json']);
    expect(told).toMatchObject({ code: 9, error: '' });
    expect(JSON.parse(told.out)).toMatchObject({
      faults: 1,
      findings: expect.arrayContaining([expect.objectContaining({ about: 'data folder', status: 'fault' })]),
    });
  });
});

describe('without a platform', () => {
  test('gives no operator sign-in, and says what to start', async () => {
    const answer = await bailiwick(['sign-in', '--data', path.join(folder, 'nothing')]);
    expect(answer).toMatchObject({
      code: 7,
      out: '',
      error: expect.stringMatching(/^✗ Nothing runs from .*npm start.*\n$/),
    });
  });

  test('gives scripts the problem as the API would, and people one line', async () => {
    const data = path.join(folder, 'nothing');
    const told = await bailiwick(['status', '--data', data, '--json']);
    expect(told).toMatchObject({ code: 7, out: '' });
    expect(JSON.parse(told.error)).toMatchObject({ code: 'cli.not-running', title: expect.stringContaining(data) });
    const said = await bailiwick(['status', '--data', data]);
    expect(said.error).toMatch(/^✗ Nothing runs from .*npm start.*\n$/);
  });

  test('asks to sign in first, with exit code 4', async () => {
    const answer = await bailiwick(['tenant', 'list']);
    expect(answer).toMatchObject({ code: 4, out: '' });
    expect(answer.error).toContain('bailiwick login');
  });

  test('says that nothing answers, with exit code 7, and shows none of the input', async () => {
    const answer = await bailiwick(
      ['login', '--url', 'http://127.0.0.1:9'],
      'http://x/sign-in#one-time-sign-in-of-somebody',
    );
    expect(answer.code).toBe(7);
    expect(answer.error).toContain('is Bailiwick running there?');
    expect(answer.error).not.toContain('one-time-sign-in-of-somebody');
  });
});
