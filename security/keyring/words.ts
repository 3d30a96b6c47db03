import { BailiwickError } from '#infra/kernel/errors.ts';
import type { Transaction } from '#infra/database/pool.ts';
import type { Envelope, Location } from './envelope.ts';
import { whileSealing } from './rotation.ts';

/** Seals what people have written, or are called. */
export interface Words {
  /** Within the transaction that stores it. @throws keyring.unavailable */
  seal(transaction: Transaction, text: string, location: Location): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Undefined for what cannot be opened: its key was destroyed or cannot be reached, or it was sealed for another place.
   * Words are never so important that a page should fail for them.
   */
  open(sealed: Uint8Array, location: Location): Promise<string | undefined>;
}

export const createWords = (envelope: Envelope): Words => ({
  async seal(transaction, text, location) {
    await whileSealing(transaction, location.tenant);
    return new Uint8Array(await envelope.seal(Buffer.from(text, 'utf8'), location));
  },
  async open(sealed, location) {
    try {
      return Buffer.from(await envelope.open(sealed, location)).toString('utf8');
    } catch (error) {
      if (error instanceof BailiwickError && error.code.startsWith('keyring.')) return undefined;
      throw error;
    }
  },
});
