import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { scratchFolder } from '#test/scratch.ts';
import type { TestDatabase } from '#test/database.ts';
import type { TestInstallation } from '#test/installation.ts';

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly opsUrl: string;
}

export interface WorkerProcesses extends AsyncDisposable {
  /** Where their keys are, and what wraps those. */
  readonly keys: { readonly folder: string; readonly keyBase64: string };
  /** Resolves once it is ready. */
  start(settings?: object): Promise<WorkerProcess>;
}

/** The worker's process as the launcher starts it: settings through a pipe, readiness on stdout. */
export async function workerProcesses(server: TestDatabase, installation: TestInstallation): Promise<WorkerProcesses> {
  const keys = { folder: await scratchFolder('worker-keys'), keyBase64: randomBytes(32).toString('base64') };
  const children: ChildProcess[] = [];
  return {
    keys,
    async start(settings = {}) {
      const child = spawn(process.execPath, [path.join(import.meta.dirname, '../src/main.ts')], {
        stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
        env: {
          BAILIWICK_SETTINGS_FD: '3',
          BAILIWICK_FOLLOW_PARENT: '1',
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        },
      });
      children.push(child);
      const pipe = child.stdio[3];
      if (!pipe || !('end' in pipe) || !child.stdout) throw new Error('no pipes');
      pipe.end(
        JSON.stringify({
          ...installation.enrolmentFor('worker'),
          logLevel: 'error',
          listen: { host: '127.0.0.1', port: 0 },
          ops: { host: '127.0.0.1', port: 0 },
          proxy: { url: 'https://127.0.0.1:1' },
          database: { url: server.url, maxConnections: 3 },
          keys: { kind: 'file', ...keys },
          ...settings,
        }),
      );
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { opsPort } = JSON.parse(line) as { readonly opsPort: number };
      return { child, opsUrl: `http://127.0.0.1:${opsPort}` };
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      await rm(keys.folder, { recursive: true, force: true });
    },
  };
}
