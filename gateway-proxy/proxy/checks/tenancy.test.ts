import { expect, it } from 'vitest';
import { botOf, exchangeFor, guildOne, playerPath, serviceOf, tenantA, tenantB } from './exchange.fixture.ts';
import { tenancy } from './tenancy.ts';

const judge = async (caller: ReturnType<typeof botOf>, tenant: string) => {
  const verdict = await tenancy.run(exchangeFor({ caller, path: playerPath(tenant, guildOne) }), undefined);
  return verdict.passed ? 'pass' : verdict.denial.code;
};

it.each([
  ["lets a bot reach its own tenant's player", botOf(tenantA), tenantA, 'pass'],
  ["refuses tenant A's bot at tenant B's player", botOf(tenantA), tenantB, 'tenancy.other-tenant'],
  ['leaves it to the decision point which tenants a service may act for', serviceOf('api'), tenantB, 'pass'],
])('%s', async (_name, caller, tenant, expected) => {
  expect(await judge(caller, tenant)).toBe(expected);
});
