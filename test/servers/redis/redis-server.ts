import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import { createAuthority } from '#test/authority.ts';
import { freePort } from '#test/free-port.ts';

const deployed = path.resolve(import.meta.dirname, '../../../infra/deploy/redis');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * A real Redis with the configuration and the users of infra/deploy/redis, an authority of its own, and beside them an
 * administrator for the test.
 */
export class RedisServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #adminPassword: string;
  readonly port: number;
  readonly settings: RedisSettings;
  #child: ChildProcess | undefined;
  #admin: Redis | undefined;

  private constructor(folder: string, port: number, settings: RedisSettings, adminPassword: string) {
    this.#folder = folder;
    this.port = port;
    this.settings = settings;
    this.#adminPassword = adminPassword;
  }

  /** @param acl changes the text of users.acl */
  static async start(installation: string, acl = (text: string) => text): Promise<RedisServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-redis-'));
    const inside = (name: string) => path.join(folder, name);
    const authority = await createAuthority();
    const { certPem, keyPem } = await authority.issue('localhost');
    const [password, adminPassword] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
    const port = await freePort();
    const users = (await readFile(path.join(deployed, 'users.acl'), 'utf8'))
      .replaceAll('INSTALLATION', installation)
      .replaceAll('PASSWORD_SHA256', sha256(password));
    await writeFile(inside('users.acl'), `${acl(users).trim()}\nuser admin on #${sha256(adminPassword)} ~* +@all\n`);
    await writeFile(inside('certificate.pem'), certPem);
    await writeFile(inside('key.pem'), keyPem, { mode: 0o600 });
    const config = (await readFile(path.join(deployed, 'redis.conf'), 'utf8'))
      .replaceAll('/etc/redis/', `${folder}/`)
      .replace('tls-port 6379', `tls-port ${port}\nbind 127.0.0.1\ndir ${folder}`);
    await writeFile(inside('redis.conf'), config);
    const url = `rediss://localhost:${port}`;
    const settings: RedisSettings = {
      kind: 'redis',
      url,
      trustPem: authority.certPem,
      user: 'gateway-proxy',
      password,
    };
    const server = new RedisServer(folder, port, settings, adminPassword);
    await server.run();
    return server;
  }

  /** As after `stop`: empty. */
  async run(): Promise<void> {
    this.#child = spawn('redis-server', [path.join(this.#folder, 'redis.conf')], { stdio: 'ignore' });
    this.#admin = this.connect({ username: 'admin', password: this.#adminPassword });
    await untilBack(() => this.admin.ping());
  }

  async stop(): Promise<void> {
    this.#admin?.disconnect();
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

  get admin(): Redis {
    if (!this.#admin) throw new Error('Redis is not running');
    return this.#admin;
  }

  /** The ordinary client, with these credentials. */
  connect(credentials: { readonly username: string; readonly password: string }): Redis {
    const redis = new Redis({
      host: 'localhost',
      port: this.port,
      tls: { ca: this.settings.trustPem },
      protocol: 2,
      disableClientInfo: true,
      enableReadyCheck: false,
      ...credentials,
    });
    redis.on('error', () => undefined);
    return redis;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Repeats until it does not throw, for at most ten seconds. */
export async function untilBack<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (const untilMs = Date.now() + 10_000; ; await delay(50)) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
    }
  }
}
