import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { relayOutput } from './output-relay.ts';

function relayed() {
  const lines: { line: string; level: number }[] = [];
  const output = new PassThrough();
  const clock = new FakeClock();
  const logger = createLogger('test', 'debug', {
    write: (text) => void lines.push(JSON.parse(text) as (typeof lines)[number]),
  });
  relayOutput(output, logger, clock);
  return { lines, output, clock };
}

test('what a bot prints goes to the log line by line, cut and without secrets', async () => {
  const { lines, output } = relayed();
  output.write('first\nsecond Bot abcdefghijklmnopqrst\n');
  output.write(`${'x'.repeat(10_000)}\n{"level":50,"msg":"it `);
  output.end('broke"}');
  await vi.waitFor(() => expect(lines).toHaveLength(4), { timeout: 15_000 });
  expect(lines.map(({ line }) => line)).toEqual([
    'first',
    'second [redacted]',
    'x'.repeat(2_000),
    '{"level":50,"msg":"it broke"}',
  ]);
  expect(lines.map(({ level }) => level)).toEqual([30, 30, 30, 50]);
});

test('a bot that prints too much is not read from for a second, and then again', async () => {
  const { lines, output, clock } = relayed();
  output.write('line\n'.repeat(400));
  await vi.waitFor(() => expect(output.isPaused()).toBe(true), { timeout: 15_000 });
  expect(lines).toHaveLength(200);
  output.write('after\n');
  clock.advance(1_000);
  expect(output.isPaused()).toBe(false);
});
