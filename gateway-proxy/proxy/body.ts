import type { IncomingMessage } from 'node:http';
import { maxBodyBytes } from './checks/canonical-headers.ts';
import { denial, type Denial } from './denials.ts';

/**
 * Reads a whole request body, at most 1 MiB, before anything goes to the upstream: a slow sender holds a place here,
 * none there, and what is not whole is not sent. The listener's request timeout ends a sender that is too slow.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | Denial> {
  return new Promise((resolve) => {
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
  });
}
