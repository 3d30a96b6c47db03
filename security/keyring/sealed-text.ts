import type { KeyObject } from 'node:crypto';
import { decrypt } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';

/** Where a text is stored: it opens only there. */
export interface TextPlace {
  readonly table: string;
  readonly column: string;
  /** The row's primary key, as text. */
  readonly row: string;
}

/**
 * A text that an earlier release has sealed with one key of a process (AES-256-GCM; the place is the associated data).
 * Undefined for a value that was sealed with another key or for another place, or was changed.
 */
export const openSealedText = (key: KeyObject, sealed: Uint8Array, place: TextPlace): string | undefined =>
  decrypt(key, Buffer.from(sealed), contextOf(place))?.toString('utf8');

export const contextOf = ({ table, column, row }: TextPlace): Buffer =>
  encodeFields('bailiwick-sealed-text/1', table, column, row);
