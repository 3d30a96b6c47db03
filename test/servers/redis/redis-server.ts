import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import type { SharingPart } from '#infra/shared-state/shared-names.ts';
import { createAuthority, type Authority } from '#test/authority.ts';
import { freePort } from '#test/free-port.ts';

const deployed = path.resolve(import.meta.dirname, '../../../infra/deploy/redis');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const users = [
  'gateway-proxy',
  'discord-edge',
  'api',
  'audio',
  'replication',
  'sentinel',
  'bailiwick',
  'admin',
] as const;
type User = (typeof users)[number];

/** What the servers of one installation's Redis have in common. */
export interface RedisEstate {
  readonly installation: string;
  readonly authority: Authority;
  readonly passwords: Readonly<Record<User, string>>;
}

export async function createEstate(installation: string): Promise<RedisEstate> {
  const passwords = Object.fromEntries(users.map((user) => [user, randomBytes(24).toString('hex')]));
  return { installation, authority: await createAuthority(), passwords: passwords as Record<User, string> };
}

/** A file of infra/deploy/redis with everything filled in. */
export async function filledIn(name: string, { installation, passwords }: RedisEstate): Promise<string> {
  let text = (await readFile(path.join(deployed, name), 'utf8')).replaceAll('INSTALLATION', installation);
  for (const user of users) {
    const variable = user.toUpperCase().replace('-', '_');
    text = text
      .replaceAll(`${variable}_SHA256`, sha256(passwords[user]))
      .replaceAll(`${variable}_PASSWORD`, passwords[user]);
  }
  return text.replaceAll('HOST', 'localhost');
}

export interface RedisServerOptions {
  readonly estate: RedisEstate;
  readonly port: number;
  /** Files of infra/deploy/redis after redis.conf. */
  readonly files?: readonly string[];
  /** Files of infra/deploy/redis after users.acl. */
  readonly aclFiles?: readonly string[];
  /** Rights that every user of the installation has besides. */
  readonly rights?: string;
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
  /** Changes the text of users.acl. */
  readonly acl?: (text: string) => string;
}

/**
 * A real Redis with the configuration and the users of infra/deploy/redis, an authority of its own, and beside them an
 * administrator for the test.
 */
export class RedisServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #estate: RedisEstate;
  readonly port: number;
  #child: ChildProcess | undefined;
  #admin: Redis | undefined;

  private constructor(folder: string, port: number, estate: RedisEstate) {
    this.#folder = folder;
    this.port = port;
    this.#estate = estate;
  }

  /** A single server. @param acl changes the text of users.acl */
  static async start(installation: string, acl?: (text: string) => string): Promise<RedisServer> {
    const estate = await createEstate(installation);
    return RedisServer.startAs({ estate, port: await freePort(), ...(acl ? { acl } : {}) });
  }

  static async startAs(options: RedisServerOptions): Promise<RedisServer> {
    const { estate, port, files = [], aclFiles = [], rights = '', lines = [], acl = (text: string) => text } = options;
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-redis-'));
    const server = new RedisServer(folder, port, estate);
    await server.#writeCertificate();
    const own = acl(await filledIn('users.acl', estate)).replaceAll(/^(user (?!default).*)$/gm, `$1 ${rights}`.trim());
    const others = await Promise.all(aclFiles.map((name) => filledIn(name, estate)));
    const admin = `user admin on #${sha256(estate.passwords.admin)} ~* &* +@all`;
    await server.#write('users.acl', [own, ...others, admin].map((each) => each.trim()).join('\n') + '\n');
    const config = await Promise.all(['redis.conf', ...files].map((name) => filledIn(name, estate)));
    await server.#write(
      'redis.conf',
      [...config, 'bind 127.0.0.1', `dir ${folder}`, ...lines]
        .join('\n')
        .replaceAll('/etc/redis/', `${folder}/`)
        .replaceAll(/(tls-port|replica-announce-port) 6379/g, `$1 ${port}`),
    );
    await server.run();
    return server;
  }

  /** For a part of the installation, whose password it has. */
  settingsOf(part: SharingPart): RedisSettings {
    const { authority, passwords } = this.#estate;
    const url = `rediss://localhost:${this.port}`;
    return { kind: 'redis', url, trustPem: authority.certPem, user: part, password: passwords[part] };
  }

  get settings(): RedisSettings & { readonly url: string } {
    return { ...this.settingsOf('gateway-proxy'), url: `rediss://localhost:${this.port}` };
  }

  /** As after `stop`: empty. */
  async run(): Promise<void> {
    this.#child = spawn('redis-server', [path.join(this.#folder, 'redis.conf')], { stdio: 'ignore' });
    this.#admin = this.connect({ username: 'admin', password: this.#estate.passwords.admin });
    await untilBack(() => this.admin.ping());
  }

  async stop(): Promise<void> {
    this.#admin?.disconnect();
    await killed(this.#child);
  }

  /** Connections stay open, and nothing is answered, until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Until a replica has everything that this server was told so far. */
  async replicated(): Promise<void> {
    const offsetIn = (text: string, name: string) => Number(new RegExp(`${name}[:=](\\d+)`).exec(text)?.[1] ?? -1);
    const told = offsetIn(await this.admin.info('replication'), 'master_repl_offset');
    await untilBack(async () => {
      const [replica = ''] = /slave0:.*state=online.*/.exec(await this.admin.info('replication')) ?? [];
      if (offsetIn(replica, ',offset') < told) throw new Error('the replica is behind');
    });
  }

  get admin(): Redis {
    if (!this.#admin) throw new Error('Redis is not running');
    return this.#admin;
  }

  /** The ordinary client, with these credentials. */
  connect(credentials: { readonly username: string; readonly password: string }): Redis {
    return connectTo(this.port, this.#estate, credentials);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #writeCertificate(): Promise<void> {
    const { certPem, keyPem } = await this.#estate.authority.issue('localhost');
    await this.#write('certificate.pem', certPem);
    await this.#write('key.pem', keyPem);
    await this.#write('authority.pem', this.#estate.authority.certPem);
  }

  #write(name: string, text: string): Promise<void> {
    return writeFile(path.join(this.#folder, name), text, { mode: 0o600 });
  }
}

/** The ordinary client of a server or a Sentinel. */
export function connectTo(
  port: number,
  { authority }: RedisEstate,
  credentials: { readonly username: string; readonly password: string },
): Redis {
  const redis = new Redis({
    host: 'localhost',
    port,
    tls: { ca: authority.certPem },
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    ...credentials,
  });
  redis.on('error', () => undefined);
  return redis;
}

/** Waits until it has ended. */
export async function killed(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Repeats until it does not throw, for at most thirty seconds. */
export async function untilBack<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (const untilMs = Date.now() + 30_000; ; await delay(50)) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
    }
  }
}
