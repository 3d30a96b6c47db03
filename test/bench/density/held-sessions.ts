import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TestEdge, type TestTenant } from '#gateway-proxy/discord-edge/test-edge.ts';
import { benchDatabase } from '../database.ts';
import { settledPssMiB } from './memory.ts';

/** After this many sessions, all one-time allocations are done. */
const before = 10;

/**
 * Memory of one more session in the edge, and in a process of plain discord.js clients: PSS in MiB, each the growth
 * over `count` sessions of bots in a guild of their own, where nothing happens.
 */
export async function heldSessions(count: number): Promise<{ readonly edgeMiB: number; readonly plainMiB: number }> {
  await using stack = new AsyncDisposableStack();
  const database = await benchDatabase(['identity', 'edge'], { durable: false }, stack);
  const edge = stack.use(await TestEdge.create({ database }));
  const process = await edge.spawn();
  const tenants: TestTenant[] = [];
  const connect = async (upTo: number) => {
    while (tenants.length < upTo) tenants.push(await edge.connected(`Tenant ${tenants.length}`));
  };
  const edgeMiB = await growth(process, connect, count);
  await edge.stop();

  const plain = fork(fileURLToPath(new URL('./plain-sessions.ts', import.meta.url)));
  try {
    let held = 0;
    const logIn = async (upTo: number) => {
      const tokens = tenants.slice(held, upTo).map(({ application }) => application.token);
      held = upTo;
      plain.send({ apiUrl: edge.sandbox.discord.apiUrl, tokens });
      await once(plain, 'message');
    };
    return { edgeMiB, plainMiB: await growth(plain, logIn, count) };
  } finally {
    plain.kill();
  }
}

async function growth(of: ChildProcess, hold: (upTo: number) => Promise<void>, count: number): Promise<number> {
  const pid = of.pid ?? 0;
  await hold(before);
  const first = await settledPssMiB(pid);
  await hold(before + count);
  return ((await settledPssMiB(pid)) - first) / count;
}
