/**
 * A copy of bytes that are kept for longer than the work at hand. Node cuts small buffers out of slabs of 64 KiB
 * (Buffer.poolSize), so one that stays keeps a slab of what has long been used.
 */
export function inOwnMemory(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
