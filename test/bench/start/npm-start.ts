import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { eventually } from '#services/cli/src/demo/story.ts';
import { descendantsOf, survivorsOf, type SeenProcess } from '../../e2e/processes.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const readyTimeoutMs = 120_000;

export interface StartedByNpm {
  /** From starting npm to "is ready". */
  readonly readyMs: number;
  /** npm itself and all its descendants. */
  processes(): Promise<SeenProcess[]>;
  stop(): Promise<void>;
}

/** Runs `npm start` as a person does, until the platform says that it is ready. */
export async function npmStart(data: string, ports: number, more: readonly string[] = []): Promise<StartedByNpm> {
  const { DATABASE_URL: _url, ...env } = process.env;
  const began = performance.now();
  const child = spawn('npm', ['start', '--', '--data', data, '--ports', String(ports), ...more], {
    cwd: root,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<number>((resolve) => {
    child.stderr.on('data', () => said.includes('is ready after') && resolve(performance.now() - began));
  });
  const failed = ended.then((code) => {
    throw new Error(`npm start ended with ${code}:\n${said}`);
  });
  failed.catch(() => undefined);
  const late = setTimeout(() => child.kill(), readyTimeoutMs);
  const readyMs = await Promise.race([ready, failed]);
  clearTimeout(late);
  const processes = async () => {
    const below = await descendantsOf(child.pid ?? Number.NaN);
    return [...below, ...(await descendantsOf(process.pid)).filter(({ pid }) => pid === child.pid)];
  };
  return {
    readyMs,
    processes,
    async stop() {
      const all = await processes();
      child.kill('SIGTERM');
      await ended;
      await eventually('everything has stopped', async () => (await survivorsOf(all)).length === 0, 60_000);
    },
  };
}
