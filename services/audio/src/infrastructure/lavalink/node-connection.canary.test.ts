import { LavalinkManager, type LavalinkNode } from 'lavalink-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';

/** What node-connection.ts and tenant-nodes.ts rely on within lavalink-client, which opens no sockets of its own here. */
const relied = (what: string) =>
  `lavalink-client ${what}: services/audio/src/infrastructure/lavalink/node-connection.ts relies on it`;

interface Inside {
  socket: unknown;
  sessionId: string | null;
  reconnectionState: string;
  reconnectTimeout: NodeJS.Timeout | null | undefined;
  close(code: number, reason: string): Promise<void>;
  message(data: unknown): Promise<void>;
  executeReconnect(): void;
}

let manager: LavalinkManager;
let node: LavalinkNode;
let inside: Inside;
let connects: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  manager = new LavalinkManager({ nodes: [], sendToShard: () => undefined, autoSkip: false, autoMove: false });
  node = manager.nodeManager.createNode({
    id: 'main',
    host: 'lavalink.invalid',
    port: 443,
    secure: true,
    authorization: 'none',
    retryAmount: Number.POSITIVE_INFINITY,
    retryDelay: 250,
  });
  connects = 0;
  node.connect = () => void (connects += 1);
  inside = node as unknown as Inside;
});
afterEach(() => {
  node.destroy();
  vi.useRealTimers();
});

test('a node has the private methods that its sockets are given to', () => {
  expect(inside.socket, relied('does not keep its socket in `socket`')).toBeNull();
  for (const method of ['open', 'close', 'message', 'error', 'executeReconnect'] as const)
    expect(typeof Reflect.get(node, method), relied(`has no method \`${method}\``)).toBe('function');
});

test('a closed node tells it, and then waits as long as its options say at that moment', async () => {
  manager.nodeManager.on('disconnect', (closed) => (closed.options.retryDelay = 1_000));
  await inside.close(1006, 'gone');
  expect(inside.reconnectionState, relied('does not call a node that waits PENDING')).toBe('PENDING');
  expect(inside.reconnectTimeout, relied('does not keep the timer of its next attempt')).toBeTruthy();
  vi.advanceTimersByTime(999);
  expect(connects, relied('reads `retryDelay` before it emits `disconnect`')).toBe(0);
  vi.advanceTimersByTime(1);
  expect(connects, relied('does not connect again by `connect`')).toBe(1);
});

test('an attempt that is waited for can be made at once', async () => {
  await inside.close(1006, 'gone');
  clearTimeout(inside.reconnectTimeout ?? undefined);
  inside.reconnectTimeout = null;
  inside.executeReconnect();
  expect(connects, relied('does not connect by `executeReconnect`')).toBe(1);
});

test('all its requests are made by rawRequest', async () => {
  // The library makes no request for a node whose socket is not open.
  inside.socket = { readyState: WebSocket.OPEN, close: () => undefined, removeAllListeners: () => undefined };
  const asked: string[] = [];
  node.rawRequest = async (endpoint, modify) => {
    const options = { path: endpoint, method: 'GET', headers: {} };
    modify?.(options);
    asked.push(`${options.method} ${endpoint}`);
    return { response: new Response('{}', { headers: { 'content-type': 'application/json' } }), options };
  };
  await node.fetchInfo();
  expect(asked, relied('makes requests that do not go through `rawRequest`')).toEqual(['GET /info']);
});

test('a message is told before the library acts on it', async () => {
  const known: (string | null)[] = [];
  manager.nodeManager.on('raw', () => known.push(inside.sessionId));
  await inside.message(Buffer.from(JSON.stringify({ op: 'ready', resumed: false, sessionId: 'abc' })));
  expect(known, relied('emits `raw` after it has acted on a message, or not at all')).toEqual([null]);
  expect(inside.sessionId, relied('does not take the id of its session from `ready`')).toBe('abc');
});
