import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { LeasedPart } from '#infra/leases/lease.ts';
import { thisMachine } from '#infra/leases/replica-settings.ts';
import { startReplica } from '#infra/leases/testing/replica.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';

/*
 * Operators see the machines, drain them, and move tenants between them. The platform runs on one; of the other one there are
 * only replicas that take leases, and answer nothing.
 */
const stack = new AsyncDisposableStack();
const home = thisMachine();
let world: World;
let acme: Customer;

beforeAll(async () => {
  world = stack.use(await startWorld({ botsAreReady: true }));
  acme = await world.customer('Acme');
  // Audio takes its lease with its next renewal.
  await eventually('every part has taken its lease', async () =>
    (await placement(acme.id)).parts.every(({ machine }) => machine === home),
  );
});
afterAll(() => stack.disposeAsync());
// On a busy machine nothing may be decided for a moment.
beforeEach(() => expect.poll(async () => (await asOperator('GET', 'machines')).status, { timeout: 10_000 }).toBe(200));

const ask = (session: () => string) => (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
  world.doors.public({
    method,
    path: `/v1/operator/${path}`,
    session: session(),
    ...(body === undefined ? {} : { body }),
  });
const asOperator = ask(() => world.owner);
const move = (tenant: TenantId, machine: string) => asOperator('POST', `tenants/${tenant}/move`, { machine });
const drain = (machine: string, draining: boolean) => asOperator('PUT', `machines/${machine}/draining`, { draining });
const recorded = async () =>
  (await world.audit(installationLog))
    .filter(({ target }) => /^(machine|tenant):/.test(target ?? ''))
    .map(({ outcome, actor, target, detail }) => ({ outcome, by: actor.id, target, detail }));

interface Workflow {
  readonly id: string;
  readonly status: string;
  readonly completed: readonly string[];
  readonly compensation: { readonly status: string } | null;
}
const workflow = async (id: string): Promise<Workflow | undefined> => {
  const { items } = (await asOperator('GET', 'workflows')).body as { items: Workflow[] };
  return items.find((each) => each.id === id);
};
const begun = async (tenant: TenantId, machine: string): Promise<string> => {
  const answer = await move(tenant, machine);
  expect(answer.status, answer.text).toBe(202);
  return (answer.body as { workflow: string }).workflow;
};
interface Placement {
  readonly parts: readonly { part: LeasedPart; machine: string | null; pinnedTo: string | null }[];
  readonly movingTo: string | null;
}
const placement = async (tenant: TenantId): Promise<Placement> =>
  (await asOperator('GET', `tenants/${tenant}/placement`)).body as Placement;
const everyPart = (at: { machine: string | null; pinnedTo: string | null }) =>
  ['supervisor', 'discord-edge', 'audio'].map((part) => ({ part, ...at }));
const roles = { supervisor: 'supervisor', 'discord-edge': 'edge', audio: 'audio' } as const;

async function replicaOf(part: LeasedPart, machine: string, port: number) {
  const timing = { lifetimeMs: 60_000 };
  const url = world.parts.database.urlOf(roles[part]);
  return startReplica({ url, address: `https://127.0.0.1:${port}`, part, machine, timing });
}

describe('the only machine', () => {
  it('is listed with its parts and how many tenants they act for, and cannot be drained', async () => {
    const { body } = await asOperator('GET', 'machines');
    const parts = ['audio', 'discord-edge', 'supervisor'].map((part) => ({ part, processes: 1, tenants: 1 }));
    expect(body).toEqual({ items: [{ machine: home, draining: false, drainedBy: null, parts }] });
    expect(await drain(home, true)).toMatchObject({ status: 409, code: 'machine.last' });
    expect(await drain('atlantis', true)).toMatchObject({ status: 404, code: 'machine.unknown' });
    expect(await drain('a@b', true)).toMatchObject({ status: 400, code: 'http.invalid' });
    expect((await world.admin.query('select from drained_machine')).rowCount).toBe(0);
    expect(await recorded()).toEqual([]);
  });

  it('is where a tenant stays that is moved to it, on the record', async () => {
    expect(await placement(acme.id)).toEqual({
      parts: everyPart({ machine: home, pinnedTo: null }),
      movingTo: null,
    });
    const id = await begun(acme.id, home);
    await expect.poll(async () => (await workflow(id))?.status, { timeout: 15_000 }).toBe('done');
    expect((await workflow(id))?.completed).toEqual([
      'pass on to supervisor',
      'wait for supervisor',
      'pass on to discord-edge',
      'wait for discord-edge',
      'pass on to audio',
      'wait for audio',
      'record that it is done',
    ]);
    expect(await placement(acme.id)).toEqual({
      parts: everyPart({ machine: home, pinnedTo: home }),
      movingTo: null,
    });
    const record = { by: 'operator:owner', target: `tenant:${acme.id}`, detail: { machine: home } };
    expect(await recorded()).toEqual([
      { ...record, outcome: 'allowed' },
      { ...record, outcome: 'succeeded' },
    ]);
  });
});

describe('of two machines', () => {
  beforeAll(async () => {
    for (const [at, part] of (['supervisor', 'discord-edge', 'audio'] as const).entries())
      stack.use(await replicaOf(part, 'elsewhere', 10 + at));
  });

  it('one is drained until that is undone, but not both; both are recorded', async () => {
    expect(await drain('elsewhere', true)).toMatchObject({
      status: 200,
      body: { machine: 'elsewhere', draining: true, drainedBy: 'operator:owner' },
    });
    expect(await drain('elsewhere', true)).toMatchObject({ status: 200, body: { draining: true } });
    expect(await drain(home, true)).toMatchObject({ status: 409, code: 'machine.last' });
    expect(await move(acme.id, 'elsewhere')).toMatchObject({ status: 409, code: 'machine.draining' });
    expect(await drain('elsewhere', false)).toMatchObject({ status: 200, body: { draining: false, drainedBy: null } });
    const before = { by: 'operator:owner', outcome: 'succeeded', target: 'machine:elsewhere' };
    expect((await recorded()).slice(-3)).toEqual(
      [true, true, false].map((draining) => ({ ...before, detail: { draining } })),
    );
  });

  it('none is given a tenant that is unknown, being deleted, or more than it can run', async () => {
    const told = (await recorded()).length;
    expect(await move(acme.id, 'atlantis')).toMatchObject({ status: 404, code: 'machine.unknown' });
    expect(await move(newTenantId(), 'elsewhere')).toMatchObject({ status: 404, code: 'tenant.unknown' });
    {
      await using _half = await replicaOf('audio', 'half', 20);
      const refused = await move(acme.id, 'half');
      expect(refused).toMatchObject({ status: 409, code: 'machine.incomplete' });
      expect(refused.text).toContain('it has no supervisor or discord-edge');
    }
    await world.admin.query("update replica set capacity = 0 where machine = 'elsewhere' and part = 'supervisor'");
    expect(await move(acme.id, 'elsewhere')).toMatchObject({ status: 409, code: 'machine.full' });
    await world.admin.query("update replica set capacity = 1 where machine = 'elsewhere' and part = 'supervisor'");
    await world.admin.query("update tenant set status = 'deleting' where id = $1", [acme.id]);
    try {
      expect(await move(acme.id, 'elsewhere')).toMatchObject({ status: 409, code: 'tenant.status' });
    } finally {
      await world.admin.query("update tenant set status = 'active' where id = $1", [acme.id]);
    }
    expect(await placement(acme.id)).toEqual({
      parts: everyPart({ machine: home, pinnedTo: home }),
      movingTo: null,
    });
    expect(await recorded()).toHaveLength(told);
  });

  it('a move can be joined while it is under way, and taken back: everything is where it was', async () => {
    const id = await begun(acme.id, 'elsewhere');
    await expect
      .poll(async () => (await placement(acme.id)).parts[0], { timeout: 10_000 })
      .toEqual({ part: 'supervisor', machine: 'elsewhere', pinnedTo: 'elsewhere' });
    expect((await placement(acme.id)).movingTo).toBe('elsewhere');
    // Nobody answers there, so nothing else has moved.
    expect((await placement(acme.id)).parts.slice(1)).toEqual(everyPart({ machine: home, pinnedTo: home }).slice(1));
    expect(await begun(acme.id, 'elsewhere')).toBe(id);
    expect(await move(acme.id, home)).toMatchObject({ status: 409, code: 'move.underway' });
    expect(await asOperator('DELETE', `tenants/${acme.id}/placement`)).toMatchObject({
      status: 409,
      code: 'move.underway',
    });
    expect((await asOperator('POST', `workflows/${id}/compensate`)).status).toBe(202);
    await expect.poll(async () => (await workflow(id))?.compensation?.status, { timeout: 30_000 }).toBe('done');
    expect(await placement(acme.id)).toEqual({
      parts: everyPart({ machine: home, pinnedTo: home }),
      movingTo: null,
    });
    const state = async () =>
      (await world.doors.public({ path: `/v1/tenants/${acme.id}`, session: world.owner })).body as {
        instance: { state: string } | null;
      };
    await expect.poll(async () => (await state()).instance?.state, { timeout: 10_000 }).toBe('ready');
  });

  it('one that is gone in the middle of a move does not keep the tenant: everything goes back by itself', async () => {
    let id = '';
    {
      const parts = ['supervisor', 'discord-edge', 'audio'] as const;
      await using gone = new AsyncDisposableStack();
      for (const [at, part] of parts.entries()) gone.use(await replicaOf(part, 'gone', 30 + at));
      id = await begun(acme.id, 'gone');
      await expect.poll(async () => (await placement(acme.id)).parts[0]?.machine, { timeout: 10_000 }).toBe('gone');
    }
    // Nobody has to wait for that: where the pin leads nowhere, anybody may act.
    await expect.poll(async () => (await placement(acme.id)).parts[0]?.machine, { timeout: 3_000 }).not.toBeNull();
    await expect.poll(async () => (await workflow(id))?.status, { timeout: 30_000 }).toBe('failed');
    expect(await placement(acme.id)).toEqual({
      parts: everyPart({ machine: home, pinnedTo: home }),
      movingTo: null,
    });
    const failed = (await world.audit(installationLog)).at(-1);
    expect(failed).toMatchObject({
      outcome: 'failed',
      reason: 'move.machine-gone',
      actor: { id: 'operator:owner' },
      target: `tenant:${acme.id}`,
      detail: { machine: 'gone' },
    });
  });

  it('neither is a tenant’s any more once it is released', async () => {
    expect((await asOperator('DELETE', `tenants/${acme.id}/placement`)).status).toBe(204);
    expect((await placement(acme.id)).parts.map(({ pinnedTo }) => pinnedTo)).toEqual([null, null, null]);
    expect((await recorded()).at(-1)).toEqual({
      outcome: 'succeeded',
      by: 'operator:owner',
      target: `tenant:${acme.id}`,
      detail: { machine: null },
    });
    expect(await asOperator('DELETE', `tenants/${newTenantId()}/placement`)).toMatchObject({ status: 404 });
    expect(await asOperator('GET', `tenants/${newTenantId()}/placement`)).toMatchObject({ status: 404 });
  });

  it('nobody but operators sees or changes anything, not even the owner of the tenant', async () => {
    const owner = await world.session('discord:520', { tenant: acme.id, role: 'owner' });
    const asOwner = ask(() => owner);
    const rows = async () =>
      JSON.stringify([
        (await world.admin.query('select * from drained_machine')).rows,
        (await world.admin.query('select tenant_id, part, pinned_to from tenant_lease order by 1, 2')).rows,
      ]);
    const before = await rows();
    for (const [method, path, body] of [
      ['GET', 'machines', undefined],
      ['PUT', 'machines/elsewhere/draining', { draining: true }],
      ['GET', `tenants/${acme.id}/placement`, undefined],
      ['DELETE', `tenants/${acme.id}/placement`, undefined],
      ['POST', `tenants/${acme.id}/move`, { machine: 'elsewhere' }],
    ] as const) {
      expect((await asOwner(method, path, body)).status, path).toBe(403);
      expect((await ask(() => 'x'.repeat(43))(method, path, body)).status, path).toBe(401);
    }
    expect(await rows()).toBe(before);
  });
});
