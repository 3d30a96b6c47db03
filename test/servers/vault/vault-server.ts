import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePort } from '#test/free-port.ts';

const run = promisify(execFile);

/** Builds the server (a minute the first time). Needs Go and its module proxy, or cache. */
export async function buildVault(folder: string): Promise<string> {
  const binary = path.join(folder, 'vault');
  await run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', binary, '.'], {
    cwd: path.join(import.meta.dirname, 'server'),
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  return binary;
}

interface Answer {
  readonly status: number;
  readonly body: { readonly data?: Record<string, unknown>; readonly errors?: readonly string[] } & Record<
    string,
    unknown
  >;
}

/** A real Vault in a folder of its own, which is deleted with it. */
export class VaultServer implements AsyncDisposable {
  readonly #binary: string;
  readonly #folder: string;
  readonly port: number;
  #child: ChildProcess | undefined;
  #unsealKey = '';
  rootToken = '';

  private constructor(binary: string, folder: string, port: number) {
    this.#binary = binary;
    this.#folder = folder;
    this.port = port;
  }

  /** Initialised, unsealed, with a transit engine and AppRole. */
  static async start(binary: string): Promise<VaultServer> {
    const server = new VaultServer(binary, await mkdtemp(path.join(tmpdir(), 'bailiwick-vault-')), await freePort());
    await server.run();
    const made = await server.ask('PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 });
    [server.#unsealKey = ''] = made.body['keys_base64'] as string[];
    server.rootToken = String(made.body['root_token']);
    await server.unseal();
    await server.ask('POST', 'sys/mounts/transit', { type: 'transit' });
    await server.ask('POST', 'sys/auth/approle', { type: 'approle' });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As after `kill`: the same data, sealed. */
  async run(): Promise<void> {
    const data = path.join(this.#folder, 'data');
    await mkdir(data, { recursive: true });
    const child = spawn(this.#binary, [data, `127.0.0.1:${this.port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    await once(createInterface({ input: child.stdout }), 'line');
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async unseal(): Promise<void> {
    await this.ask('PUT', 'sys/unseal', { key: this.#unsealKey });
    const until = Date.now() + 10_000;
    while ((await this.ask('GET', 'sys/health')).status !== 200) {
      if (Date.now() > until) throw new Error('Vault stays sealed');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Until it listens, a request is repeated. */
  async ask(method: string, at: string, body?: object, token = this.rootToken): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await fetch(`${this.url}/v1/${at}`, {
          method,
          headers: { 'x-vault-token': token, 'content-type': 'application/json' },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        const text = await answer.text();
        return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
      } catch (error) {
        if (attempt > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** A role with this policy (HCL), and the credentials to sign in with. */
  async role(name: string, policy: string, tokenSec = 600): Promise<{ roleId: string; secretId: string }> {
    await this.ask('PUT', `sys/policies/acl/${name}`, { policy });
    await this.ask('POST', `auth/approle/role/${name}`, {
      token_policies: [name],
      token_ttl: `${tokenSec}s`,
      token_max_ttl: '24h',
      token_no_default_policy: false,
    });
    const role = await this.ask('GET', `auth/approle/role/${name}/role-id`);
    const secret = await this.ask('POST', `auth/approle/role/${name}/secret-id`, {});
    return { roleId: String(role.body.data?.['role_id']), secretId: String(secret.body.data?.['secret_id']) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
