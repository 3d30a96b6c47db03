import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import type { FromBot, ToBot } from '#tenants/instance-protocol/door.ts';
import { createSupervisorChannel } from './supervisor-channel.ts';

function connected() {
  const sent: FromBot[] = [];
  let hear: (message: ToBot, socket: Socket | undefined) => void = () => undefined;
  const parent = {
    send: (message: FromBot) => void sent.push(message),
    onMessage: (listener: typeof hear) => {
      hear = listener;
    },
  };
  const channel = createSupervisorChannel(parent, new FakeClock());
  return { channel, sent, say: (message: ToBot, socket?: Socket) => hear(message, socket) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a bot answers that its event loop turns', () => {
  const { sent, say } = connected();
  say({ type: 'ping', id: 7 });
  expect(sent).toEqual([{ type: 'pong', id: 7 }]);
});

test('a bot asks for four doors at once, and for the next when it has one or is refused', async () => {
  const { channel, sent, say } = connected();
  const doors = Promise.allSettled(Array.from({ length: 6 }, () => channel.door()));
  await turn();
  const asked = () => sent.map((message) => ('id' in message ? message.id : undefined));
  expect(asked()).toEqual([1, 2, 3, 4]);
  say({ type: 'door', id: 2, refused: 'too many doors at once' });
  await turn();
  expect(asked()).toEqual([1, 2, 3, 4, 5]);
  const socket = new Socket();
  for (const id of [1, 3, 4, 5]) say({ type: 'door', id }, socket);
  await turn();
  say({ type: 'door', id: 6 }, socket);
  expect((await doors).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  socket.destroy();
});
