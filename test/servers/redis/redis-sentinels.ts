import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Redis } from 'ioredis';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import type { SharingPart } from '#infra/shared-state/shared-names.ts';
import { freePort } from '#test/free-port.ts';
import { RedisServer, connectTo, createEstate, filledIn, killed, untilBack, type RedisEstate } from './redis-server.ts';

/** A master, a replica, and three Sentinels that watch them, configured as infra/deploy/redis says. */
export class RedisSentinels implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #estate: RedisEstate;
  readonly #ports: readonly number[];
  readonly #sentinels: readonly ChildProcess[];
  readonly servers: readonly [RedisServer, RedisServer];

  private constructor(
    stack: AsyncDisposableStack,
    estate: RedisEstate,
    servers: readonly [RedisServer, RedisServer],
    sentinels: readonly { readonly child: ChildProcess; readonly port: number }[],
  ) {
    this.#stack = stack;
    this.#estate = estate;
    this.servers = servers;
    this.#ports = sentinels.map(({ port }) => port);
    this.#sentinels = sentinels.map(({ child }) => child);
  }

  static async start(installation: string): Promise<RedisSentinels> {
    await using starting = new AsyncDisposableStack();
    const estate = await createEstate(installation);
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-sentinels-'));
    starting.defer(() => rm(folder, { recursive: true, force: true }));
    const options = {
      estate,
      files: ['replication.conf', 'replica.conf'],
      aclFiles: ['replication.acl', 'sentinel.acl'],
      rights: '+info',
    };
    const master = starting.use(await RedisServer.startAs({ ...options, port: await freePort() }));
    const lines = [`replicaof localhost ${master.port}`];
    const replica = starting.use(await RedisServer.startAs({ ...options, lines, port: await freePort() }));
    const sentinels = await Promise.all([1, 2, 3].map((number) => startSentinel(folder, number, master.port, estate)));
    for (const { child } of sentinels) starting.defer(() => killed(child));
    const group = new RedisSentinels(starting.move(), estate, [master, replica], sentinels);
    await group.#untilComplete();
    return group;
  }

  settingsOf(part: SharingPart): RedisSettings {
    const { authority, passwords } = this.#estate;
    return {
      kind: 'redis',
      sentinels: this.#ports.map((port) => `rediss://localhost:${port}`),
      master: 'bailiwick',
      sentinelUser: 'bailiwick',
      sentinelPassword: passwords.bailiwick,
      trustPem: authority.certPem,
      user: part,
      password: passwords[part],
    };
  }

  async stopSentinel(number: 1 | 2 | 3): Promise<void> {
    await killed(this.#sentinels[number - 1]);
  }

  /** A command of an administrator to the first Sentinel. */
  call(name: string, ...values: string[]): Promise<unknown> {
    return this.#asUser('admin', (client) => client.call(name, ...values));
  }

  /** Asks every Sentinel that runs, as an administrator. */
  async asAdmin<Answer>(ask: (client: Redis) => Promise<Answer>): Promise<void> {
    for (const port of this.#ports) await this.#at(port, 'admin', ask);
  }

  #asUser<Answer>(username: 'bailiwick' | 'admin', ask: (client: Redis) => Promise<Answer>): Promise<Answer> {
    return this.#at(this.#ports[0] ?? 0, username, ask);
  }

  async #at<Answer>(port: number, username: 'bailiwick' | 'admin', ask: (client: Redis) => Promise<Answer>) {
    const client = connectTo(port, this.#estate, {
      username,
      password: this.#estate.passwords[username],
    });
    try {
      return await ask(client);
    } finally {
      client.disconnect();
    }
  }

  /** The server that the Sentinels call the master. */
  async master(): Promise<RedisServer> {
    const address = await this.#asUser('bailiwick', (client) =>
      client.call('SENTINEL', 'get-master-addr-by-name', 'bailiwick'),
    );
    const [, port] = address as [string, string];
    const found = this.servers.find((server) => server.port === Number(port));
    if (!found) throw new Error(`no server at ${port}`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  /** The replica has everything, and each Sentinel knows the others: only then can they agree on another master. */
  async #untilComplete(): Promise<void> {
    const [master] = this.servers;
    await untilBack(async () => {
      const text = await master.admin.info('replication');
      if (!/slave0:.*state=online/.test(text)) throw new Error('no replica yet');
      const told = await Promise.all(this.#ports.map((port) => knownSentinels(port, this.#estate)));
      if (told.some((count) => count < 2)) throw new Error('the Sentinels do not know each other yet');
    });
  }
}

async function startSentinel(folder: string, number: number, masterPort: number, estate: RedisEstate) {
  const port = await freePort();
  const own = path.join(folder, `sentinel-${number}`);
  const { certPem, keyPem } = await estate.authority.issue('localhost');
  const text = (await filledIn('sentinel.conf', estate))
    .replaceAll('/etc/redis/', `${own}-`)
    .replaceAll('26379', String(port))
    .replaceAll('MASTER 6379', `localhost ${masterPort}`);
  await writeFile(`${own}-certificate.pem`, certPem);
  await writeFile(`${own}-key.pem`, keyPem, { mode: 0o600 });
  await writeFile(`${own}-authority.pem`, estate.authority.certPem);
  const admin = `user admin on >${estate.passwords.admin} ~* &* +@all`;
  await writeFile(`${own}.conf`, `${text}\n${admin}\nbind 127.0.0.1\ndir ${folder}\n`, { mode: 0o600 });
  return { child: spawn('redis-server', [`${own}.conf`, '--sentinel'], { stdio: 'ignore' }), port };
}

async function knownSentinels(port: number, estate: RedisEstate): Promise<number> {
  const client = connectTo(port, estate, { username: 'admin', password: estate.passwords.admin });
  try {
    const all = (await client.call('SENTINEL', 'sentinels', 'bailiwick')) as string[][];
    return all.filter((fields) => !/s_down|disconnected/.test(fields[fields.indexOf('flags') + 1] ?? 's_down')).length;
  } finally {
    client.disconnect();
  }
}
