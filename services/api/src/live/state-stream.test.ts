import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { stateStream, type StateStream } from './state-stream.ts';

let clock: FakeClock;
let app: FastifyInstance;
let streams: StateStream[];
let closed: StateStream[];
let reader: Socket;
let received: string;

beforeEach(async () => {
  clock = new FakeClock();
  streams = [];
  closed = [];
  const [own, ended] = [streams, closed];
  received = '';
  app = fastify({ forceCloseConnections: true });
  app.get('/', (_request, reply) => {
    const made: StateStream = stateStream(reply, { clock, maxWaiting: 3, onClose: () => ended.push(made) });
    own.push(made);
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  reader = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  reader.setEncoding('utf8');
  reader.on('data', (text: string) => (received += text));
  reader.on('error', () => undefined);
  reader.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
  await expect.poll(() => received, { timeout: 10_000 }).toContain('retry: 1000');
});
afterEach(async () => {
  reader.destroy();
  await app.close();
});

const stream = (): StateStream => streams[0] as StateStream;
const big = (number: number) => ({ number, filling: 'x'.repeat(64 * 1024) });
const numbers = (event: string): number[] =>
  [...received.matchAll(new RegExp(`event: ${event}\\ndata: \\{"number":(\\d+)`, 'g'))].map((match) =>
    Number(match[1]),
  );

/** Until what is sent is no longer written out; returns the number reached. */
function fillUp(): number {
  reader.pause();
  let number = 0;
  // The system's own buffers take some megabytes first; what is written in one turn stays in the process.
  for (; number < 100; number += 1) stream().send('player', big(number));
  return number;
}

describe('a stream of states', () => {
  it('keeps the latest of each key for a reader that is behind, and no history', async () => {
    const last = fillUp();
    stream().send('session', { number: 1 });
    stream().send('player', { number: last });
    stream().send('session', { number: 2 });
    reader.resume();
    await expect.poll(() => numbers('session'), { timeout: 10_000 }).toEqual([2]);
    const players = numbers('player');
    expect(players.at(-1)).toBe(last);
    expect(players.length).toBeLessThan(last / 2);
    expect(players).toEqual(players.toSorted((a, b) => a - b));
    stream().send('session', { number: 3 });
    await expect.poll(() => numbers('session'), { timeout: 10_000 }).toEqual([2, 3]);
  });

  it('cuts off a reader for whom more keys wait than there are', async () => {
    fillUp();
    for (let guild = 0; guild < 4; guild += 1) stream().send('player', { number: guild }, `player ${guild}`);
    reader.resume();
    await once(reader, 'close');
    await expect.poll(() => closed, { timeout: 10_000 }).toHaveLength(1);
    expect(stream().closed).toBe(true);
  });

  it('cuts off a reader that takes nothing for half a minute, and not one that does', async () => {
    stream().send('player', big(1));
    await expect.poll(() => numbers('player'), { timeout: 10_000 }).toEqual([1]);
    clock.advance(60_000);
    expect(stream().closed).toBe(false);
    fillUp();
    clock.advance(30_000);
    reader.resume();
    await once(reader, 'close');
    await expect.poll(() => closed, { timeout: 10_000 }).toHaveLength(1);
  });

  it('is heard of every ten seconds, and not at all once it is closed', async () => {
    clock.advance(25_000);
    await expect.poll(() => received.match(/: still here/g)?.length, { timeout: 10_000 }).toBe(2);
    stream().close();
    await expect.poll(() => received, { timeout: 10_000 }).toMatch(/\r\n0\r\n\r\n$/);
    stream().send('player', { number: 1 });
    clock.advance(60_000);
    expect(numbers('player')).toEqual([]);
    expect(closed).toHaveLength(1);
  });
});
