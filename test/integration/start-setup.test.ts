import { spawn } from 'node:child_process';
import { appendFile, chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { root } from './start-attempt.ts';

/** A checkout with the real setup, a platform that just prints its arguments, and an npm that logs its calls. */
let checkout: string;
let bin: string;
beforeEach(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'bailiwick-setup-'));
  bin = path.join(checkout, 'bin');
  for (const folder of ['infra/database', 'services/cli/src', 'bin']) {
    await mkdir(path.join(checkout, folder), { recursive: true });
  }
  await cp(path.join(root, 'infra/setup'), path.join(checkout, 'infra/setup'), { recursive: true });
  await writeFile(path.join(checkout, 'package.json'), '{ "type": "module" }');
  await writeFile(path.join(checkout, 'package-lock.json'), '{}');
  await writeFile(path.join(checkout, 'infra/database/schema.prisma'), '');
  await writeFile(path.join(checkout, 'services/cli/src/main.ts'), platform);
  await npmThat(`mkdir -p node_modules/prisma/build && cat > node_modules/prisma/build/index.js <<'END'
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('infra/database/generated', { recursive: true });
writeFileSync('infra/database/generated/client.ts', '');
END`);
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

const platform = `
process.stdout.write(process.argv.slice(2).join(' '));
if (process.argv.includes('--stay')) {
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => undefined, 1_000);
  process.stdout.write(' stays as ' + process.pid + ' ');
}
`;

async function npmThat(does: string): Promise<void> {
  const script = `#!/bin/sh\necho "$@" >> ${checkout}/asked\nrm -rf node_modules\n${does}\n`;
  await writeFile(path.join(bin, 'npm'), script);
  await chmod(path.join(bin, 'npm'), 0o755);
}

const asked = async () =>
  (await readFile(path.join(checkout, 'asked'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

function start(args: readonly string[] = [], { parent = [] as string[], env = {} } = {}) {
  const [file = '', ...argv] = [...parent, process.execPath, path.join(checkout, 'infra/setup/start.mjs'), ...args];
  const { npm_lifecycle_event: _event, ...inherited } = process.env;
  const child = spawn(file, argv, {
    cwd: checkout,
    env: { ...inherited, PATH: `${bin}:/usr/bin:/bin`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, output: () => output };
}

async function startsWith(code: number, args?: readonly string[]): Promise<string> {
  const started = start(args);
  expect(await started.ended, started.output()).toBe(code);
  return started.output();
}

test('sets up at the first start, reports each step, and passes the arguments on', async () => {
  const said = await startsWith(0, ['--ports', '26000']);
  expect(said).toMatch(
    /Setting up[^]*install the packages[^]*link the libraries[^]*generate the database client[^]*done in/,
  );
  expect(said).toMatch(/up --ports 26000$/);
  expect(await asked()).toEqual(['ci --ignore-scripts --no-audit --no-fund --loglevel=error']);
});

test('does nothing at the second start, and prints nothing', async () => {
  await startsWith(0);
  expect(await startsWith(0)).toBe('up');
  expect(await asked()).toHaveLength(1);
});

test.each(['package-lock.json', 'infra/database/schema.prisma', 'infra/setup/setup.mjs'])(
  'sets up again when %s has changed',
  async (file) => {
    await startsWith(0);
    await appendFile(path.join(checkout, file), '\n');
    await startsWith(0);
    expect(await asked()).toHaveLength(2);
  },
);

test('sets up again when the generated database client is missing', async () => {
  await startsWith(0);
  await rm(path.join(checkout, 'infra/database/generated'), { recursive: true });
  await startsWith(0);
  expect(await asked()).toHaveLength(2);
});

test('prints the output of npm when it fails, starts nothing, and tries again at the next start', async () => {
  const working = await readFile(path.join(bin, 'npm'), 'utf8');
  await npmThat('mkdir node_modules; echo "npm error network timeout" >&2; exit 7');
  const said = await startsWith(1);
  expect(said).toMatch(/npm error network timeout\nFailed \(7\): install the packages/);
  expect(said).not.toMatch(/up$/);
  await writeFile(path.join(bin, 'npm'), working);
  expect(await startsWith(0)).toMatch(/up$/);
});

test('ends at Ctrl-C during the setup, and sets up again at the next start', async () => {
  const working = await readFile(path.join(bin, 'npm'), 'utf8');
  await npmThat('exec sleep 60');
  const interrupted = start();
  await eventually('npm runs', async () => (await asked()).length > 0);
  interrupted.child.kill('SIGINT');
  expect(await interrupted.ended, interrupted.output()).toBe(130);
  expect(interrupted.output()).toMatch(/Interrupted. The next start sets up again/);
  await writeFile(path.join(bin, 'npm'), working);
  expect(await startsWith(0)).toMatch(/up$/);
});

test('stops the platform when the npm that started it is killed', { tags: 'linux' }, async () => {
  await startsWith(0);
  // As npm does: a shell that waits for the script, itself the child of a process that waits for the shell.
  const run = `"${process.execPath}" infra/setup/start.mjs --stay; true`;
  const npm = `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(run)}], { stdio: 'inherit' })`;
  const killed = start([], { parent: [process.execPath, '-e', npm], env: { npm_lifecycle_event: 'start' } });
  await eventually('the platform runs', async () => /stays as \d+ /.test(killed.output()));
  const pid = Number(/stays as (\d+) /.exec(killed.output())?.[1]);
  killed.child.kill('SIGKILL');
  const isGone = async () => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };
  await eventually('the platform is gone', isGone);
});
