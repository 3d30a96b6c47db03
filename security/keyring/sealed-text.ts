import { hasCode } from '#infra/kernel/errors.ts';
import type { Envelope } from './envelope.ts';

/** Where a text is stored: it opens only there. */
export interface TextPlace {
  readonly table: string;
  readonly column: string;
  /** The row's primary key, as text. */
  readonly row: string;
}

/** Seals texts with the platform's key of a process, for rows that outlive every tenant or belong to none. */
export interface SealedText {
  /** @throws keyring.unavailable */
  seal(text: string, place: TextPlace): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Undefined for a value that was sealed with another key or for another place, or was changed.
   * @throws keyring.unavailable
   */
  open(sealed: Uint8Array, place: TextPlace): Promise<string | undefined>;
}

/** How an envelope says that no key of this process opens a value here. */
const closed = [
  'keyring.edited',
  'keyring.foreign',
  'keyring.truncated',
  'keyring.unknown-format',
  'keyring.unknown-key',
  'keyring.unknown-version',
  'keyring.retired-version',
];

/** Whether an error says that no key of this process opens a value, whenever it is tried. */
export const isClosed = (error: unknown): boolean => closed.some((code) => hasCode(error, code));

export const createSealedText = (envelope: Pick<Envelope, 'seal' | 'open'>): SealedText => ({
  seal: async (text, place) =>
    new Uint8Array(await envelope.seal(Buffer.from(text, 'utf8'), { tenant: 'platform', ...place })),
  async open(sealed, place) {
    try {
      return Buffer.from(await envelope.open(sealed, { tenant: 'platform', ...place })).toString('utf8');
    } catch (error) {
      if (isClosed(error)) return undefined;
      throw error;
    }
  },
});
