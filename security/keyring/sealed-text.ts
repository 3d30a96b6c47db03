import type { KeyObject } from 'node:crypto';
import { decrypt, encrypt } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';

/** Where a text is stored: it opens only there. */
export interface TextPlace {
  readonly table: string;
  readonly column: string;
  /** The row's primary key, as text. */
  readonly row: string;
}

/** Seals texts with one key of a process, for rows that outlive every tenant or belong to none. */
export interface SealedText {
  seal(text: string, place: TextPlace): Uint8Array<ArrayBuffer>;
  /** Undefined for a value that was sealed with another key or for another place, or was changed. */
  open(sealed: Uint8Array, place: TextPlace): string | undefined;
}

/** AES-256-GCM; the place is the associated data. */
export const createSealedText = (key: KeyObject): SealedText => ({
  seal: (text, place) => new Uint8Array(encrypt(key, Buffer.from(text, 'utf8'), contextOf(place))),
  open: (sealed, place) => decrypt(key, Buffer.from(sealed), contextOf(place))?.toString('utf8'),
});

const contextOf = ({ table, column, row }: TextPlace): Buffer =>
  encodeFields('bailiwick-sealed-text/1', table, column, row);
