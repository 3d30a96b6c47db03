// @module-tag redis
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { RedisLevel } from '#infra/cache/redis-level.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import type { Loaded } from '#services/audio/src/application/ports.ts';
import { FoundTracks, sealerOf } from '#services/audio/src/infrastructure/found-tracks.ts';
import { scratchFolder } from '#test/scratch.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** What an audio service finds is kept in Redis, in which nobody can read it, and for which nobody waits. */
const installation = installationId('cache.example');
const identifier = 'ytsearch:what members typed';
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let custodian: ReturnType<typeof createFileCustodian>;

beforeAll(async () => {
  redis = stack.use(await RedisServer.start(installation));
  const folder = await scratchFolder('keys');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') });
});
afterAll(() => stack.disposeAsync());

const found: Loaded = {
  kind: 'tracks',
  entries: [
    {
      entryId: 'ent_1',
      encoded: 'encoded track',
      title: 'A title',
      author: 'An author',
      uri: null,
      artworkUrl: null,
      lengthMs: 1_000,
      isStream: false,
      source: 'youtube',
      requestedBy: null,
      failures: 0,
    },
  ],
  playlistName: null,
  isSearch: true,
  leftOut: [],
};

/** As a process of the audio service. */
function audio() {
  const owner = { installation, part: 'audio', logger: silentLogger() } as const;
  const level = stack.use(new RedisLevel(redis.settingsOf('audio'), owner, sealerOf(createEnvelope({ custodian }))));
  const tracks = new FoundTracks({ clock: systemClock, metrics: new CacheMetrics(new Registry()), second: level });
  let loads = 0;
  const load = async (tenant: TenantId) =>
    tracks.load(tenant, identifier, async () => {
      loads += 1;
      return found;
    });
  return { level, load, loads: () => loads };
}

/** As soon as the connection is there, and the write that nobody waits for has been done. */
async function keptBy({ level, load }: ReturnType<typeof audio>, tenant: TenantId): Promise<void> {
  await untilBack(() => level.read({ tenant, name: 'connected' }));
  await load(tenant);
  await untilBack(async () => {
    if (!(await level.read({ tenant, name: identifier }))) throw new Error('not written yet');
  });
}

test('has for the next process of a tenant what one has found, and for no other tenant', async () => {
  const [tenant, other] = [newTenantId(), newTenantId()];
  const [one, next] = [audio(), audio()];
  await keptBy(one, tenant);
  await untilBack(() => next.level.read({ tenant, name: 'connected' }));
  expect(await next.load(tenant)).toMatchObject({ kind: 'tracks', entries: [{ title: 'A title' }] });
  expect(next.loads()).toBe(0);
  await next.load(other);
  expect(next.loads()).toBe(1);
});

test('shows Redis neither what was searched for nor what was found, and lets it go after an hour', async () => {
  const tenant = newTenantId();
  await keptBy(audio(), tenant);
  const names = await redis.admin.keys(`bailiwick:${installation}:audio:{${tenant}}:*`);
  expect(names).toHaveLength(1);
  for (const name of names) {
    const lies = await redis.admin.getBuffer(name);
    expect(lies?.length).toBeGreaterThan(100);
    for (const secret of ['typed', 'A title', 'encoded track', 'ytsearch']) {
      expect(name).not.toContain(secret);
      expect(lies?.includes(secret)).toBe(false);
    }
    const leftMs = await redis.admin.pttl(name);
    expect(leftMs).toBeGreaterThan(60 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(65 * 60_000);
  }
});

test('is worth nothing under another name, or once the key of the tenant is gone', async () => {
  const [tenant, other] = [newTenantId(), newTenantId()];
  await keptBy(audio(), tenant);
  await keptBy(audio(), other);
  const nameOf = async (whose: TenantId) => (await redis.admin.keys(`*{${whose}}*`))[0] ?? '';
  await redis.admin.copy(await nameOf(other), await nameOf(tenant), 'REPLACE');
  const next = audio();
  await untilBack(() => next.level.read({ tenant, name: 'connected' }));
  await next.load(tenant);
  expect(next.loads()).toBe(1);
  await createEnvelope({ custodian }).destroy(other);
  expect(await audioAfter(next, other)).toBe(2);
});

async function audioAfter(process: ReturnType<typeof audio>, tenant: TenantId): Promise<number> {
  await process.load(tenant);
  return process.loads();
}

test('is waited for no longer than half a second when it hangs, and not at all afterwards', async () => {
  const tenant = newTenantId();
  const one = audio();
  await keptBy(one, tenant);
  redis.pause();
  try {
    const beganMs = performance.now();
    await one.load(newTenantId());
    await one.load(newTenantId());
    await one.load(newTenantId());
    expect(performance.now() - beganMs).toBeLessThan(3_000);
    expect(one.loads()).toBe(4);
  } finally {
    redis.resume();
  }
});
