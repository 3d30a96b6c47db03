import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Egress } from '../budgets/egress.ts';
import { OtherEdges } from '../budgets/other-edges.ts';
import { InvalidRequests } from '../budgets/invalid-requests.ts';
import type { DiscordCall } from '../discord/discord-call.ts';
import { DiscordRest } from './discord-rest.ts';

let server: Server;
let egress: Egress;
let rest: DiscordRest;
let served: string[];

beforeEach(async () => {
  // One second that does not pass, however slow the machine.
  vi.useFakeTimers({ toFake: ['Date'] });
  served = [];
  server = createServer((request, response) => {
    served.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'without a token'}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = new FakeClock();
  const others = new OtherEdges(clock, { edges: 1, tells: false });
  egress = new Egress({ clock, logger: silentLogger(), invalidRequests: new InvalidRequests(clock, others), others });
  rest = new DiscordRest({
    tenant: newTenantId(),
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    egress,
    token: async () => 'token',
    onDeadToken: () => undefined,
    mayAct: () => true,
  });
});
afterEach(async () => {
  vi.useRealTimers();
  rest.close();
  await egress[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

it('uses up nothing of the bot’s requests a second for answers to interactions', async () => {
  const send = (count: number, call: (number: number) => DiscordCall) =>
    Promise.all(Array.from({ length: count }, async (_, number) => (await rest.call(call(number))).status));
  const edits = () =>
    send(60, (number) => ({
      method: 'PATCH',
      path: `/webhooks/1/token-${number}/messages/@original`,
      body: {},
      authorized: false,
    }));
  const own = () =>
    send(60, (number) => ({ method: 'POST', path: `/channels/${number}/messages`, body: {}, authorized: true }));
  expect(new Set(await edits())).toEqual(new Set([200]));
  expect(served.every((line) => line.endsWith('without a token'))).toBe(true);
  const statuses = await own();
  expect(statuses.filter((status) => status === 200)).toHaveLength(40);
  expect(statuses.filter((status) => status === 429)).toHaveLength(20);
  // Members get answers while the bot's other calls have to wait.
  expect(new Set(await edits())).toEqual(new Set([200]));
});
