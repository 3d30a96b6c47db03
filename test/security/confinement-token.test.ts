import { openSync, readFileSync, readSync, closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { TestEdge, type TestTenant } from '#gateway-proxy/discord-edge/test-edge.ts';
import { buildProxy } from '#gateway-proxy/proxy/build.ts';
import { limitsSchema } from '#gateway-proxy/proxy/limits/limits.ts';
import { buildBot } from '#services/gateway/build.ts';
import { buildSupervisor, type RunningSupervisor } from '#tenants/supervisor/build.ts';
import { supervisorSettingsSchema } from '#tenants/supervisor/settings.ts';
import { useCommand } from '#test/sandbox/world/acting/person.ts';

const loopback = { host: '127.0.0.1', port: 0 };
const within = { timeout: 25_000, interval: 100 };
const resources = new AsyncDisposableStack();
let edge: TestEdge;
let tenant: TestTenant;
let running: RunningSupervisor;

/** The real edge on a real sandbox, the real proxy, the real supervisor, and a bot among them. */
beforeAll(async () => {
  edge = resources.use(await TestEdge.create());
  const { url } = await edge.start();
  tenant = await edge.connected('A customer');
  await edge.admin('update tenant set application_id = $2 where id = $1', [tenant.id, tenant.application.id]);
  await edge.admin('insert into policy_version (tenant_id, version) values ($1, 1) on conflict do nothing', [
    tenant.id,
  ]);
  const { database } = edge.installation;
  const proxy = resources.use(
    await buildProxy(
      {
        listen: loopback,
        ops: loopback,
        public: { ...loopback, trustedProxies: [] },
        database: { url: database.urlOf('proxy'), maxConnections: 4 },
        upstreams: { 'discord-edge': { url } },
        sharedState: { kind: 'memory' },
        lavalink: { nodes: [] },
        limits: limitsSchema.parse({}),
      },
      { agent: await edge.installation.agentFor('gateway-proxy'), logger: silentLogger() },
    ),
  );
  const settings = supervisorSettingsSchema.parse({
    ...edge.installation.enrolmentFor('supervisor'),
    listen: loopback,
    ops: loopback,
    proxy: { url: `https://127.0.0.1:${proxy.port}` },
    database: { url: database.urlOf('supervisor'), maxConnections: 2 },
    bots: { bundleFile: (await buildBot()).file },
  });
  const agent = await edge.installation.agentFor('supervisor');
  running = await buildSupervisor(settings, { agent, logger: silentLogger() }, resources);
  await running.supervisor.start(tenant.id, 'req_test');
  await vi.waitFor(
    async () => expect(await running.supervisor.read(tenant.id)).toMatchObject({ state: 'ready' }),
    within,
  );
});
afterAll(() => resources.disposeAsync());

const seat = () => ({ guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member });

/** Finds these bytes in the writable memory of a process. */
function findInMemory(pid: number, needles: readonly Buffer[]): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  let found = 0;
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, start, end, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
      if (!start || !end || !rights?.startsWith('rw')) continue;
      const bytes = readRegion(memory, BigInt(`0x${start}`), BigInt(`0x${end}`));
      found += needles.filter((needle) => bytes.includes(needle)).length;
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

function readRegion(memory: number, start: bigint, end: bigint): Buffer {
  const bytes = Buffer.alloc(Number(end - start));
  let offset = 0;
  while (offset < bytes.length) {
    const part = Math.min(1 << 20, bytes.length - offset);
    const got = readAt(memory, bytes, offset, part, start + BigInt(offset));
    if (got === 0) break;
    offset += got;
  }
  return bytes;
}

/** Returns 0 for unreadable regions, such as a guard page or a device. */
function readAt(memory: number, bytes: Buffer, offset: number, length: number, position: bigint): number {
  try {
    return readSync(memory, bytes, offset, length, position);
  } catch {
    return 0;
  }
}

const spellings = (text: string): Buffer[] => [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf16le')];

describe('a bot on the real edge and the real proxy', { tags: 'root' }, () => {
  test('answers a command, and its memory, environment and command line hold no Discord token', async () => {
    const record = useCommand(edge.sandbox.world, seat(), { command: 'nowplaying' });
    await vi.waitFor(() => expect(record.state).toBe('answered'), within);
    const pid = running.supervisor.pidOf(tenant.id) ?? 0;
    const { token } = tenant.application;
    expect(token.length).toBeGreaterThan(50);
    for (const secret of [token, token.split('.').at(-1) ?? token]) {
      expect(findInMemory(pid, spellings(secret))).toBe(0);
      expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).not.toContain(secret);
      expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(secret);
    }
  });

  test('is caught by the same search if it does hold a secret', () => {
    const pid = running.supervisor.pidOf(tenant.id) ?? 0;
    expect(findInMemory(pid, spellings(tenant.id))).toBeGreaterThan(0);
    expect(findInMemory(pid, spellings(tenant.application.id))).toBeGreaterThan(0);
  });
});
