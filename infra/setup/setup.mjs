// Runs on whatever Node (>= 20) the machine has, with nothing installed: plain JavaScript, no dependency.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

export const root = path.resolve(import.meta.dirname, '../..');
const modules = path.join(root, 'node_modules');
const stamp = path.join(modules, '.bailiwick-setup');
const bin = path.join(modules, '.bin');

const say = (text) => process.stderr.write(`${text}\n`);

/** Installs and prepares what is missing or out of date; says what it does. Does nothing when all is there. */
export async function setUp() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) fail(`Node ${process.versions.node} is too old: install Node 20 or later.`);
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const started = Date.now();
  say('Setting up (once, and after an update):');
  await step('install the packages that package-lock.json names', 'npm', [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  await step('link the libraries of the embedded PostgreSQL', process.execPath, ['infra/setup/link-postgres.mjs']);
  await step('generate the database client', node(), [path.join(modules, 'prisma/build/index.js'), 'generate'], {
    // Generating needs no engine; naming an existing file keeps Prisma from downloading one.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  });
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  say(`  done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

/** The Node that the project is pinned to, from npm; the one running this where there is none for this platform. */
export function node() {
  const pinned = path.join(bin, process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(pinned) ? pinned : process.execPath;
}

/** Runs a program of node_modules/.bin, or Node itself, under the pinned Node; resolves with its exit code. */
export function run(file, args, options = {}) {
  const child = spawn(file, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
    ...options,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`could not run ${file}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'infra/database/schema.prisma', 'infra/setup/setup.mjs']) {
    hash.update(readFileSync(path.join(root, file)));
  }
  return `${process.platform}-${process.arch} ${hash.digest('hex')}`;
}

async function step(what, file, args, env = {}) {
  say(`  · ${what}`);
  const command = process.platform === 'win32' && file === 'npm' ? 'npm.cmd' : file;
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: command.endsWith('.cmd'),
  });
  if (result.status === 0) return;
  say((result.stdout ?? '').slice(-4000));
  say((result.stderr ?? '').slice(-4000));
  fail(`That failed: ${what}. Mend what is said above and start again.`);
}

export function fail(message) {
  say(message);
  process.exit(1);
}
