import type { IncomingMessage } from 'node:http';
import type { Clock } from '#infra/kernel/clock.ts';
import { maxBodyBytes } from '../checks/canonical-headers.ts';
import { denial, type Denial } from './denials.ts';
import type { Exchange } from './exchange.ts';

/** People send small documents: a body that is incomplete by then comes from somebody who only wants the slot. */
const publicTimeoutMs = 10_000;

/**
 * Reads a whole request body, at most 1 MiB, before anything goes to the upstream: a slow sender occupies a slot here
 * but not there, and an incomplete body is never sent. The listener's request timeout ends a sender that is too slow;
 * at the public listener the timeout is shorter, and in the meantime its slot may be given to others.
 */
export async function readBody(request: IncomingMessage, exchange: Exchange, clock: Clock): Promise<Buffer | Denial> {
  const { slot, peer } = exchange;
  slot?.waits(clock.now(), () => request.destroy());
  const { promise, resolve } = Promise.withResolvers<Buffer | Denial>();
  const cancel = peer
    ? () => undefined
    : clock.after(publicTimeoutMs, () => resolve(denial('canonical-request.timeout')));
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
    else resolve(denial('canonical-request.body-too-large'));
  });
  request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  request.once('error', () => resolve(denial('canonical-request.body-incomplete')));
  request.once('close', () => resolve(denial('canonical-request.body-incomplete')));
  try {
    return await promise;
  } finally {
    cancel();
    slot?.goesOn();
  }
}
