import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startLavalink } from '#test/sandbox/lavalink/index.ts';

/** A Lavalink node of the sandbox that can be killed, since it is a process of its own. */
export interface NodeProcess extends AsyncDisposable {
  readonly port: number;
  readonly password: string;
  /** How many players play on it. */
  playing(): Promise<number>;
  kill(): void;
}

interface Settings {
  readonly password: string;
  /** The certificate of the voice servers that it joins. */
  readonly certPem: string;
}

/** It ends with this process at the latest. */
export async function startNodeProcess(settings: Settings): Promise<NodeProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdin.write(`${JSON.stringify(settings)}\n`);
  const said = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const [port] = await Promise.race([said, ended.then(() => Promise.reject(new Error('the node has ended')))]);
  const { password } = settings;
  return {
    port: Number(port),
    password,
    async playing() {
      const answer = await fetch(`http://127.0.0.1:${port}/v4/stats`, { headers: { Authorization: password } });
      return ((await answer.json()) as { playingPlayers: number }).playingPlayers;
    },
    kill: () => void child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The process itself: settings on the first line of stdin, its port on stdout. */
async function run(): Promise<void> {
  process.stdin.on('end', () => process.exit(0));
  const [line] = (await once(createInterface({ input: process.stdin }), 'line')) as [string];
  const { password, certPem } = JSON.parse(line) as Settings;
  const { port } = await startLavalink({ password, joinsVoice: { certPem, sound: true } });
  process.stdout.write(`${port}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
