import { describe, expect, it } from 'vitest';
import { callerFault, upstreamFault } from '#infra/kernel/errors.ts';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { Tenant } from '#tenants/tenant/tenant.ts';
import { readTenantState, readTenantStates } from './tenant-states.ts';

const tenant: Tenant = {
  id: newTenantId(),
  name: 'Harmony',
  status: 'active',
  reason: null,
  suspendedBy: null,
  applicationId: snowflake('1'),
  botUserId: snowflake('1'),
  botUsername: 'Melody',
  version: 1,
  createdAt: new Date(0),
};
const other = { ...tenant, id: newTenantId() };
const session = { status: 'connected', guilds: 1 };
const instance = { desired: 'running', state: 'ready', restarts: 0, layers: ['permissions'] };
const edgeId = 'rep_one';
const away = () => upstreamFault('forward.breaker-open', 'The edge is away.', undefined, 503);

/** Responses by part and path; an error is thrown. */
const callerOf = (answers: Readonly<Record<string, unknown>>): Pick<Caller, 'json'> => ({
  json: ({ to, path }, schema) => {
    const answer = answers[`${to} ${path}`];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(schema.parse(answer));
  },
});
const whole = (edge: unknown, supervisor: unknown) =>
  callerOf({
    [`discord-edge /v1/tenants/${tenant.id}/session`]: edge,
    [`supervisor /v1/tenants/${tenant.id}/instance`]: supervisor,
    [`discord-edge /v1/replicas/${edgeId}/sessions`]:
      edge instanceof Error ? edge : { sessions: [{ tenant: tenant.id, ...(edge as object) }] },
    'supervisor /v1/instances':
      supervisor instanceof Error ? supervisor : { instances: [{ tenant: tenant.id, ...(supervisor as object) }] },
  });

describe('the state of a tenant', () => {
  it.each([
    ['all answer', session, instance, 'ready'],
    ['the edge is away', away(), instance, 'unreachable'],
    ['the supervisor is away', session, away(), 'unreachable'],
    ['commands go elsewhere', { ...session, findings: [endpoint()] }, instance, 'degraded'],
  ])('is the same in a list and by itself when %s', async (_when, edge, supervisor, kind) => {
    const caller = whole(edge, supervisor);
    const one = await readTenantState(caller, tenant);
    const listed = (await readTenantStates(caller, [edgeId]))(tenant);
    expect(one.state.kind).toBe(kind);
    expect(listed).toEqual(one);
  });

  it('is that nothing runs for a tenant that no part knows', async () => {
    expect((await readTenantStates(whole(session, instance), [edgeId]))(other).state.kind).toBe('stopped');
  });

  it('is not guessed when the api itself is refused', async () => {
    const refused = callerFault('authorize.denied', 'No.', 403);
    await expect(readTenantState(whole(refused, instance), tenant)).rejects.toBe(refused);
  });
});

function endpoint() {
  return { code: 'interactions-endpoint-set', affects: 'commands', sentence: 'An endpoint is set.' };
}
