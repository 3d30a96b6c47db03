import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createApiClient, type ApiClient } from '../client.ts';
import { patient } from './patient.ts';

let seen: IncomingMessage['headers'][] = [];
let answers: { status: number; code: string }[] = [];
const server = createServer((request, response) => {
  seen.push(request.headers);
  const { status, code } = answers.shift() ?? { status: 200, code: '' };
  const problem = { type: 'about:blank', title: 'Try again.', status, code, owner: 'platform' };
  response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(status === 200 ? { done: true } : problem));
});
let api: ApiClient;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = patient(createApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
});
afterAll(() => server.close());
beforeEach(() => {
  seen = [];
});

const schema = z.object({ done: z.boolean() });

test('what changes something is tried again with the same key while a part is away', async () => {
  answers = [
    { status: 503, code: 'forward.unreachable' },
    { status: 409, code: 'idempotency.running' },
  ];
  expect(await api.call('POST', '/v1/tenants', schema, {})).toEqual({ done: true });
  const keys = seen.map((headers) => headers['idempotency-key']);
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('a refusal is an answer, and the next request has another key', async () => {
  answers = [{ status: 403, code: 'authorize.denied' }];
  await expect(api.call('PUT', '/v1/a', schema, {})).rejects.toMatchObject({ code: 'authorize.denied' });
  await api.call('PUT', '/v1/a', schema, {});
  expect(seen).toHaveLength(2);
  expect(seen[0]?.['idempotency-key']).not.toBe(seen[1]?.['idempotency-key']);
});
