import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { tenantEventSchemas, tenantStateSchema, type TenantEvent, type TenantState } from './tenant-events.ts';
import * as life from './tenant-life.ts';

const application = (id: number) => ({
  applicationId: snowflake(String(id)),
  botUserId: snowflake(String(id)),
  botUsername: `Bot ${id}`,
});

const commands: Readonly<Record<string, (tenant: TenantState, one: number) => TenantEvent | undefined>> = {
  activate: (tenant, one) => life.activate(tenant, application(1 + one)),
  withdraw: life.withdraw,
  rename: (tenant, one) => life.rename(tenant, { name: `Name ${one}`, expected: one === 3 ? 1 : undefined }),
  suspend: (tenant, one) => life.suspend(tenant, { by: one === 0 ? 'operator:o' : 'discord:1', reason: `why ${one}` }),
  resume: life.resume,
  beginDeletion: life.beginDeletion,
};
const names = Object.keys(commands);
const steps = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(3)), { minLength: 1, maxLength: 30 });

/** What the command leads to; `refused` if it is not allowed. */
function decided(tenant: TenantState, name: string, one: number): TenantEvent | 'refused' | undefined {
  try {
    return commands[name]?.(tenant, one);
  } catch (error) {
    expect(error).toBeInstanceOf(BailiwickError);
    return 'refused';
  }
}

test('a tenant is the fold of its events, each of which is one version and keeps its life in order', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(steps, (some) => {
      const created = life.create('Acme');
      const events: TenantEvent[] = [created];
      let tenant = life.evolve(null, created);
      for (const [name, one] of some) {
        const event = decided(tenant, name, one);
        if (event === undefined || event === 'refused') continue;
        tenantEventSchemas[event.type].parse(event.data);
        const next = life.evolve(tenant, event);
        expect(next.version).toBe(tenant.version + 1);
        // What cannot be: a deletion that ends, a suspension lifted by a token, a bot that runs without an application.
        if (tenant.status === 'deleting') expect(next.status).toBe('deleting');
        if (tenant.status === 'suspended' && next.status === 'active') expect(event.type).toBe('TenantResumed');
        if (next.status === 'active') expect(next.applicationId).not.toBeNull();
        expect([next.reason === null, next.suspendedBy === null]).toEqual(
          next.status === 'suspended' ? [false, false] : [true, true],
        );
        seen.add(event.type);
        events.push(event);
        tenant = next;
      }
      const folded = events.reduce<TenantState | null>((state, event) => life.evolve(state, event), null);
      expect(folded).toEqual(tenant);
      expect(tenantStateSchema.parse(folded)).toEqual(tenant);
    }),
    { numRuns: 300 },
  );
  const { TenantFound: _found, TenantCreated: _created, ...others } = tenantEventSchemas;
  expect(seen).toEqual(new Set(Object.keys(others)));
});

test('one that was found goes on from there', () => {
  const found = {
    ...life.evolve(null, life.create('Acme')),
    ...application(7),
    status: 'active',
    version: 12,
  } as const;
  const state = life.evolve(null, { type: 'TenantFound', data: { state: found } });
  expect(state).toEqual(found);
  const suspended = life.evolve(state, life.suspend(state, { by: 'operator:o', reason: 'abuse' }));
  expect(suspended).toMatchObject({ status: 'suspended', suspendedBy: 'operator:o', reason: 'abuse', version: 13 });
});

const tenant = (changes: Partial<TenantState>): TenantState => ({
  ...life.evolve(null, life.create('Acme')),
  ...changes,
});

test.each([
  ['a new token is no way around a suspension', tenant({ status: 'suspended' }), 'activate', 'tenant.suspended'],
  ['one that is being deleted gets no token', tenant({ status: 'deleting' }), 'activate', 'tenant.status'],
  ['one without a bot cannot be suspended', tenant({}), 'suspend', 'tenant.status'],
  ['nor resumed', tenant({}), 'resume', 'tenant.no-token'],
  ['a deletion cannot be undone', tenant({ status: 'deleting', ...application(1) }), 'resume', 'tenant.status'],
  ['nor can what is deleted be renamed', tenant({ status: 'deleting' }), 'rename', 'tenant.status'],
])('%s', (_name, state, command, code) => {
  expect(() => commands[command]?.(state, 0)).toThrow(expect.objectContaining({ code }));
});

test('what asks for nothing new is no event', () => {
  expect(life.withdraw(tenant({}))).toBeUndefined();
  expect(life.resume(tenant({ status: 'active', ...application(1) }))).toBeUndefined();
  expect(life.beginDeletion(tenant({ status: 'deleting' }))).toBeUndefined();
});

test('a name is not replaced that the caller has not seen', () => {
  expect(() => life.rename(tenant({ version: 2 }), { name: 'New', expected: 1 })).toThrow(
    expect.objectContaining({ code: 'tenant.conflict', status: 412 }),
  );
});
