import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { createApiClient, type ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { descendantsOf, killAll, survivorsOf, type SeenProcess } from '../e2e/processes.ts';
import type { Sandbox } from '../e2e/sandbox.ts';

export const root = path.resolve(import.meta.dirname, '../..');
const endTimeoutMs = 300_000;

/** One `bailiwick up`, which may fail or be interrupted: its output, how it ended, what it left. */
export interface Attempt extends AsyncDisposable {
  readonly pid: number;
  /** Its stderr so far. */
  readonly said: () => string;
  /** Waits until it has printed this. @throws if it ends before */
  until(text: string | RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Every descendant that was ever seen running. */
  readonly seen: () => Promise<readonly SeenProcess[]>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export interface AttemptOptions {
  readonly args: readonly string[];
  /** The checkout that it runs from; this one by default. */
  readonly checkout?: string;
  readonly node?: string;
  /** A prefix of the command line: another user, another namespace. */
  readonly wrap?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it as `npm start` does once everything is set up. */
export function attempt({
  args,
  checkout = root,
  node = process.execPath,
  wrap = [],
  env = {},
}: AttemptOptions): Attempt {
  const main = path.join(checkout, 'services/cli/src/main.ts');
  const [file = '', ...argv] = [...wrap, node, '--disable-warning=ExperimentalWarning', main, 'up', ...args];
  const { FORCE_COLOR: _colour, DATABASE_URL: _url, ...inherited } = process.env;
  const child = spawn(file, argv, {
    cwd: '/',
    env: { ...inherited, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  // Not `close`: descendants could hold its output open, and that they do not is for tests to check.
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve(by ?? code));
  });
  const pid = child.pid ?? Number.NaN;
  const seen = new Map<string, SeenProcess>();
  const look = async () => {
    for (const one of await descendantsOf(pid)) seen.set(`${one.pid} ${one.startedAt}`, one);
    return [...seen.values()];
  };
  const watching = setInterval(() => void look(), 100);
  void ended.then(
    () => clearInterval(watching),
    () => clearInterval(watching),
  );
  return {
    pid,
    ended,
    said: () => said,
    seen: look,
    signal: (name) => void child.kill(name),
    async until(text) {
      const over = ended.then((code) => {
        throw new Error(`it ended (${code}) before it said ${text}:\n${said}`);
      });
      over.catch(() => undefined);
      const heard = async () => (typeof text === 'string' ? said.includes(text) : text.test(said));
      await Promise.race([over, eventually(String(text), heard, endTimeoutMs)]);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
      await killAll([...seen.values()]);
    },
  };
}

/** The operator, signed in with what a start that became ready has printed. */
export async function ownerOf(running: Attempt, publicPort: number): Promise<ApiClient> {
  const url = `http://127.0.0.1:${publicPort}`;
  const oneTimeToken = /\/sign-in#(\S+)/.exec(running.said())?.[1];
  const session = z.object({ token: z.string() });
  const { token } = await createApiClient(url).call('POST', '/v1/sessions', session, { oneTimeToken });
  return createApiClient(url, token);
}

export interface OnboardedTenant {
  readonly id: string;
  readonly application: Awaited<ReturnType<Sandbox['createApplication']>>;
  readonly guild: Awaited<ReturnType<Sandbox['state']>>['guilds'][number];
}

/** A tenant whose bot is ready in the first server of this Discord. */
export async function onboard(api: ApiClient, door: Sandbox): Promise<OnboardedTenant> {
  const [guild] = (await door.state()).guilds;
  if (!guild) throw new Error('this Discord has no server');
  const { id } = await api.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Harmony Records' });
  const application = await door.createApplication('Harmony Bot');
  await door.install(guild.id, application.id);
  await api.call('PUT', `/v1/tenants/${id}/token`, z.unknown(), { token: application.token });
  const status = z.object({ ready: z.boolean() });
  const ready = async () => (await api.call('GET', `/v1/tenants/${id}`, status)).ready;
  await eventually('the bot is ready', ready, 30_000);
  return { id, application, guild };
}

/** Waits until none of these processes runs any more. */
export async function untilGone(processes: readonly SeenProcess[], timeoutMs: number): Promise<void> {
  await eventually('nothing is left', async () => (await survivorsOf(processes)).length === 0, timeoutMs).catch(
    async (cause: unknown) => {
      const left = (await survivorsOf(processes)).map(({ pid, command }) => `${pid} ${command}`);
      throw new Error(`still there after ${timeoutMs / 1000} s:\n${left.join('\n')}`, { cause });
    },
  );
}

/** What a failed start printed apart from its completed steps. */
export const complaints = (said: string): string[] =>
  said.split('\n').filter((line) => line.trim().length > 0 && !line.startsWith('  ✓'));
