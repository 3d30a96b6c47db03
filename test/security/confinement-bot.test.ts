import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Supervisor } from '#tenants/supervisor/supervisor.ts';
import { testGuild, type SeenRequest } from './confinement-edge.ts';
import { startConfinementFixture, type ConfinementFixture } from './confinement-fixture.ts';

let fixture: ConfinementFixture;
let supervisor: Supervisor;
let tenant: TenantId;
const within = { timeout: 25_000, interval: 50 };

beforeAll(async () => {
  fixture = await startConfinementFixture();
  supervisor = await fixture.supervisor();
  tenant = await fixture.tenant();
  await supervisor.start(tenant, 'req_test');
  await vi.waitFor(async () => expect((await supervisor.read(tenant)).state).toBe('ready'), within);
});
afterAll(() => fixture[Symbol.asyncDispose]());

const seenAt = (ending: string): SeenRequest[] => fixture.edge.seen.filter(({ path }) => path.endsWith(ending));

const interaction = (id: string, token: string) => ({
  id,
  application_id: '2000000000000000001',
  type: 2,
  token,
  version: 1,
  guild_id: testGuild,
  channel_id: '1000000000000000002',
  channel: { id: '1000000000000000002', type: 0 },
  member: {
    user: { id: '3000000000000000001', username: 'member', discriminator: '0', avatar: null },
    roles: [],
    permissions: '0',
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    deaf: false,
    mute: false,
    flags: 0,
  },
  app_permissions: '0',
  locale: 'en-US',
  guild_locale: 'en-US',
  entitlements: [],
  authorizing_integration_owners: {},
  attachment_size_limit: 0,
  data: { id: '5', name: 'nowplaying', type: 1 },
});

const sendInteraction = (id: string, seq: number, txn: string): void => {
  const frame = { op: 'dispatch', seq, t: 'INTERACTION_CREATE', d: interaction(id, `token-of-${id}`), txn };
  expect(fixture.edge.send(tenant, frame)).toBe(true);
};

describe('a confined bot', () => {
  test('has the identity of its certificate and call tokens on every call', () => {
    const own = `spiffe://${fixture.installation.installation}/tenant/${tenant}/bot`;
    expect(fixture.edge.seen.length).toBeGreaterThanOrEqual(4);
    expect(new Set(fixture.edge.seen.map(({ spiffeId }) => spiffeId))).toEqual(new Set([own]));
    expect(fixture.edge.seen.every(({ path }) => path.includes(tenant))).toBe(true);
  });

  test('registers its commands once, through the edge', () => {
    const written = seenAt('/commands').filter(({ method }) => method === 'PUT');
    expect(written).toHaveLength(1);
    const names = written.flatMap(({ body }) => body as { name: string }[]).map(({ name }) => name);
    expect(names).toContain('nowplaying');
  });

  test("answers an interaction, and asks for the player with that interaction's transaction token", async () => {
    sendInteraction('4000000000000000001', 1, 'transaction-of-the-first');
    await vi.waitFor(
      () => expect(seenAt('/interactions/4000000000000000001/token-of-4000000000000000001/callback')).toHaveLength(1),
      within,
    );
    const read = fixture.edge.seen.find(({ path }) => path.endsWith(`/guilds/${testGuild}/player`));
    expect(read).toMatchObject({ method: 'GET', transaction: 'transaction-of-the-first' });
  });

  test('acknowledges the events that it was sent', async () => {
    await vi.waitFor(() => expect(seenAt('/gateway/ack').at(-1)?.body).toEqual({ seq: 1 }), within);
  });

  test('resumes its stream after a break, and does not answer an interaction twice', async () => {
    fixture.edge.cut(tenant);
    await vi.waitFor(() => expect(fixture.edge.attached(tenant)).toBe(true), within);
    sendInteraction('4000000000000000001', 1, 'transaction-of-the-first');
    sendInteraction('4000000000000000002', 2, 'transaction-of-the-second');
    await vi.waitFor(() => expect(seenAt('/token-of-4000000000000000002/callback')).toHaveLength(1), within);
    expect(seenAt('/token-of-4000000000000000001/callback')).toHaveLength(1);
    await vi.waitFor(async () => expect((await supervisor.read(tenant)).state).toBe('ready'), within);
  });

  test("reports in plain words that the edge's session with Discord has failed", async () => {
    fixture.edge.send(tenant, { op: 'session', status: 'failed', reason: 'The token was rejected.' });
    await vi.waitFor(
      async () =>
        expect(await supervisor.read(tenant)).toMatchObject({ state: 'degraded', reason: 'The token was rejected.' }),
      within,
    );
    fixture.edge.send(tenant, { op: 'session', status: 'connected' });
    await vi.waitFor(async () => expect((await supervisor.read(tenant)).state).toBe('ready'), within);
  });

  test('stops on request', async () => {
    await supervisor.stop(tenant, 'req_test');
    expect(await supervisor.read(tenant)).toMatchObject({ desired: 'stopped', state: 'stopped' });
    expect(supervisor.pidOf(tenant)).toBeUndefined();
    expect(fixture.edge.attached(tenant)).toBe(false);
  });
});

describe('a bot whose certificate is valid for six seconds', () => {
  test('renews it in time, and never makes a call with a token bound to another certificate', async () => {
    await using shortLived = await startConfinementFixture({ lifetimes: { certificateSec: 6 } });
    const { edge } = shortLived;
    const other = await shortLived.tenant();
    const itsSupervisor = await shortLived.supervisor();
    await itsSupervisor.start(other, 'req_test');
    await vi.waitFor(() => expect(edge.attached(other)).toBe(true), within);
    let seq = 0;
    await vi.waitFor(() => {
      seq += 1;
      edge.send(other, { op: 'dispatch', seq, t: 'TYPING_START', d: {} });
      expect(new Set(edge.seen.map(({ thumbprint }) => thumbprint)).size).toBeGreaterThanOrEqual(4);
    }, within);
    expect(edge.refused).toBe(0);
    expect(itsSupervisor.counts()).toMatchObject({ failed: 0, 'backing-off': 0 });
  });
});
