/**
 * Encodes fields so that no two lists give the same bytes: each field as its length (unsigned 32 bits, big-endian) and
 * its bytes, text in UTF-8. What is bound to a ciphertext as associated data is always encoded with it; joining with a
 * separator would let ('a', 'b/c') pass for ('a/b', 'c').
 */
export function encodeFields(...fields: readonly (string | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
