import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import type { Custodian } from './custodian.ts';
import { createEnvelope, keyVersionOf, type Envelope, type Location } from './envelope.ts';
import { DataKeys, tenantKeyName } from './data-keys.ts';
import { createFileCustodian } from './file-custodian.ts';

const tenantA = newTenantId();
const tenantB = newTenantId();
const location: Location = { tenant: tenantA, table: 'application_credential', column: 'sealed', row: tenantA };
const secret = Buffer.from('a token');
let folder: string;
let custodian: Custodian & { wraps: number; unwraps: number };
let clock: FakeClock;
let envelope: Envelope;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-envelope-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(() => {
  const files = createFileCustodian({
    folder: path.join(folder, randomBytes(4).toString('hex')),
    keyBase64: randomBytes(32).toString('base64'),
  });
  custodian = {
    ...files,
    wraps: 0,
    unwraps: 0,
    wrap(...args) {
      custodian.wraps += 1;
      return files.wrap(...args);
    },
    unwrap(...args) {
      custodian.unwraps += 1;
      return files.unwrap(...args);
    },
  };
  clock = new FakeClock();
  envelope = createEnvelope({ custodian, clock, dataKeyLifetimeMs: 60_000, dataKeyUses: 3 });
});

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'opened',
    (error: { code: string }) => error.code,
  );
const change = (sealed: Uint8Array, at: number) => {
  const changed = Uint8Array.from(sealed);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

test('opens in its place, also with another envelope over the same keys', async () => {
  const sealed = await envelope.seal(secret, location);
  expect(Buffer.from(sealed).includes(secret)).toBe(false);
  expect(Buffer.from(await envelope.open(sealed, location))).toEqual(secret);
  expect(Buffer.from(await createEnvelope({ custodian }).open(sealed, location))).toEqual(secret);
  expect(Buffer.from(await envelope.open(await envelope.seal(new Uint8Array(0), location), location))).toHaveLength(0);
});

describe('a value in another place', () => {
  const others: Record<string, Location> = {
    'of another tenant': { ...location, tenant: tenantB },
    "of another tenant, with the row's name moved too": { ...location, tenant: tenantB, row: tenantB },
    'in another table': { ...location, table: 'audit_key' },
    'in another column': { ...location, column: 'other' },
    'in another row': { ...location, row: tenantB },
    'whose names only look the same when joined': { ...location, table: 'application', column: '_credentialsealed' },
    "of the platform's": { ...location, tenant: 'platform' },
  };
  test.each(Object.entries(others))('does not open %s', async (_name, other) => {
    const sealed = await envelope.seal(secret, location);
    await envelope.seal(secret, other);
    expect(await codeOf(envelope.open(sealed, other))).toBe('keyring.foreign');
  });
});

test('says where a byte was changed that it was edited, or belongs elsewhere, and never opens', async () => {
  const sealed = await envelope.seal(secret, location);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: sealed.length - 1 }), async (at) => {
      const code = await codeOf(envelope.open(change(sealed, at), location));
      expect([
        'keyring.edited',
        'keyring.foreign',
        'keyring.truncated',
        'keyring.unknown-format',
        'keyring.unknown-version',
      ]).toContain(code);
    }),
    { numRuns: 200 },
  );
  expect(await codeOf(envelope.open(change(sealed, 0), location))).toBe('keyring.unknown-format');
  expect(await codeOf(envelope.open(change(sealed, 3), location))).toBe('keyring.unknown-version');
  expect(await codeOf(envelope.open(change(sealed, 8), location))).toBe('keyring.foreign');
  expect(await codeOf(envelope.open(change(sealed, 40), location))).toBe('keyring.edited');
  expect(await codeOf(envelope.open(change(sealed, sealed.length - 1), location))).toBe('keyring.edited');
});

test('says of every shortened value that it is truncated, and of a longer one that it was edited', async () => {
  const sealed = await envelope.seal(secret, location);
  for (let length = 0; length < sealed.length; length += 1) {
    expect(await codeOf(envelope.open(sealed.subarray(0, length), location))).toBe('keyring.truncated');
  }
  expect(await codeOf(envelope.open(Buffer.concat([sealed, Buffer.alloc(1)]), location))).toBe('keyring.edited');
});

test("does not open one tenant's data key under another's, even with the place's digest replaced", async () => {
  const ofB = await envelope.seal(secret, { ...location, tenant: tenantB });
  const forged = Uint8Array.from(await envelope.seal(secret, location));
  const digest = forged.slice(5, 21);
  forged.set(ofB);
  forged.set(digest, 5);
  expect(await codeOf(envelope.open(forged, location))).toBe('keyring.edited');
});

test('asks the custodian once for many values, and again after the uses or the minutes are over', async () => {
  for (let uses = 0; uses < 3; uses += 1) await envelope.seal(secret, location);
  expect(custodian.wraps).toBe(2); // the first attempt finds no key yet
  await envelope.seal(secret, location);
  expect(custodian.wraps).toBe(3);
  clock.advance(60_001);
  const sealed = await envelope.seal(secret, location);
  expect(custodian.wraps).toBe(4);
  await Promise.all([1, 2, 3].map(() => envelope.open(sealed, location)));
  expect(custodian.unwraps).toBe(0); // it was made here
  clock.advance(60_001);
  await Promise.all([1, 2, 3].map(() => envelope.open(sealed, location)));
  expect(custodian.unwraps).toBe(1);
  clock.advance(60_001);
  await envelope.open(sealed, location);
  expect(custodian.unwraps).toBe(2);
});

test('prepares for a value that is sealed without asking the custodian', async () => {
  await envelope.prepare(tenantA);
  const { wraps } = custodian;
  await envelope.seal(secret, location);
  expect(custodian.wraps).toBe(wraps);
});

describe('while the custodian cannot be reached', () => {
  const unavailable = () => Promise.reject(Object.assign(new Error('away'), { code: 'keyring.unavailable' }));
  const leave = () => Object.assign(custodian, { wrap: unavailable, unwrap: unavailable });

  test('goes on with the cached keys, for as long as it may and no longer', async () => {
    envelope = createEnvelope({ custodian, clock, dataKeyLifetimeMs: 60_000, whileAwayMs: 600_000 });
    const sealed = await envelope.seal(secret, location);
    leave();
    for (const afterMs of [60_001, 300_000, 299_000]) {
      clock.advance(afterMs);
      expect(Buffer.from(await envelope.open(sealed, location))).toEqual(secret);
      expect(Buffer.from(await envelope.open(await envelope.seal(secret, location), location))).toEqual(secret);
    }
    clock.advance(1_000);
    expect(await codeOf(envelope.open(sealed, location))).toBe('keyring.unavailable');
    expect(await codeOf(envelope.seal(secret, location))).toBe('keyring.unavailable');
  });

  test('opens and seals nothing of a tenant that was forgotten', async () => {
    envelope = createEnvelope({ custodian, clock, dataKeyLifetimeMs: 60_000, whileAwayMs: 600_000 });
    const sealed = await envelope.seal(secret, location);
    leave();
    envelope.forget(tenantA);
    expect(await codeOf(envelope.open(sealed, location))).toBe('keyring.unavailable');
    expect(await codeOf(envelope.seal(secret, location))).toBe('keyring.unavailable');
  });

  test('uses no key that the custodian has destroyed', async () => {
    envelope = createEnvelope({ custodian, clock, dataKeyLifetimeMs: 60_000, whileAwayMs: 600_000 });
    const sealed = await envelope.seal(secret, location);
    await custodian.destroyKey(tenantKeyName(tenantA));
    clock.advance(60_001);
    expect(await codeOf(envelope.open(sealed, location))).toBe('keyring.unknown-key');
  });
});

test('follows a rotation, and opens nothing of a retired version once it has forgotten', async () => {
  const name = tenantKeyName(tenantA);
  const before = await envelope.seal(secret, location);
  await custodian.rotate(name);
  envelope.forget(tenantA);
  const after = await envelope.seal(secret, location);
  expect([keyVersionOf(before), keyVersionOf(after)]).toEqual([1, 2]);
  expect(Buffer.from(await envelope.open(before, location))).toEqual(secret);
  await custodian.retire(name, 2);
  envelope.forget(tenantA);
  expect(await codeOf(envelope.open(before, location))).toBe('keyring.retired-version');
  expect(Buffer.from(await envelope.open(after, location))).toEqual(secret);
});

test("opens nothing of a tenant whose key was destroyed, and everything of its neighbour's", async () => {
  const ofA = await envelope.seal(secret, location);
  const ofB = await envelope.seal(secret, { ...location, tenant: tenantB });
  await envelope.destroy(tenantA);
  expect(await codeOf(envelope.open(ofA, location))).toBe('keyring.unknown-key');
  expect(Buffer.from(await envelope.open(ofB, { ...location, tenant: tenantB }))).toEqual(secret);
});

test('does not remember that the custodian was unreachable', async () => {
  const sealed = await envelope.seal(secret, location);
  envelope.forget(tenantA);
  const { unwrap } = custodian;
  custodian.unwrap = () => Promise.reject(Object.assign(new Error('sealed'), { code: 'keyring.unavailable' }));
  expect(await codeOf(envelope.open(sealed, location))).toBe('keyring.unavailable');
  custodian.unwrap = unwrap;
  expect(await codeOf(envelope.open(sealed, location))).toBe('opened');
});

test('a cached data key keeps no memory but its own', async () => {
  const { wrappedKey } = await new DataKeys({ custodian, clock }).forSealing({ tenant: tenantA });
  expect(wrappedKey.wrapped.buffer.byteLength).toBe(wrappedKey.wrapped.length);
});
