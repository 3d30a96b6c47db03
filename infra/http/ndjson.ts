import type { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { platformFault } from '#infra/kernel/errors.ts';

/** Media type of a stream of JSON values, one per line. */
export const ndjsonMediaType = 'application/x-ndjson';

/** The writing end of a stream: bounded, so that a reader that stops reading is cut off instead of buffered for. */
export interface NdjsonWriter {
  /** False once the stream is closed; the value was not sent. */
  send(value: unknown): boolean;
  close(): void;
  readonly closed: boolean;
}

export interface NdjsonOptions {
  /** An empty line is sent this often, so that both sides notice a dead peer. */
  readonly keepAliveMs?: number;
  /** A reader this far behind is cut off. */
  readonly maxBufferedBytes?: number;
  readonly onClose?: () => void;
}

/** Takes a fastify reply over and writes values to it as they come. */
export function ndjsonReply(reply: FastifyReply, options: NdjsonOptions = {}): NdjsonWriter {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': ndjsonMediaType, 'cache-control': 'no-store' });
  reply.raw.flushHeaders();
  return ndjsonWriter(reply.raw, options);
}

export function ndjsonWriter(response: ServerResponse, options: NdjsonOptions = {}): NdjsonWriter {
  const { keepAliveMs = 5_000, maxBufferedBytes = 4 * 1024 * 1024, onClose } = options;
  let closed = false;
  const keepAlive = setInterval(() => response.write('\n'), keepAliveMs);
  keepAlive.unref();
  const finish = () => {
    if (closed) return;
    closed = true;
    clearInterval(keepAlive);
    onClose?.();
  };
  response.once('close', finish);
  response.once('error', finish);
  return {
    get closed() {
      return closed;
    },
    send(value) {
      if (closed) return false;
      if (response.writableLength > maxBufferedBytes) {
        response.destroy();
        finish();
        return false;
      }
      response.write(`${JSON.stringify(value)}\n`);
      return true;
    },
    close() {
      response.end();
      finish();
    },
  };
}

/**
 * Reads values from a stream, one per line; empty lines are keep-alives and are skipped. A line over `maxLineBytes` or
 * one that is not JSON ends the stream with an error.
 */
export async function* readNdjson(
  stream: Readable | AsyncIterable<Uint8Array>,
  maxLineBytes = 1024 * 1024,
): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    let end = rest.indexOf('\n');
    while (end >= 0) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.length > 0) yield parseLine(line);
      end = rest.indexOf('\n');
    }
    if (rest.length > maxLineBytes) throw platformFault('stream.line-too-long', 'A line of the stream is too long.');
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw platformFault('stream.not-json', 'A line of the stream is not valid JSON.', cause);
  }
}
