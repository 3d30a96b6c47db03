import fastify from 'fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { refuseRepeatedStatements } from '#test/repeated-statements.ts';
import { testDatabase } from '#test/database.ts';
import type { HttpApp } from './http-app.ts';
import { countStatements, onCountedRequest } from './request-statements.ts';

const stack = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  const server = stack.use(await testDatabase());
  database = stack.use(openDatabase({ url: server.url, maxConnections: 4 }));
});
afterAll(() => stack.disposeAsync());

const statement = { text: 'select count(*) from tenant' };

/** An app whose requests send as many statements as their body says. */
function app() {
  const metrics = new Registry();
  const made = fastify();
  countStatements(made as unknown as HttpApp, metrics);
  made.post<{ Body: { times: number } }>('/things/:id', async ({ body: { times } }) => {
    for (let sent = 0; sent < times; sent += 1) await database.queryAcrossTenants(statement);
    return { times };
  });
  made.get('/things/:id', async () => ({}));
  const ask = (times: number) => made.inject({ method: 'POST', url: '/things/secret-id', payload: { times } });
  return { made, metrics, ask };
}

test('counts what each request sends, also after its body was read, and shows it by route', async () => {
  const { made, metrics, ask } = app();
  await Promise.all([ask(2), ask(4), made.inject('/things/7')]);
  const shown = await metrics.metrics();
  expect(shown).toContain('bailiwick_request_statements_sum{route="POST /things/:id"} 6');
  expect(shown).toContain('bailiwick_request_statements_count{route="POST /things/:id"} 2');
  expect(shown).toContain('bailiwick_request_statements_sum{route="GET /things/:id"} 0');
  expect(shown).not.toContain('secret-id');
});

test('tells who listens of each request, until they stop', async () => {
  const { ask } = app();
  const told: number[] = [];
  const listening = onCountedRequest(({ statements }) => told.push(statements.count));
  await ask(3);
  listening[Symbol.dispose]();
  await ask(1);
  expect(told).toEqual([3]);
});

test('a request that sends the same statement again and again is found, and one that does not is not', async () => {
  const { ask } = app();
  const fine = refuseRepeatedStatements();
  await ask(5);
  fine[Symbol.dispose]();
  const wrong = refuseRepeatedStatements();
  await ask(6);
  expect(() => wrong[Symbol.dispose]()).toThrow(/POST \/things\/:id sent 6 times: select count\(\*\) from tenant/);
});
