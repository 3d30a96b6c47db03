import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';

/** A process that serves one traced request to itself and stops. */
const program = `
  import fastify from 'fastify';
  import { startTracing, traceHeaders, traceRequests } from '#infra/observability/tracing.ts';
  const tracing = await startTracing('test', process.env);
  const app = fastify();
  traceRequests(app);
  app.get('/v1/things/:id', () => traceHeaders());
  const answer = await app.inject({
    url: '/v1/things/7?secret=1',
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  });
  console.log(answer.body);
  await tracing?.[Symbol.asyncDispose]();
`;

async function run(endpoint: string | undefined): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      ...(endpoint === undefined
        ? {}
        : {
            OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
            OTEL_METRICS_EXPORTER: 'none',
            OTEL_LOGS_EXPORTER: 'none',
          }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
  return output;
}

test("sends a span for a request to the collector, in the caller's trace and without the query", async () => {
  const received: string[] = [];
  const collector = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => received.push(chunk.toString()));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const output = await run(`http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
  collector.close();
  const sent = received.join('');
  expect(sent).toContain('0af7651916cd43dd8448eb211c80319c');
  expect(sent).toContain('GET /v1/things/:id');
  expect(sent).toContain('bailiwick-test');
  expect(sent).not.toContain('secret');
  expect(output).toContain('0af7651916cd43dd8448eb211c80319c');
});

test('carries nothing on while tracing is off', async () => {
  expect((await run(undefined)).trim()).toBe('{}');
});
