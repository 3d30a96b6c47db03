import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { Envelope } from './envelope.ts';
import type { SealedValue } from './sealed-columns.ts';

/** How an envelope says that a value was sealed under another custodian. */
const elsewhere = ['keyring.edited', 'keyring.unknown-key', 'keyring.unknown-version', 'keyring.retired-version'];

/**
 * Seals values under another custodian, except those that already are. Repeating it changes nothing.
 * @returns how many were sealed again
 * @throws keyring.unavailable, keyring.opens-nowhere (neither custodian can open a value; nothing of it was changed)
 */
export async function moveSealed(values: readonly SealedValue[], from: Envelope, to: Envelope): Promise<number> {
  let moved = 0;
  for (const value of values) {
    if (await opened(to, value)) continue;
    const plaintext = await opened(from, value);
    if (!plaintext) throw opensNowhere(value);
    try {
      await value.replace(await to.seal(plaintext, value.location));
    } finally {
      plaintext.fill(0);
    }
    moved += 1;
  }
  return moved;
}

/**
 * @returns how many values there are
 * @throws keyring.opens-nowhere if one of them does not open under this custodian
 */
export async function proveSealed(values: readonly SealedValue[], under: Envelope): Promise<number> {
  for (const value of values) {
    const plaintext = await opened(under, value);
    if (!plaintext) throw opensNowhere(value);
    plaintext.fill(0);
  }
  return values.length;
}

async function opened(envelope: Envelope, { sealed, location }: SealedValue): Promise<Uint8Array | undefined> {
  try {
    return await envelope.open(sealed, location);
  } catch (error) {
    if (elsewhere.some((code) => hasCode(error, code))) return undefined;
    throw error;
  }
}

const opensNowhere = ({ location: { table, row } }: SealedValue) =>
  platformFault(
    'keyring.opens-nowhere',
    `A value in ${table} (row ${row}) cannot be opened with the keys of either custodian. Restore the keys that sealed it, or the row, from a backup.`,
  );
