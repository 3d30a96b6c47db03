import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { scratchFolder } from '#test/scratch.ts';
import { createEnvelope, type Envelope } from './envelope.ts';
import { createFileCustodian } from './file-custodian.ts';
import { moveSealed, proveSealed } from './move.ts';
import type { SealedValue } from './sealed-columns.ts';

const tenant = newTenantId();
const locationOf = (row: string) => ({ tenant, table: 'application_credential', column: 'sealed', row });
let folder: string;
let from: Envelope;
let to: Envelope;

beforeEach(async () => {
  folder = await scratchFolder('move');
  const envelope = async (name: string) =>
    createEnvelope({
      custodian: await createFileCustodian(
        { folder: path.join(folder, name), keyBase64: randomBytes(32).toString('base64') },
        systemClock,
      ),
    });
  from = await envelope('from');
  to = await envelope('to');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Stored values, as a column returns them. */
async function stored(texts: Readonly<Record<string, string>>) {
  const rows = new Map<string, Uint8Array>();
  for (const [row, text] of Object.entries(texts)) rows.set(row, await from.seal(Buffer.from(text), locationOf(row)));
  const values = (): SealedValue[] =>
    [...rows].map(([row, sealed]) => ({
      sealed,
      primaryKey: [row],
      location: locationOf(row),
      replace: async (next) => void rows.set(row, next),
    }));
  const texted = async (envelope: Envelope) =>
    Object.fromEntries(
      await Promise.all(
        values().map(async ({ sealed, location }) => [
          location.row,
          Buffer.from(await envelope.open(sealed, location)).toString(),
        ]),
      ),
    ) as Record<string, string>;
  return { rows, values, texted };
}

test('values open under the new custodian alone, and a repeated move changes nothing', async () => {
  const { rows, values, texted } = await stored({ a: 'one', b: 'two' });
  expect(await moveSealed(values(), from, to)).toBe(2);
  expect(await texted(to)).toEqual({ a: 'one', b: 'two' });
  await expect(texted(from)).rejects.toMatchObject({ code: expect.stringMatching(/^keyring\./) });
  const before = new Map(rows);
  expect(await moveSealed(values(), from, to)).toBe(0);
  expect(rows).toEqual(before);
  await proveSealed(values(), to);
});

test('a move that was interrupted goes on with what is left', async () => {
  const { values, texted } = await stored({ a: 'one', b: 'two', c: 'three' });
  expect(await moveSealed(values().slice(0, 1), from, to)).toBe(1);
  await expect(proveSealed(values(), to)).rejects.toMatchObject({ code: 'keyring.opens-nowhere' });
  expect(await moveSealed(values(), from, to)).toBe(2);
  expect(await texted(to)).toEqual({ a: 'one', b: 'two', c: 'three' });
});

test('a value that neither opens is named and left as it is', async () => {
  const { rows, values } = await stored({ a: 'one' });
  const damaged = Buffer.from(rows.get('a') ?? '');
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  rows.set('a', damaged);
  await expect(moveSealed(values(), from, to)).rejects.toMatchObject({
    code: 'keyring.opens-nowhere',
    message: expect.stringContaining('application_credential (row a)'),
  });
  expect(rows.get('a')).toBe(damaged);
});
