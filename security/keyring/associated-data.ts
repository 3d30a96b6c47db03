/**
 * Encodes fields so that no two lists have the same encoding: each field as its length (unsigned 32 bits, big-endian)
 * and its bytes, text in UTF-8. Associated data of ciphertexts is always encoded in this way; joining with a separator
 * would make ('a', 'b/c') and ('a/b', 'c') the same.
 */
export function encodeFields(...fields: readonly (string | Uint8Array)[]): Buffer {
  let bound = 0;
  for (const field of fields)
    bound += lengthBytes + (typeof field === 'string' ? field.length * maxBytesPerUnit : field.length);
  const encoded = Buffer.allocUnsafe(bound);
  let at = 0;
  for (const field of fields) {
    const start = at + lengthBytes;
    let written = field.length;
    if (typeof field === 'string') written = encoded.write(field, start, 'utf8');
    else encoded.set(field, start);
    encoded.writeUInt32BE(written, at);
    at = start + written;
  }
  return encoded.subarray(0, at);
}

const lengthBytes = 4;
/** UTF-8 takes at most three bytes for a UTF-16 code unit (four for a pair of them). */
const maxBytesPerUnit = 3;
