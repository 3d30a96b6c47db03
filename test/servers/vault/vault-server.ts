import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { createAuthority } from '#test/authority.ts';
import { freePort } from '#test/free-port.ts';

const run = promisify(execFile);
const unsealMs = 10_000;

/** Builds the server (a minute the first time). Needs Go and its module proxy, or cache. */
async function build(folder: string): Promise<string> {
  const binary = path.join(folder, 'vault');
  await run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', binary, '.'], {
    cwd: path.join(import.meta.dirname, 'server'),
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  return binary;
}

export interface VaultAnswer {
  readonly status: number;
  readonly body: { readonly data?: Record<string, unknown>; readonly errors?: readonly string[] } & Record<
    string,
    unknown
  >;
}

/** What a process signs in with. */
export interface AppRole {
  readonly roleId: string;
  readonly secretId: string;
}

export interface RoleOptions {
  /** Life of a token, and how long it can be extended to; seconds. */
  readonly tokenSec?: number;
  readonly maxTokenSec?: number;
  /** Seconds until the secret id expires; never by default. */
  readonly secretIdSec?: number;
}

/** A real Vault with an authority and a folder of its own, which is deleted with it. */
export class VaultServer implements AsyncDisposable {
  readonly #binary: string;
  readonly #folder: string;
  readonly #agent: Agent;
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly trustPem: string;
  #child: ChildProcess | undefined;
  #unsealKey = '';
  rootToken = '';

  private constructor(folder: string, binary: string, port: number, trustPem: string) {
    this.#folder = folder;
    this.#binary = binary;
    this.port = port;
    this.trustPem = trustPem;
    this.#agent = new Agent({ connect: { ca: trustPem } });
  }

  /** Built, initialised, unsealed, with a transit engine and AppRole. */
  static async start(): Promise<VaultServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-vault-'));
    const binary = await build(folder);
    const authority = await createAuthority();
    const { certPem, keyPem } = await authority.issue('localhost');
    await writeFile(path.join(folder, 'certificate.pem'), certPem);
    await writeFile(path.join(folder, 'key.pem'), keyPem, { mode: 0o600 });
    const server = new VaultServer(folder, binary, await freePort(), authority.certPem);
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
    return `https://localhost:${this.port}`;
  }

  /** As after `kill`: the same data, sealed. */
  async run(): Promise<void> {
    const inside = (name: string) => path.join(this.#folder, name);
    await mkdir(inside('data'), { recursive: true });
    const args = [inside('data'), `127.0.0.1:${this.port}`, inside('certificate.pem'), inside('key.pem')];
    const child = spawn(this.#binary, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    await once(createInterface({ input: child.stdout }), 'line');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Connections stay open, and nothing is answered, until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async seal(): Promise<void> {
    await this.ask('PUT', 'sys/seal');
  }

  async unseal(): Promise<void> {
    await this.ask('PUT', 'sys/unseal', { key: this.#unsealKey });
    const until = Date.now() + unsealMs;
    while ((await this.ask('GET', 'sys/health')).status !== 200) {
      if (Date.now() > until) throw new Error('Vault stays sealed');
      await delay(50);
    }
  }

  /** Until it listens, a request is repeated. */
  async ask(method: string, at: string, body?: object, token = this.rootToken): Promise<VaultAnswer> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await request(`${this.url}/v1/${at}`, {
          method: method as 'GET',
          dispatcher: this.#agent,
          headers: { ...(token === '' ? {} : { 'x-vault-token': token }), 'content-type': 'application/json' },
          body: body ? JSON.stringify(body) : null,
        });
        const text = await answer.body.text();
        return { status: answer.statusCode, body: text === '' ? {} : (JSON.parse(text) as VaultAnswer['body']) };
      } catch (error) {
        if (attempt > 100) throw error;
        await delay(50);
      }
    }
  }

  /** A role with this policy (HCL) alone, and what to sign in with. */
  async role(
    name: string,
    policy: string,
    { tokenSec = 600, maxTokenSec = 86_400, secretIdSec = 0 }: RoleOptions = {},
  ): Promise<AppRole> {
    await this.setPolicy(name, policy);
    await this.ask('POST', `auth/approle/role/${name}`, {
      token_policies: [name],
      token_no_default_policy: true,
      token_ttl: `${tokenSec}s`,
      token_max_ttl: `${maxTokenSec}s`,
      secret_id_ttl: `${secretIdSec}s`,
    });
    const role = await this.ask('GET', `auth/approle/role/${name}/role-id`);
    const secret = await this.ask('POST', `auth/approle/role/${name}/secret-id`, {});
    return { roleId: String(role.body.data?.['role_id']), secretId: String(secret.body.data?.['secret_id']) };
  }

  /** Takes effect at once, also for tokens that exist. */
  async setPolicy(name: string, policy: string): Promise<void> {
    const answer = await this.ask('PUT', `sys/policies/acl/${name}`, { policy });
    if (answer.status !== 204) throw new Error(`the policy ${name} was refused: ${JSON.stringify(answer.body)}`);
  }

  /** Vault does so by itself once a minute; until then it accepts expired ones. */
  async removeExpiredSecretIds(): Promise<void> {
    await this.ask('POST', 'auth/approle/tidy/secret-id');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.kill();
    await this.#agent.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
