import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { refusedHeader } from '#infra/http/refusals.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Egress } from '../budgets/egress.ts';
import { OtherEdges } from '../budgets/other-edges.ts';
import { InvalidRequests } from '../budgets/invalid-requests.ts';
import type { DiscordCall } from '../discord/discord-call.ts';
import { isMomentary } from '../discord/discord-answers.ts';
import { DiscordRest } from './discord-rest.ts';

/** A Discord that answers callbacks, and leaves everything else hanging until told to answer. */
async function hangingDiscord(stack: AsyncDisposableStack) {
  const hanging: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.includes('/interactions/')) response.writeHead(204).end();
    else hanging.push(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { hanging, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api` };
}

const edit = (index: number): DiscordCall => ({
  method: 'PATCH',
  path: `/webhooks/1/token-${index}/messages/@original`,
  body: { content: 'done' },
  authorized: false,
});

test('nothing is sent once another edge may act for the tenant, and the refusal says that nothing was done', async () => {
  await using stack = new AsyncDisposableStack();
  const { hanging, apiUrl } = await hangingDiscord(stack);
  const others = new OtherEdges(systemClock, { edges: 1, tells: false });
  const invalidRequests = new InvalidRequests(systemClock, others);
  const egress = stack.use(new Egress({ clock: systemClock, logger: silentLogger(), invalidRequests, others }));
  const token = () => Promise.resolve('unused');
  const mayAct = () => false;
  const rest = new DiscordRest({ tenant: newTenantId(), apiUrl, egress, token, onDeadToken: () => undefined, mayAct });
  stack.defer(() => rest.close());
  const callback: DiscordCall = {
    method: 'POST',
    path: '/interactions/1/token/callback',
    body: { type: 5 },
    authorized: false,
  };
  for (const call of [edit(1), callback]) {
    const answer = await rest.call(call);
    expect([answer.status, answer.headers.get(refusedHeader)]).toEqual([503, 'lease.uncertain']);
    expect(isMomentary(answer)).toBe('not-done');
  }
  expect(hanging).toEqual([]);
});

test('first answers to interactions are sent while as many other calls hang as there may be', async () => {
  await using stack = new AsyncDisposableStack();
  const { hanging, apiUrl } = await hangingDiscord(stack);
  const others = new OtherEdges(systemClock, { edges: 1, tells: false });
  const invalidRequests = new InvalidRequests(systemClock, others);
  const egress = stack.use(new Egress({ clock: systemClock, logger: silentLogger(), invalidRequests, others }));
  const token = () => Promise.resolve('unused');
  const rest = new DiscordRest({
    tenant: newTenantId(),
    apiUrl,
    egress,
    token,
    onDeadToken: () => undefined,
    mayAct: () => true,
  });
  stack.defer(() => rest.close());

  const edits = Array.from({ length: 101 }, (_, index) => rest.call(edit(index)));
  expect((await edits[100])?.headers.get(refusedHeader)).toBe('discord.too-many-at-once');

  const body = { type: 5 };
  const path = (index: number) => `/interactions/${index}/token/callback`;
  const callbacks = Array.from({ length: 200 }, (_, index) =>
    rest.call({ method: 'POST', path: path(index), body, authorized: false }),
  );
  const statuses = (await Promise.all(callbacks)).map(({ status }) => status);
  expect(statuses).toEqual(statuses.map(() => 204));
  for (const response of hanging) response.writeHead(204).end();
});

test('a file of an answer reaches Discord as a part of a form, and no other call carries one', async () => {
  await using stack = new AsyncDisposableStack();
  const received: { readonly type: string; readonly body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    received.push({ type: request.headers['content-type'] ?? '', body });
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const others = new OtherEdges(systemClock, { edges: 1, tells: false });
  const invalidRequests = new InvalidRequests(systemClock, others);
  const egress = stack.use(new Egress({ clock: systemClock, logger: silentLogger(), invalidRequests, others }));
  const rest = new DiscordRest({
    tenant: newTenantId(),
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    egress,
    token: () => Promise.resolve('unused'),
    onDeadToken: () => undefined,
    mayAct: () => true,
  });
  stack.defer(() => rest.close());
  const file = { id: '0', filename: 'playlist.txt', content: 'zwölf — 十二' };

  expect((await rest.call({ ...edit(1), body: { content: 'done', attachments: [file] } })).status).toBe(204);
  const [{ type, body } = { type: '', body: Buffer.alloc(0) }] = received;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  expect(JSON.parse(form.get('payload_json') as string)).toEqual({
    content: 'done',
    attachments: [{ id: '0', filename: 'playlist.txt' }],
  });
  const part = form.get('files[0]') as File;
  expect([part.name, part.type, await part.text()]).toEqual([
    'playlist.txt',
    'text/plain; charset=utf-8',
    'zwölf — 十二',
  ]);

  expect((await rest.call({ ...edit(1), body: { attachments: [file, file] } })).status).toBe(400);
  expect(received).toHaveLength(1);
  const message: DiscordCall = { method: 'POST', path: '/channels/1/messages', authorized: true };
  await rest.call({ ...message, body: { attachments: [file] } });
  expect(received[1]?.type).toBe('application/json');
});
