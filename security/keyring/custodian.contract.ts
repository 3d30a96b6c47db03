import { describe, expect, test } from 'vitest';
import type { Custodian } from './custodian.ts';

/** A custodian under test, with its own keys. */
export interface CustodianUnderTest {
  readonly custodian: Custodian;
  /** The same keys through a new object, as after a restart. */
  readonly reopen: () => Promise<Custodian>;
}

const context = Buffer.from('tenant a');
const dataKey = Buffer.alloc(32, 7);

/** The contract of every custodian; each adapter runs it against the real thing. */
export function describeCustodian(name: string, open: () => Promise<CustodianUnderTest>): void {
  describe(`the custodian contract, kept by ${name}`, () => {
    test('unwraps what it wrapped, also after a restart', async () => {
      const { custodian, reopen } = await open();
      await custodian.createKey('tenant-a');
      const wrapped = await custodian.wrap('tenant-a', dataKey, context);
      expect(wrapped.version).toBe(1);
      expect(Buffer.from(wrapped.wrapped).includes(dataKey)).toBe(false);
      expect(Buffer.from(await custodian.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
      const restarted = await reopen();
      expect(Buffer.from(await restarted.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
    });

    test('leaves a key as it is when it is made a second time', async () => {
      const { custodian } = await open();
      await custodian.createKey('tenant-a');
      const wrapped = await custodian.wrap('tenant-a', dataKey, context);
      await custodian.createKey('tenant-a');
      expect(Buffer.from(await custodian.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
    });

    test('makes one key when two ask at once', async () => {
      const { custodian, reopen } = await open();
      const other = await reopen();
      await Promise.all([custodian.createKey('tenant-a'), other.createKey('tenant-a')]);
      const wrapped = await custodian.wrap('tenant-a', dataKey, context);
      expect(Buffer.from(await other.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
    });

    test('does not unwrap with another context, under another key, or what was edited', async () => {
      const { custodian } = await open();
      await custodian.createKey('tenant-a');
      await custodian.createKey('tenant-b');
      const wrapped = await custodian.wrap('tenant-a', dataKey, context);
      await expect(custodian.unwrap('tenant-a', wrapped, Buffer.from('tenant b'))).rejects.toMatchObject({
        code: 'keyring.not-authentic',
      });
      await expect(custodian.unwrap('tenant-b', wrapped, context)).rejects.toMatchObject({
        code: 'keyring.not-authentic',
      });
      const edited = Uint8Array.from(wrapped.wrapped);
      edited[edited.length - 3] = (edited[edited.length - 3] ?? 0) === 65 ? 66 : 65;
      await expect(custodian.unwrap('tenant-a', { version: 1, wrapped: edited }, context)).rejects.toMatchObject({
        code: 'keyring.not-authentic',
      });
    });

    test('wraps with the new version after a rotation and still opens the old', async () => {
      const { custodian, reopen } = await open();
      await custodian.createKey('tenant-a');
      const before = await custodian.wrap('tenant-a', dataKey, context);
      expect(await custodian.rotate('tenant-a')).toBe(2);
      const after = await custodian.wrap('tenant-a', dataKey, context);
      expect(after.version).toBe(2);
      expect(await custodian.versions('tenant-a')).toMatchObject([{ version: 1 }, { version: 2 }]);
      const restarted = await reopen();
      expect(Buffer.from(await restarted.unwrap('tenant-a', before, context))).toEqual(dataKey);
      expect(Buffer.from(await restarted.unwrap('tenant-a', after, context))).toEqual(dataKey);
    });

    test('knows when each version was made, also after a restart', async () => {
      const { custodian, reopen } = await open();
      const before = Date.now();
      await custodian.createKey('tenant-a');
      const between = Date.now();
      await custodian.rotate('tenant-a');
      const after = Date.now();
      // Custodians may store whole seconds.
      const coarse = (ms: number) => Math.floor(ms / 1_000) * 1_000;
      for (const each of [custodian, await reopen()]) {
        const [first, second] = await each.versions('tenant-a');
        expect(first?.createdAt.getTime()).toBeGreaterThanOrEqual(coarse(before));
        expect(first?.createdAt.getTime()).toBeLessThanOrEqual(between);
        expect(second?.createdAt.getTime()).toBeGreaterThanOrEqual(coarse(between));
        expect(second?.createdAt.getTime()).toBeLessThanOrEqual(after);
      }
      await expect(custodian.versions('tenant-none')).rejects.toMatchObject({ code: 'keyring.unknown-key' });
    });

    test('opens nothing of a retired version, and everything of those that stay', async () => {
      const { custodian, reopen } = await open();
      await custodian.createKey('tenant-a');
      const before = await custodian.wrap('tenant-a', dataKey, context);
      await custodian.rotate('tenant-a');
      const after = await custodian.wrap('tenant-a', dataKey, context);
      await custodian.retire('tenant-a', 2);
      for (const each of [custodian, await reopen()]) {
        await expect(each.unwrap('tenant-a', before, context)).rejects.toMatchObject({
          code: 'keyring.retired-version',
        });
        expect(Buffer.from(await each.unwrap('tenant-a', after, context))).toEqual(dataKey);
        expect(await each.versions('tenant-a')).toMatchObject([{ version: 2 }]);
      }
    });

    test('refuses to retire the current version', async () => {
      const { custodian } = await open();
      await custodian.createKey('tenant-a');
      const wrapped = await custodian.wrap('tenant-a', dataKey, context);
      await expect(custodian.retire('tenant-a', 2)).rejects.toMatchObject({ code: 'keyring.retires-current' });
      expect(Buffer.from(await custodian.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
    });

    test('tells a version that was never made from one that is gone', async () => {
      const { custodian } = await open();
      await custodian.createKey('tenant-a');
      const { wrapped } = await custodian.wrap('tenant-a', dataKey, context);
      for (const version of [0, 9]) {
        await expect(custodian.unwrap('tenant-a', { version, wrapped }, context)).rejects.toMatchObject({
          code: 'keyring.unknown-version',
        });
      }
    });

    test('opens nothing after a key was destroyed, not even with a new key of the same name', async () => {
      const { custodian, reopen } = await open();
      await custodian.createKey('tenant-a');
      await custodian.createKey('tenant-b');
      const wrapped = await custodian.wrap('tenant-a', dataKey, context);
      const others = await custodian.wrap('tenant-b', dataKey, context);
      await custodian.destroyKey('tenant-a');
      for (const each of [custodian, await reopen()]) {
        await expect(each.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
        await expect(each.wrap('tenant-a', dataKey, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
        expect(Buffer.from(await each.unwrap('tenant-b', others, context))).toEqual(dataKey);
      }
      await custodian.createKey('tenant-a');
      await expect(custodian.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({
        code: 'keyring.not-authentic',
      });
      await custodian.destroyKey('tenant-none');
    });

    test('is healthy while its keys can be reached, before and after the first', async () => {
      const { custodian } = await open();
      expect(await custodian.health()).toEqual({ status: 'healthy' });
      await custodian.createKey('tenant-a');
      expect(await custodian.health()).toEqual({ status: 'healthy' });
    });

    test('refuses a name that could mean something to a file system or a URL', async () => {
      const { custodian } = await open();
      for (const name of ['', '..', '../a', 'a/b', 'a.b', 'A', 'a%2fb', 'a\u0000', 'a'.repeat(129)]) {
        await expect(custodian.createKey(name)).rejects.toMatchObject({ code: 'keyring.key-name' });
      }
    });
  });
}
