import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';

/** A statement that was sent and answered, or failed. Its text has no values: those are parameters. */
export interface DoneStatement {
  readonly text: string;
  /** As long as its sender waited, in milliseconds. */
  readonly tookMs: number;
  /** PostgreSQL's plan for it, without values: nothing is carried out. In JSON (EXPLAIN, FORMAT JSON). */
  readonly explain: () => Promise<unknown>;
}

const done = channel('bailiwick:database:statement');

/** Calls back for each statement of this process; the result stops it. `listener` must not throw. */
export function onStatement(listener: (statement: DoneStatement) => void): Disposable {
  const received = (statement: unknown) => listener(statement as DoneStatement);
  done.subscribe(received);
  return {
    [Symbol.dispose]() {
      done.unsubscribe(received);
    },
  };
}

/** More different statements than a request ever sends; further ones are counted, not told apart. */
const mostTexts = 200;

/** What a request has sent to the database. */
export class RequestStatements {
  #count = 0;
  #ended = false;
  readonly #times = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  /** Statements of the same text that it has sent more than `most` times, and how often: in a loop, as a rule. */
  repeated(most: number): readonly (readonly [text: string, times: number])[] {
    return [...this.#times].filter(([, times]) => times > most);
  }

  add(text: string): void {
    if (this.#ended) return;
    this.#count += 1;
    if (this.#times.has(text) || this.#times.size < mostTexts) this.#times.set(text, (this.#times.get(text) ?? 0) + 1);
  }

  /** What a request has begun and nobody waits for is not its own. */
  end(): void {
    this.#ended = true;
  }
}

const requests = new AsyncLocalStorage<RequestStatements>();

/** Counts for `statements` what `work` sends, now or later. */
export const countingFor = <Result>(statements: RequestStatements, work: () => Result): Result =>
  requests.run(statements, work);

/** Every transaction has these, and they are not what a request asks for. */
const bare = /^\s*(?:begin|commit|rollback|savepoint|release|select set_config|select 1\s*$|listen|deallocate)/i;

/** To be called as a statement is sent; the result, once it is answered. */
export function statementSent(text: string, explain: DoneStatement['explain']): () => void {
  if (bare.test(text)) return ignored;
  requests.getStore()?.add(text);
  if (!done.hasSubscribers) return ignored;
  const sentMs = performance.now();
  return () => done.publish({ text, tookMs: performance.now() - sentMs, explain } satisfies DoneStatement);
}

const ignored = () => undefined;
