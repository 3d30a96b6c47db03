/**
 * Encodes fields so that no two lists have the same encoding: each field as its length (unsigned 32 bits, big-endian)
 * and its bytes, text in UTF-8. Associated data of ciphertexts is always encoded in this way; joining with a separator
 * would make ('a', 'b/c') and ('a/b', 'c') the same.
 */
export function encodeFields(...fields: readonly (string | Uint8Array)[]): Buffer {
  let size = 0;
  for (const field of fields) size += lengthBytes + bytesOf(field);
  const encoded = Buffer.allocUnsafe(size);
  let at = 0;
  for (const field of fields) {
    at = encoded.writeUInt32BE(bytesOf(field), at);
    if (typeof field === 'string') at += encoded.write(field, at, 'utf8');
    else {
      encoded.set(field, at);
      at += field.length;
    }
  }
  return encoded;
}

const lengthBytes = 4;
const bytesOf = (field: string | Uint8Array): number =>
  typeof field === 'string' ? Buffer.byteLength(field, 'utf8') : field.length;
