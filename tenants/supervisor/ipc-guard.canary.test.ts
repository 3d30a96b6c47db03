import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** What ipc-guard.ts relies on within Node: it stands between a bot's IPC channel and Node's own reader. */
const relied = (what: string) => `${what}: tenants/supervisor/ipc-guard.ts cannot guard bots' channels any more`;

const bot = `process.on('message', (_message, socket) => { socket?.destroy(); process.send('received'); });`;
let child: ChildProcess;

beforeEach(() => {
  child = spawn(process.execPath, ['-e', bot], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
});
afterEach(async () => {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
});

test('Node keeps the handle of an IPC channel under kChannelHandle, and reads by its onread', async () => {
  const symbol = Object.getOwnPropertySymbols(child).find((each) => each.description === 'kChannelHandle');
  expect(symbol, relied('Node has no kChannelHandle')).toBeDefined();
  const handle = Reflect.get(child, symbol as symbol) as { onread: (bytes: ArrayBuffer | undefined) => void };
  const read = handle.onread;
  expect(typeof read, relied("Node's channel handle has no onread")).toBe('function');
  let bytes = 0;
  handle.onread = function counting(...args) {
    bytes += args[0]?.byteLength ?? 0;
    return read.apply(this, args);
  };
  const received = once(child, 'message');
  child.send('hello');
  await received;
  expect(bytes, relied('Node does not call onread with the bytes that it reads')).toBeGreaterThan(0);
});

test("Node tells of messages and of its own acknowledgements by the child's emit", async () => {
  const told: [string | symbol, unknown][] = [];
  const emit = child.emit.bind(child);
  child.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    told.push([event, args[0]]);
    return emit(event, ...args);
  };
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await accepted;
  const received = once(child, 'message');
  child.send('take this', socket);
  await received;
  far.destroy();
  server.close();
  expect(told, relied("Node does not emit 'message' on the child")).toContainEqual(['message', 'received']);
  expect(told, relied("Node does not acknowledge a handle by 'internalMessage' with NODE_HANDLE_ACK")).toContainEqual([
    'internalMessage',
    expect.objectContaining({ cmd: 'NODE_HANDLE_ACK' }),
  ]);
});
