import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '#infra/kernel/backoff.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { z } from 'zod';
import { logFile, openLog } from './log-file.ts';
import { memoryEnvironment, nodeFlags } from './process-flags.ts';

/** One process of the platform, as the launcher sees it. */
export interface ProcessSpec {
  readonly name: string;
  /** Path of main.ts, relative to the project's root. */
  readonly entry: string;
  /** Called for each start, since they contain a one-time enrolment token; may wait for what it needs. */
  readonly settings: () => Promise<unknown>;
  /** Called with each IPC message from the process, and with the process at each start. */
  readonly ipc?: { started(child: ChildProcess): void; message(message: unknown): void };
}

export interface ChildEvents {
  /** The process exited by itself after it had been ready; it will be restarted. */
  ended(name: string, why: string): void;
  restarted(name: string): void;
}

export interface ManagedProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number | undefined;
  /** Whether it has started, and has not ended since. */
  readonly isUp: boolean;
  /** Settles with the first start: with what the process announced, or why it could not start. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
}

const readyTimeoutMs = 120_000;
const stopTimeoutMs = 8_000;
const restartAfter = { minMs: 100, maxMs: 10_000 };
/** A process that ran this long is restarted with a fresh backoff. */
const stableAfterMs = 30_000;

const announcementSchema = z.looseObject({ ready: z.boolean(), error: z.string().optional() });

export interface Surroundings {
  readonly root: string;
  readonly logFolder: string;
  readonly cacheFolder: string;
  readonly events: ChildEvents;
}

/**
 * Starts a process and keeps it running. Its settings go through a pipe (no secret in argv or environment), its log to
 * a file, and its stdin stays open so that it notices when we are gone. It can be disposed at any time, even while it
 * starts.
 */
export function manage(spec: ProcessSpec, surroundings: Surroundings): ManagedProcess {
  let current = startOnce(spec, surroundings);
  let again: NodeJS.Timeout | undefined;
  let stopping = false;
  let isUp = false;
  const backoff = new Backoff(restartAfter);
  const keep = (running: Running): void => {
    const since = Date.now();
    isUp = true;
    void running.ended.then((why) => {
      isUp = false;
      if (stopping) return;
      surroundings.events.ended(spec.name, why);
      if (Date.now() - since > stableAfterMs) backoff.reset();
      startAgain();
    });
  };
  const startAgain = (): void => {
    again = setTimeout(() => {
      current = startOnce(spec, surroundings);
      current.ready.then(
        () => {
          if (stopping) return;
          surroundings.events.restarted(spec.name);
          keep(current);
        },
        () => !stopping && startAgain(),
      );
    }, backoff.nextMs());
  };
  const first = current;
  const ready = first.ready.then((announcement) => {
    keep(first);
    return announcement;
  });
  // Callers that await it see the failure; nobody has to.
  ready.catch(() => undefined);
  return {
    name: spec.name,
    ready,
    get pid() {
      return current.child.pid;
    },
    get isUp() {
      return isUp;
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearTimeout(again);
      await current.stop();
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** The process loads its code immediately, and waits at the pipe for its settings. */
function startOnce(spec: ProcessSpec, surroundings: Surroundings): Running {
  const child = spawn(process.execPath, [...nodeFlags(spec.name), path.join(surroundings.root, spec.entry)], {
    cwd: surroundings.root,
    env: childEnvironment(surroundings.cacheFolder),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...(spec.ipc ? (['ipc'] as const) : [])],
    // Ctrl-C in the terminal is for us alone; we stop the others in order.
    detached: true,
  });
  const pipe = child.stdio[3] as Writable;
  // Writing to a child that has already died fails; its exit is handled below.
  for (const stream of [child.stdin, pipe]) stream?.on('error', () => undefined);
  const log = openLog(surroundings.logFolder, spec.name);
  child.stderr?.pipe(log);
  // Keep reading, or the process would block at its next line.
  log.once('error', () => child.stderr?.resume());
  if (spec.ipc) child.on('message', (message) => spec.ipc?.message(message));
  spec.ipc?.started(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  let begun = false;
  const stop = async (): Promise<void> => {
    pipe.destroy();
    // A process still waiting for its settings has nothing to clean up.
    if (!begun) child.kill('SIGKILL');
    await stopChild(child, ended);
  };
  const ready = (async () => {
    try {
      const handedOver = spec.settings().then((settings) => {
        begun = true;
        pipe.end(JSON.stringify(settings));
      });
      return await waitUntilReady(spec.name, child, { handedOver, ended, logFolder: surroundings.logFolder });
    } catch (error) {
      await stop();
      throw error;
    }
  })();
  ready.catch(() => undefined);
  return { child, ready, ended, stop };
}

function childEnvironment(cacheFolder: string): NodeJS.ProcessEnv {
  const passed = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const kept = passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...Object.fromEntries(kept),
    ...memoryEnvironment,
    TZ: 'UTC',
    BAILIWICK_SETTINGS_FD: '3',
    BAILIWICK_FOLLOW_PARENT: '1',
    // Stripped and compiled modules are cached between starts.
    NODE_COMPILE_CACHE: cacheFolder,
  };
}

interface Start {
  readonly handedOver: Promise<void>;
  readonly ended: Promise<string>;
  readonly logFolder: string;
}

async function waitUntilReady(
  name: string,
  child: ChildProcess,
  { handedOver, ended, logFolder }: Start,
): Promise<Record<string, unknown>> {
  const where = `its log is ${logFile(logFolder, name)}`;
  const announced = new Promise<Record<string, unknown>>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const announcement = parseAnnouncement(line);
      if (announcement?.ready) resolve(announcement);
      else if (announcement)
        reject(startFailed(`${name} could not start: ${announcement.error ?? 'unknown'} (${where})`));
    });
  });
  const died = ended.then((why) => {
    throw startFailed(`${name} exited during its start (${why}); ${where}`);
  });
  const waiting = new AbortController();
  // The timeout starts when the process could begin: what it waits for has limits of its own.
  const late = handedOver
    .then(() => delay(readyTimeoutMs, undefined, { signal: waiting.signal }))
    .then(() => {
      const message = `${name} was not ready after ${readyTimeoutMs / 1000} s; ${where}`;
      throw platformFault('up.start-timeout', message);
    });
  for (const outcome of [announced, died, late]) outcome.catch(() => undefined);
  try {
    return await Promise.race([announced, died, late]);
  } finally {
    waiting.abort();
  }
}

const startFailed = (message: string) => platformFault('up.start-failed', message);

function parseAnnouncement(line: string) {
  try {
    return announcementSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}
