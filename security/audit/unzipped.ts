import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/**
 * What a stream holds when it is of gzip (RFC 1952, told by its first two bytes; several members one after the other
 * too), else the stream as it is. A gzip that is cut or broken ends where it breaks off: what is missing is found by
 * whoever reads the rest.
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
