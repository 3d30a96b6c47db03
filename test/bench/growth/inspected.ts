import process from 'node:process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';

/** Where Node's inspector listens after a SIGUSR1, so only one process can be inspected at a time. */
const inspector = 'http://127.0.0.1:9229';
const memorySchema = z.object({ pid: z.number(), heapUsed: z.number(), external: z.number() });

export interface SettledMemory {
  /** MiB of live objects, after a full garbage collection. */
  readonly heapMiB: number;
  readonly externalMiB: number;
}

/**
 * What a Node process retains after garbage collection, read through its inspector, since uncollected garbage is not
 * growth. `snapshot` writes the heap to that file, for Chrome's memory view.
 */
export async function settledMemory(pid: number, snapshot?: string): Promise<SettledMemory> {
  process.kill(pid, 'SIGUSR1');
  const url = await eventually('the inspector listens', inspectorUrl, 10_000);
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 512 * 1024 * 1024 });
  await once(socket, 'open');
  const session = talkTo(socket);
  try {
    await session.ask('HeapProfiler.collectGarbage');
    const memory = memorySchema.parse(
      JSON.parse(await session.evaluate('JSON.stringify({ pid: process.pid, ...process.memoryUsage() })')),
    );
    if (memory.pid !== pid) throw new Error(`the inspector at ${inspector} is of process ${memory.pid}, not ${pid}`);
    if (snapshot !== undefined) await session.snapshot(snapshot);
    return { heapMiB: memory.heapUsed / 2 ** 20, externalMiB: memory.external / 2 ** 20 };
  } finally {
    // It closes while responding.
    void session.evaluate("process.getBuiltinModule('node:inspector').close()").catch(() => undefined);
    await once(socket, 'close');
    await eventually('the inspector is closed', async () => !(await inspectorUrl()), 10_000);
  }
}

async function inspectorUrl(): Promise<string | undefined> {
  const answer = await fetch(`${inspector}/json/list`).catch(() => undefined);
  const targets = z.array(z.object({ webSocketDebuggerUrl: z.string() })).safeParse(await answer?.json());
  return targets.data?.[0]?.webSocketDebuggerUrl;
}

const answerSchema = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.object({ chunk: z.string().optional() }).optional(),
  result: z.object({ result: z.object({ value: z.unknown() }).optional() }).optional(),
});

/** The subset of the Chrome DevTools protocol needed here. */
function talkTo(socket: WebSocket) {
  let asked = 0;
  const waiting = new Map<number, (value: unknown) => void>();
  let chunk: (text: string) => void = () => undefined;
  socket.on('message', (data: Buffer) => {
    const { id, method, params, result } = answerSchema.parse(JSON.parse(data.toString('utf8')));
    if (method === 'HeapProfiler.addHeapSnapshotChunk') chunk(params?.chunk ?? '');
    if (id === undefined) return;
    waiting.get(id)?.(result?.result?.value);
    waiting.delete(id);
  });
  const ask = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      asked += 1;
      waiting.set(asked, resolve);
      socket.once('close', () => reject(new Error('the inspector is gone')));
      socket.send(JSON.stringify({ id: asked, method, params }));
    });
  return {
    ask,
    evaluate: async (expression: string) => String(await ask('Runtime.evaluate', { expression, returnByValue: true })),
    async snapshot(file: string) {
      const stream = createWriteStream(file);
      chunk = (text) => stream.write(text);
      await ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
      stream.end();
      await once(stream, 'close');
    },
  };
}
