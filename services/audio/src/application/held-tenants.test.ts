import { beforeEach, describe, expect, it } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { heldElsewhere, type Lease } from '#infra/leases/lease.ts';
import { HeldTenants } from './held-tenants.ts';

const tenant = newTenantId();
const elsewhere = { code: 'lease.elsewhere', status: 421 };
let happened: string[];
let prepare: (tenants: readonly TenantId[]) => Promise<void>;
let held: HeldTenants;

beforeEach(() => {
  happened = [];
  prepare = async (tenants) => void happened.push(`prepared ${tenants.length}`);
  held = new HeldTenants({
    leases: {
      async claim(of) {
        if (of !== tenant) throw heldElsewhere();
        if (!held.has(of)) held.taken(lease(1));
        return lease(1);
      },
    },
    prepare: (tenants) => prepare(tenants),
    begin: () => void happened.push('began'),
    end: async () => void happened.push('ended'),
  });
});

const lease = (token: number, of = tenant): Lease => ({ tenant: of, part: 'audio', token });
/** A unit of work that ends when it is told to. */
function unit() {
  const ends = Promise.withResolvers<string>();
  const began = Promise.withResolvers<void>();
  const done = held.run(tenant, () => {
    began.resolve();
    return ends.promise;
  });
  return { began: began.promise, done, end: () => ends.resolve('done') };
}

describe('a request', () => {
  it('is admitted with a lease that was free, once everything is known anew', async () => {
    await held.admit(tenant);
    expect(happened).toEqual(['began', 'prepared 1']);
    expect(held.leaseOf(tenant)).toEqual(lease(1));
    await held.admit(tenant);
    expect(happened).toEqual(['began', 'prepared 1']);
  });

  it('is refused for a tenant of another process', async () => {
    const other = newTenantId();
    await expect(held.admit(other)).rejects.toMatchObject(elsewhere);
    await expect(held.run(other, async () => 'done')).rejects.toMatchObject(elsewhere);
    expect(() => held.leaseOf(other)).toThrow(expect.objectContaining(elsewhere));
  });

  it('is refused while that is not known, and tries again', async () => {
    prepare = () => Promise.reject(new Error('the database is away'));
    await expect(held.admit(tenant)).rejects.toThrow('away');
    expect(() => held.leaseOf(tenant)).toThrow(expect.objectContaining(elsewhere));
    prepare = () => Promise.resolve();
    await held.admit(tenant);
    expect(held.leaseOf(tenant)).toEqual(lease(1));
  });
});

it('prepares tenants that come together at once', async () => {
  const all = Array.from({ length: 100 }, () => newTenantId());
  for (const each of all) held.taken(lease(1, each));
  await held.prepared(all);
  expect(happened.filter((what) => what !== 'began')).toEqual(['prepared 100']);
});

describe('a lease that is passed on', () => {
  it('is kept until what is under way has ended, which still may store and order', async () => {
    held.taken(lease(1));
    const underWay = unit();
    await underWay.began;
    let passedOn = false;
    const passing = held.passOn(tenant).then(() => (passedOn = true));
    await expect(held.run(tenant, async () => 'done')).rejects.toMatchObject(elsewhere);
    expect(held.has(tenant)).toBe(false);
    expect(held.leaseOf(tenant)).toEqual(lease(1));
    expect(passedOn).toBe(false);
    expect(happened).not.toContain('ended');
    underWay.end();
    await expect(underWay.done).resolves.toBe('done');
    await passing;
    expect(happened.at(-1)).toBe('ended');
    expect(() => held.leaseOf(tenant)).toThrow(expect.objectContaining(elsewhere));
  });

  it('goes on if it could not be', async () => {
    held.taken(lease(1));
    await held.passOn(tenant);
    held.taken(lease(1));
    await expect(held.run(tenant, async () => 'done')).resolves.toBe('done');
  });
});

describe('a lease that was lost', () => {
  it('ends at once, and what is under way may store and order nothing', async () => {
    held.taken(lease(1));
    const underWay = unit();
    await underWay.began;
    held.lost([tenant, newTenantId()]);
    expect(happened.at(-1)).toBe('ended');
    expect(() => held.leaseOf(tenant)).toThrow(expect.objectContaining(elsewhere));
    await expect(held.run(tenant, async () => 'done')).rejects.toMatchObject(elsewhere);
    underWay.end();
    await underWay.done;
  });

  it('that comes back is not used before what was under way has ended, which must not act under it', async () => {
    held.taken(lease(1));
    const underWay = unit();
    await underWay.began;
    held.lost([tenant]);
    held.taken(lease(3));
    const next = held.run(tenant, async () => held.leaseOf(tenant).token);
    await Promise.resolve();
    expect(() => held.leaseOf(tenant)).toThrow(expect.objectContaining(elsewhere));
    underWay.end();
    await expect(next).resolves.toBe(3);
  });

  it('that comes back is used at once if nothing was under way', async () => {
    held.taken(lease(1));
    held.lost([tenant]);
    held.taken(lease(3));
    await expect(held.run(tenant, async () => held.leaseOf(tenant).token)).resolves.toBe(3);
  });
});
