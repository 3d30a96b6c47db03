import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { readBody } from './body.ts';
import { Exchange } from './exchange.ts';

const raw = { method: 'POST', url: '/', httpVersion: '1.1', rawHeaders: [] };
const reading = (clock: FakeClock) => {
  const request = new PassThrough();
  const exchange = new Exchange(raw, { requestId: 'req_1', nowMs: 0, remoteAddress: '192.0.2.1' });
  return { request, body: readBody(request as unknown as IncomingMessage, exchange, clock) };
};

test('a body of somebody outside that comes byte by byte is refused after ten seconds', async () => {
  const clock = new FakeClock();
  const { request, body } = reading(clock);
  for (let second = 0; second < 10; second += 1) {
    request.write('{');
    clock.advance(1_000);
  }
  expect(await body).toMatchObject({ code: 'canonical-request.timeout', status: 408 });
});

test('one that is whole by then is read', async () => {
  const clock = new FakeClock();
  const { request, body } = reading(clock);
  clock.advance(9_000);
  request.end('{}');
  expect(await body).toEqual(Buffer.from('{}'));
});
