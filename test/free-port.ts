import { createServer } from 'node:net';

/*
 * All below Linux's ephemeral ports (32768 and up): any outgoing connection could take one of those between the check
 * and the use.
 */
const single = { first: 12_000, last: 19_999 };
const blocks = { first: 20_000, last: 32_000 };
const blockSize = 40;
const maxTries = 50;

/** A port that nobody listens on, for programs that cannot be made to choose a free one themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = single.first + Math.floor(Math.random() * (single.last - single.first));
    if (await isFree(port)) return port;
  }
  throw new Error('this machine has no free port');
}

/** The first of 40 consecutive ports that nobody listens on. */
export async function freeBlock(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const base = blocks.first + Math.floor((Math.random() * (blocks.last - blocks.first)) / blockSize) * blockSize;
    const free = await Promise.all(Array.from({ length: blockSize }, (_, index) => isFree(base + index)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`this machine has no ${blockSize} free ports in a row`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
