/** Confluent's wire format: https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format */
const magicByte = 0;
const headBytes = 5;

/** What is before the payload: a zero, and the id of its schema in four bytes, the highest first. */
export function frame(schemaId: number, payload: Uint8Array): Buffer {
  const framed = Buffer.alloc(headBytes + payload.byteLength, magicByte);
  framed.writeInt32BE(schemaId, 1);
  framed.set(payload, headBytes);
  return framed;
}

/** Undefined unless it begins as a framed message does. */
export function unframe(bytes: Uint8Array): { readonly schemaId: number; readonly payload: Uint8Array } | undefined {
  if (bytes.byteLength < headBytes || bytes[0] !== magicByte) return undefined;
  const { buffer, byteOffset } = bytes;
  return { schemaId: new DataView(buffer, byteOffset).getInt32(1), payload: bytes.subarray(headBytes) };
}
