import type { RedisSettings } from '#infra/shared-state/settings.ts';
import type { SharingPart } from '#infra/shared-state/shared-names.ts';
import { freePort } from '#test/free-port.ts';
import { RedisServer, createEstate, untilBack, type RedisEstate } from './redis-server.ts';

const slots = 16_384;

/** A cluster of three masters, each of which may have a replica, configured as infra/deploy/redis says. */
export class RedisCluster implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #estate: RedisEstate;
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];

  private constructor(stack: AsyncDisposableStack, estate: RedisEstate, servers: readonly RedisServer[]) {
    this.#stack = stack;
    this.#estate = estate;
    this.masters = servers.slice(0, 3);
    this.replicas = servers.slice(3);
  }

  static async start(installation: string, replicas: 0 | 3): Promise<RedisCluster> {
    await using starting = new AsyncDisposableStack();
    const estate = await createEstate(installation);
    const servers: RedisServer[] = [];
    for (let number = 0; number < 3 + replicas; number += 1) {
      // A server's port for the others is its own and 10,000.
      const port = await freeClusterPort();
      servers.push(
        starting.use(
          await RedisServer.startAs({
            estate,
            port,
            files: ['replication.conf', 'cluster.conf'],
            aclFiles: ['replication.acl'],
            rights: '+cluster|slots +cluster|info +asking',
          }),
        ),
      );
    }
    const cluster = new RedisCluster(starting.move(), estate, servers);
    await cluster.#join();
    return cluster;
  }

  settingsOf(part: SharingPart): RedisSettings {
    const { authority, passwords } = this.#estate;
    return {
      kind: 'redis',
      cluster: this.masters.map(({ port }) => `rediss://localhost:${port}`),
      trustPem: authority.certPem,
      user: part,
      password: passwords[part],
    };
  }

  /** The server that now has the keys of a tenant. */
  async masterOf(tenant: string): Promise<RedisServer> {
    const { admin } = this.masters[0] as RedisServer;
    const ranges = (await admin.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const slot = Number(await admin.call('CLUSTER', 'KEYSLOT', tenant));
    const [, , [, at]] = ranges.find(([from, to]) => from <= slot && slot <= to) ?? [0, 0, ['', 0]];
    // A replica may have taken the place of its master.
    const found = [...this.masters, ...this.replicas].find(({ port }) => port === at);
    if (!found) throw new Error(`no server at ${at}`);
    return found;
  }

  /** The keys of a tenant begin to move to another master, as `redis-cli --cluster reshard` moves them. */
  async move(tenant: string): Promise<void> {
    const from = await this.masterOf(tenant);
    const to = this.masters.find((server) => server !== from) as RedisServer;
    const slot = Number(await from.admin.call('CLUSTER', 'KEYSLOT', tenant));
    const idOf = async ({ admin }: RedisServer) => String(await admin.call('CLUSTER', 'MYID'));
    await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
    await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #join(): Promise<void> {
    const [first, ...others] = [...this.masters, ...this.replicas];
    for (const [index, { admin }] of this.masters.entries()) {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * slots) / 3)) as [number, number];
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const { port } of others) await first?.admin.call('CLUSTER', 'MEET', '127.0.0.1', port);
    for (const [index, { admin }] of this.replicas.entries()) {
      const id = String(await this.masters[index]?.admin.call('CLUSTER', 'MYID'));
      await untilBack(() => admin.call('CLUSTER', 'REPLICATE', id));
    }
    for (const server of [...this.masters, ...this.replicas]) {
      await untilBack(async () => {
        const state = String(await server.admin.call('CLUSTER', 'INFO'));
        const known = String(await server.admin.call('CLUSTER', 'NODES'));
        if (!state.includes('cluster_state:ok') || !state.includes('cluster_slots_ok:16384')) throw new Error(state);
        if ((known.match(/slave [0-9a-f]{40}/g) ?? []).length !== this.replicas.length) throw new Error(known);
      });
    }
    for (const { admin } of this.replicas)
      await untilBack(async () => {
        if (!(await admin.info('replication')).includes('master_link_status:up')) throw new Error('no replica yet');
      });
  }
}

async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + 10_000 < 65_536) return port;
  }
}
