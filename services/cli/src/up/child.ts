import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import path from 'node:path';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { platformFault } from '#infra/kernel/errors.ts';
import { z } from 'zod';

/** One process of the platform as the launcher sees it. */
export interface ProcessSpec {
  readonly name: string;
  /** Path of main.ts below the project's root. */
  readonly entry: string;
  /** Made anew for each start, since it holds a one-time enrolment token. */
  readonly settings: () => Promise<unknown>;
  readonly nodeArgs?: readonly string[];
  /** Called with what the process sends over IPC, and with the process at each start. */
  readonly ipc?: { started(child: ChildProcess): void; message(message: unknown): void };
}

export interface ChildEvents {
  /** The process ended by itself after it had been ready; it is started again. */
  ended(name: string, why: string): void;
  restarted(name: string): void;
}

export interface ManagedProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number | undefined;
  /** What the process announced when it was ready last. */
  readonly announcement: Readonly<Record<string, unknown>>;
}

const readyTimeoutMs = 45_000;
const stopTimeoutMs = 8_000;
const maxLogBytes = 20 * 1024 * 1024;
const firstDelayMs = 100;
const maxDelayMs = 10_000;
/** A process that ran this long starts with a fresh backoff. */
const stableAfterMs = 30_000;

const announcementSchema = z.looseObject({ ready: z.boolean(), error: z.string().optional() });

interface Surroundings {
  readonly root: string;
  readonly logFolder: string;
  readonly cacheFolder: string;
  readonly events: ChildEvents;
}

/**
 * Starts a process and keeps it running: settings go through a pipe (no secret in argv or environment), its log to a
 * file, and its stdin stays open so that it notices when we are gone. Resolves when it is ready.
 */
export async function manage(spec: ProcessSpec, surroundings: Surroundings): Promise<ManagedProcess> {
  let current = await startOnce(spec, surroundings);
  let stopping = false;
  let delayMs = firstDelayMs;
  const keep = (running: Running): void => {
    const since = Date.now();
    void running.ended.then((why) => {
      if (stopping) return;
      surroundings.events.ended(spec.name, why);
      if (Date.now() - since > stableAfterMs) delayMs = firstDelayMs;
      startAgain();
    });
  };
  const startAgain = (): void => {
    setTimeout(() => {
      if (stopping) return;
      startOnce(spec, surroundings).then(
        (running) => {
          current = running;
          surroundings.events.restarted(spec.name);
          keep(running);
          if (stopping) void running.stop();
        },
        () => startAgain(),
      );
    }, delayMs);
    delayMs = Math.min(delayMs * 2, maxDelayMs);
  };
  keep(current);
  return {
    name: spec.name,
    get pid() {
      return current.child.pid;
    },
    get announcement() {
      return current.announcement;
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      await current.stop();
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly announcement: Readonly<Record<string, unknown>>;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

async function startOnce(spec: ProcessSpec, surroundings: Surroundings): Promise<Running> {
  const settings = JSON.stringify(await spec.settings());
  const log = await openLog(surroundings.logFolder, spec.name);
  const args = [
    '--disable-warning=ExperimentalWarning',
    ...(spec.nodeArgs ?? []),
    path.join(surroundings.root, spec.entry),
  ];
  const child = spawn(process.execPath, args, {
    cwd: surroundings.root,
    env: childEnvironment(surroundings.cacheFolder),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...(spec.ipc ? (['ipc'] as const) : [])],
    // A Ctrl-C in the terminal is for us alone; we stop the others in order.
    detached: true,
  });
  // A child that died already cannot be written to; its end is seen below.
  child.stdin?.on('error', () => undefined);
  const pipe = child.stdio[3] as Writable;
  pipe.on('error', () => undefined);
  pipe.end(settings);
  child.stderr?.pipe(log);
  if (spec.ipc) child.on('message', (message) => spec.ipc?.message(message));
  spec.ipc?.started(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const stop = () => stopChild(child, ended);
  try {
    const announcement = await waitUntilReady(spec.name, child, ended, surroundings.logFolder);
    return { child, announcement, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function childEnvironment(cacheFolder: string): NodeJS.ProcessEnv {
  const passed = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const kept = passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...Object.fromEntries(kept),
    TZ: 'UTC',
    BAILIWICK_SETTINGS_FD: '3',
    BAILIWICK_FOLLOW_PARENT: '1',
    // Stripped and compiled modules are kept from start to start.
    NODE_COMPILE_CACHE: cacheFolder,
  };
}

/** The log of the last run is kept beside it; a log that has grown too large begins anew at the next start. */
async function openLog(folder: string, name: string): Promise<WriteStream> {
  const file = path.join(folder, `${name}.log`);
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(file, `${file}.old`);
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}

async function waitUntilReady(
  name: string,
  child: ChildProcess,
  ended: Promise<string>,
  logFolder: string,
): Promise<Record<string, unknown>> {
  const where = `its log is ${path.join(logFolder, `${name}.log`)}`;
  const announced = new Promise<Record<string, unknown>>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const announcement = parseAnnouncement(line);
      if (announcement?.ready) resolve(announcement);
      else if (announcement)
        reject(platformFault('up.start-failed', `${name} could not start: ${announcement.error ?? 'unknown'}`));
    });
  });
  const died = ended.then((why) => {
    throw platformFault('up.start-failed', `${name} ended while it started (${why}); ${where}`);
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `${name} was not ready after ${readyTimeoutMs / 1000} s; ${where}`;
    timer = setTimeout(() => reject(platformFault('up.start-timeout', message)), readyTimeoutMs);
  });
  try {
    return await Promise.race([announced, died, late]);
  } finally {
    clearTimeout(timer);
    died.catch(() => undefined);
  }
}

function parseAnnouncement(line: string) {
  try {
    return announcementSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}
