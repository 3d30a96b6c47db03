import { Worker } from 'node:worker_threads';
import { callerFault, platformFault } from './errors.ts';
import { parseBoundedYaml, YamlFault } from './bounded-yaml.ts';

/** A document up to this size is parsed in place: that takes less time than starting a thread. */
const shortLength = 4 * 1024;
/** A document at its bounds takes a tenth of this. */
const timeoutMs = 3_000;
const maxThreads = 2;
const maxWaiting = 16;
const memoryMb = 64;

/** The thread's result: the value, why it is not YAML, or which bound the document exceeds. */
export type YamlReading =
  | { readonly value: unknown }
  | { readonly notYaml: string }
  | { readonly code: string; readonly message: string };

let running = 0;
const waiting: (() => void)[] = [];

/**
 * parseBoundedYaml, for a long document in a separate thread. The YAML library takes several milliseconds per kilobyte,
 * so a long document would block everything else; in its thread it has its own limits of time and memory.
 * @throws as parseBoundedYaml; document.too-slow (400), document.busy (503)
 */
export async function parseYamlApart(text: string): Promise<unknown> {
  if (text.length <= shortLength) return parseBoundedYaml(text);
  await slot();
  try {
    const reading = await readInThread(text);
    if ('value' in reading) return reading.value;
    throw 'notYaml' in reading ? new YamlFault(reading.notYaml) : callerFault(reading.code, reading.message, 400);
  } finally {
    // The slot is passed to the next one, so that nobody else takes it before that one runs.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

async function slot(): Promise<void> {
  if (running >= maxThreads) {
    if (waiting.length >= maxWaiting)
      throw platformFault('document.busy', 'Too many documents are being read. Try again in a moment.');
    return new Promise((resolve) => void waiting.push(resolve));
  }
  running += 1;
}

async function readInThread(text: string): Promise<YamlReading> {
  const worker = new Worker(new URL('yaml-worker.ts', import.meta.url), {
    workerData: text,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  const slow = callerFault('document.too-slow', 'The document takes too long to read.', 400);
  const { promise, resolve, reject } = Promise.withResolvers<YamlReading>();
  const timer = setTimeout(() => reject(slow), timeoutMs);
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(slow));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
