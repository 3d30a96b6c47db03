/**
 * Encodes fields so that no two lists have the same encoding: each field as its length (unsigned 32 bits, big-endian)
 * and its bytes, text in UTF-8. Associated data of ciphertexts is always encoded in this way; joining with a separator
 * would make ('a', 'b/c') and ('a/b', 'c') the same.
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
