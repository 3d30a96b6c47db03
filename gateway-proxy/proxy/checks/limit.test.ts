import { describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { createLimits, limitsSchema, type LimitSettings } from '../limits/limits.ts';
import { botOf, exchangeFor, guildOne, playerPath, serviceOf, tenantA, tenantB } from './exchange.fixture.ts';
import { limit } from './limit.ts';

function setUp(settings: Partial<LimitSettings>) {
  const clock = new FakeClock();
  const limits = createLimits(limitsSchema.parse(settings));
  const call = async (caller: ReturnType<typeof botOf> | undefined, path: string) => {
    const exchange = exchangeFor({ ...(caller ? { caller } : {}), path });
    const verdict = await limit.run(exchange, { clock, limits });
    return { exchange, outcome: verdict.passed ? 'pass' : verdict.denial.code, verdict };
  };
  return { clock, call };
}
const player = (tenant: string) => playerPath(tenant, guildOne);
const events = (tenant: string) => `/audio/v1/tenants/${tenant}/player-events`;

describe('limit', () => {
  it("stops a tenant's storm, and tells when to come back, without touching another tenant", async () => {
    const { clock, call } = setUp({ tenant: { perSec: 1, burst: 2 } });
    const outcomes = [];
    for (let index = 0; index < 3; index += 1) outcomes.push((await call(botOf(tenantA), player(tenantA))).outcome);
    expect(outcomes).toEqual(['pass', 'pass', 'limit.rate']);
    expect((await call(botOf(tenantA), player(tenantA))).verdict).toMatchObject({
      denial: {
        status: 429,
        retryAfterSec: 1,
        limit: { policy: 'tenant', quota: 2, windowSec: 2, left: 0, resetSec: 1 },
      },
    });
    expect((await call(botOf(tenantB), player(tenantB))).outcome).toBe('pass');
    clock.advance(1_000);
    expect((await call(botOf(tenantA), player(tenantA))).outcome).toBe('pass');
  });

  it("does not let a bot's storm take away what the api may do for the same tenant", async () => {
    const { call } = setUp({ tenant: { perSec: 1, burst: 1 } });
    await call(botOf(tenantA), player(tenantA));
    expect((await call(botOf(tenantA), player(tenantA))).outcome).toBe('limit.rate');
    expect((await call(serviceOf('api'), player(tenantA))).outcome).toBe('pass');
  });

  it('limits a workload in all, whatever tenants it acts for', async () => {
    const { call } = setUp({ workload: { perSec: 1, burst: 1 } });
    await call(serviceOf('api'), player(tenantA));
    expect((await call(serviceOf('api'), player(tenantB))).outcome).toBe('limit.rate');
  });

  it('limits an address at the public listener', async () => {
    const { call } = setUp({ publicAddress: { perSec: 1, burst: 1 } });
    expect((await call(undefined, '/v1/tenants')).outcome).toBe('pass');
    const refused = await call(undefined, '/v1/tenants');
    expect(refused.outcome).toBe('limit.rate');
    expect(refused.verdict).toMatchObject({ denial: { limit: { policy: 'address', quota: 1, windowSec: 1 } } });
  });

  it('names the limit in every refusal that is a 429', async () => {
    const { call } = setUp({ inFlightPerTenant: 1, streamsPerTenant: 1, publicStreamsPerAddress: 1 });
    for (const [caller, path, policy] of [
      [botOf(tenantA), player(tenantA), 'in-flight'],
      [botOf(tenantA), events(tenantA), 'streams'],
      [undefined, '/v1/tenants', 'in-flight'],
      [undefined, `/v1/tenants/${tenantA}/live`, 'streams'],
    ] as const) {
      await call(caller, path);
      expect((await call(caller, path)).verdict, path).toMatchObject({
        denial: { status: 429, retryAfterSec: 1, limit: { policy, quota: 1, left: 0 } },
      });
    }
  });

  it('bounds what a tenant has under way, and gives the slot back when an exchange ends', async () => {
    const { call } = setUp({ inFlightPerTenant: 1 });
    const first = await call(botOf(tenantA), player(tenantA));
    expect((await call(botOf(tenantA), player(tenantA))).outcome).toBe('limit.in-flight');
    expect((await call(botOf(tenantB), player(tenantB))).outcome).toBe('pass');
    first.exchange.end();
    first.exchange.end();
    const again = await call(botOf(tenantA), player(tenantA));
    expect(again.outcome).toBe('pass');
    expect((await call(botOf(tenantA), player(tenantA))).outcome).toBe('limit.in-flight');
  });

  it('does not let the public listener take slots from bots and services', async () => {
    const { call } = setUp({ inFlight: 1, publicInFlight: 1 });
    const first = await call(undefined, '/v1/tenants');
    expect(first.outcome).toBe('pass');
    expect((await call(undefined, '/v1/tenants')).outcome).toBe('limit.overloaded');
    expect((await call(botOf(tenantA), player(tenantA))).outcome).toBe('pass');
    first.exchange.end();
    expect((await call(undefined, '/v1/tenants')).outcome).toBe('pass');
  });

  it('bounds what is under way in all', async () => {
    const { call } = setUp({ inFlight: 1 });
    await call(botOf(tenantA), player(tenantA));
    expect((await call(botOf(tenantB), player(tenantB))).verdict).toMatchObject({
      denial: { code: 'limit.overloaded', status: 503 },
    });
  });

  it('bounds open streams of one kind, and counts them apart from requests', async () => {
    const { call } = setUp({ streamsPerTenant: 1, inFlightPerTenant: 1 });
    expect((await call(botOf(tenantA), events(tenantA))).outcome).toBe('pass');
    expect((await call(botOf(tenantA), events(tenantA))).outcome).toBe('limit.streams');
    expect((await call(botOf(tenantA), `/discord-edge/v1/tenants/${tenantA}/gateway/stream`)).outcome).toBe('pass');
    expect((await call(botOf(tenantA), player(tenantA))).outcome).toBe('pass');
  });
});
