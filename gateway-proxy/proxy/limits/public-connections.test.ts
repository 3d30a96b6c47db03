import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { PublicConnections } from './public-connections.ts';

class Connection extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}
const from = (address: string) => new Connection(address) as Connection & Socket;

test('the connection on which nothing is asked for longest makes room', () => {
  const connections = new PublicConnections(true, { total: 2, perVisitor: 2 });
  const [busy, quiet, third, fourth] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(from);
  const answer = new EventEmitter() as EventEmitter & ServerResponse;
  connections.add(busy as Socket);
  connections.busyUntil(busy as Socket, answer);
  connections.add(quiet as Socket);
  connections.add(third as Socket);
  expect([busy, quiet, third].map((socket) => socket?.destroyed)).toEqual([false, true, false]);
  answer.emit('close');
  connections.add(fourth as Socket);
  expect([busy, third, fourth].map((socket) => socket?.destroyed)).toEqual([false, true, false]);
  expect(connections.size).toBe(2);
});

test('a visitor has a share of them, with all addresses of a /64', () => {
  const connections = new PublicConnections(true, { total: 10, perVisitor: 2 });
  const own = ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(from);
  for (const socket of own) connections.add(socket);
  expect(own.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  own[0]?.destroy();
  const next = from('2001:db8::4');
  connections.add(next);
  expect(next.destroyed).toBe(false);
});

test('behind a reverse proxy its connections are everybody’s', () => {
  const connections = new PublicConnections(false, { total: 10, perVisitor: 1 });
  const all = ['127.0.0.1', '127.0.0.1'].map(from);
  for (const socket of all) connections.add(socket);
  expect(all.map(({ destroyed }) => destroyed)).toEqual([false, false]);
});
