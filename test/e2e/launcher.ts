import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { eventually } from '#services/cli/src/demo/story.ts';
import { descendantsOf, killAll, survivorsOf, type SeenProcess } from './processes.ts';

const root = path.resolve(import.meta.dirname, '../..');
const startTimeoutMs = 300_000;
const stopTimeoutMs = 25_000;
const goneTimeoutMs = 8_000;

/** `bailiwick up` as a process, seen from outside: its output and its descendants. */
export interface Launcher extends AsyncDisposable {
  readonly pid: number;
  /** Everything printed so far. */
  readonly output: () => string;
  readonly processes: () => Promise<SeenProcess[]>;
  /** Asks it to stop, as Ctrl-C does, and waits. @returns the exit code */
  stop(): Promise<number | null>;
  /** Kills only the launcher, with no chance to clean up. @returns its descendants at that moment */
  killOnly(): Promise<SeenProcess[]>;
}

/**
 * Starts it and waits until it reports that it is ready. @throws with its output, if it ends or takes more than five
 * minutes
 */
export async function launch(data: string, basePort: number, more: readonly string[] = []): Promise<Launcher> {
  const { FORCE_COLOR: _colour, DATABASE_URL: _url, BAILIWICK_TEST_REPLICAS: replicas, ...environment } = process.env;
  const several = replicas === undefined || more.includes('--replicas') ? [] : ['--replicas', replicas];
  const args = ['services/cli/src/main.ts', 'up', '--data', data, '--ports', String(basePort), ...several, ...more];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...environment, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const launcher = createLauncher(child, () => output, ended);
  const failed = ended.then((code) => {
    throw new Error(`bailiwick up ended with code ${code}:\n${output}`);
  });
  failed.catch(() => undefined);
  const ready = eventually('Bailiwick is ready', async () => /Stop: Ctrl-C/.test(output), startTimeoutMs);
  try {
    await Promise.race([ready, failed]);
    return launcher;
  } catch (error) {
    await launcher[Symbol.asyncDispose]();
    throw new Error(`bailiwick up did not become ready:\n${output}`, { cause: error });
  }
}

function createLauncher(child: ChildProcess, output: () => string, ended: Promise<number | null>): Launcher {
  const pid = child.pid ?? Number.NaN;
  const running = () => child.exitCode === null && child.signalCode === null;
  const stop = async (): Promise<number | null> => {
    if (running()) child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    const code = await ended;
    clearTimeout(late);
    return code;
  };
  return {
    pid,
    output,
    processes: () => descendantsOf(pid),
    stop,
    async killOnly() {
      const below = await descendantsOf(pid);
      child.kill('SIGKILL');
      // Not `close`: its descendants hold its output open until they are gone too.
      await eventually('the launcher is gone', async () => !running(), goneTimeoutMs);
      return below;
    },
    async [Symbol.asyncDispose]() {
      const below = running() ? await descendantsOf(pid) : [];
      if (running()) await stop();
      const left = await survivorsOf(below);
      await killAll(left);
      if (left.length > 0) throw new Error(`left behind: ${left.map(({ command }) => command).join('\n')}`);
    },
  };
}
