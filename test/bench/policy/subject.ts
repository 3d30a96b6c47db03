import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '#services/cli/src/up/process-flags.ts';
import type { BenchTenant, Question } from './documents.ts';

/** How a subject starts: with a database, or with the policies themselves. */
interface Start {
  readonly databaseUrl?: string;
  readonly tenants?: readonly BenchTenant[];
}

interface Answers {
  /** For each question. */
  readonly ms: readonly number[];
  readonly allowed: readonly boolean[];
}

/** Something that decides, alone in its process, so that its memory is its own. */
export interface Subject {
  readonly pid: number;
  ask(questions: readonly Question[]): Promise<Answers>;
}

type Decide = (question: Question) => boolean | Promise<boolean>;

/** In the subject's process: answers one question after the other. */
export function serve(open: (start: Start) => Promise<Decide>): void {
  process.once('disconnect', () => process.exit());
  process.once('message', (start: Start) => {
    void open(start).then((decide) => {
      process.on('message', (questions: readonly Question[]) => void answer(decide, questions).then(send));
      send('ready');
    });
  });
}

const send = (message: unknown): void => void process.send?.(message);

export async function answer(decide: Decide, questions: readonly Question[]): Promise<Answers> {
  const [ms, allowed]: [number[], boolean[]] = [[], []];
  for (const question of questions) {
    const startedMs = performance.now();
    allowed.push(await decide(question));
    ms.push(performance.now() - startedMs);
  }
  return { ms, allowed };
}

/** Starts a file of this folder as a subject. */
export async function startSubject(file: string, start: Start, stack: AsyncDisposableStack): Promise<Subject> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    // As the process that decides runs.
    execArgv: [...nodeFlags('gateway-proxy')],
  });
  stack.defer(() => void child.kill());
  await told(child, start);
  return { pid: child.pid ?? 0, ask: (questions) => told(child, questions) as Promise<Answers> };
}

async function told(child: ChildProcess, message: object): Promise<unknown> {
  const over = new AbortController();
  child.send(message);
  const gone = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error('a subject ended');
  });
  gone.catch(() => undefined);
  try {
    const [answered] = (await Promise.race([once(child, 'message', { signal: over.signal }), gone])) as [unknown];
    return answered;
  } finally {
    over.abort();
  }
}
