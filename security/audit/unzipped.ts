import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/**
 * The contents of a gzip stream (RFC 1952, recognised by its first two bytes; several consecutive members too),
 * otherwise the stream itself. A truncated or broken gzip ends where it breaks off: the reader of the rest notices what
 * is missing.
 */
export async function* unzipped(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array | string> {
  const chunks = stream[Symbol.asyncIterator]();
  let first = await chunks.next();
  let head = Buffer.alloc(0);
  while (!first.done && head.length < 2) {
    head = Buffer.concat([head, Buffer.from(first.value)]);
    if (head.length < 2) first = await chunks.next();
  }
  const all = startingWith(head, chunks);
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all;
    return;
  }
  const [source, gunzip] = [Readable.from(all), createGunzip()];
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    if (!isZlibError(error)) throw error;
  } finally {
    source.destroy();
  }
}

async function* startingWith(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array | string>,
): AsyncGenerator<Uint8Array | string> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

const isZlibError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_');
