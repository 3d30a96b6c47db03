import type { TrackInfo } from './protocol.ts';

/**
 * Lavaplayer's own track message, version 3: a length word whose upper two bits mean "versioned", the version, then the
 * fields in Java DataOutput format (lavaplayer DefaultAudioPlayerManager.encodeTrack). Clients treat it as opaque; it
 * is accurate so that a tool that decodes it finds what Lavalink would have written.
 */
const versioned = 1;
const version = 3;

/** Sources whose tracks have one more string, the container found by the probe. */
const probed: Readonly<Record<string, string>> = { http: 'mp3' };

/** Encodes a track; `position` is where it would start. */
export function encodeTrack(info: TrackInfo): string {
  const parts: Buffer[] = [Buffer.from([version]), text(info.title), text(info.author), long(info.length)];
  parts.push(text(info.identifier), bool(info.isStream), optional(info.uri), optional(info.artworkUrl));
  parts.push(optional(info.isrc), text(info.sourceName));
  const probe = probed[info.sourceName];
  if (probe !== undefined) parts.push(text(probe));
  parts.push(long(info.position));
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(((versioned << 30) | body.length) >>> 0);
  return Buffer.concat([head, body]).toString('base64');
}

/** Decodes the output of `encodeTrack` or Lavalink (message versions 2 and 3); undefined for anything else. */
export function decodeTrack(encoded: string): TrackInfo | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  const word = bytes.readUInt32BE(0);
  if (word >>> 30 !== versioned || (word & 0x3fffffff) !== bytes.length - 4) return undefined;
  try {
    return readBody(new Reader(bytes.subarray(4)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readBody(from: Reader): TrackInfo | undefined {
  const found = from.byte();
  if (found !== 2 && found !== version) return undefined;
  const title = from.text();
  const author = from.text();
  const length = from.long();
  const identifier = from.text();
  const isStream = from.byte() !== 0;
  const uri = from.optional();
  const artworkUrl = found === version ? from.optional() : null;
  const isrc = found === version ? from.optional() : null;
  const sourceName = from.text();
  if (probed[sourceName] !== undefined) from.text();
  const position = from.long();
  return {
    identifier,
    isSeekable: !isStream,
    author,
    length,
    isStream,
    position,
    title,
    uri,
    artworkUrl,
    isrc,
    sourceName,
  };
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

const longMax = 2n ** 63n - 1n;

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  // A double rounds Java's Long.MAX_VALUE, of unknown lengths, up to 2^63.
  bytes.writeBigInt64BE(BigInt(value) > longMax ? longMax : BigInt(value));
  return bytes;
}

function bool(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0]);
}

function optional(value: string | null): Buffer {
  return value === null ? bool(false) : Buffer.concat([bool(true), text(value)]);
}

/** Reads forward; reading past the end throws Buffer's RangeError. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  long(): number {
    const value = Number(this.#bytes.readBigInt64BE(this.#at));
    this.#at += 8;
    return value;
  }

  text(): string {
    const size = this.#bytes.readUInt16BE(this.#at);
    const end = this.#at + 2 + size;
    if (end > this.#bytes.length) throw new RangeError('the string runs past the end');
    const value = this.#bytes.toString('utf8', this.#at + 2, end);
    this.#at = end;
    return value;
  }

  optional(): string | null {
    return this.byte() === 0 ? null : this.text();
  }
}
