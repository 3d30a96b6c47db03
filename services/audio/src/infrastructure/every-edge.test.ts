import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { followEveryEdge } from './every-edge.ts';

/** One edge's stream, which says what the test says. */
class Stream {
  readonly #lines: unknown[] = [];
  #wake = Promise.withResolvers<void>();
  #ended = false;
  #error: unknown;

  say(...lines: unknown[]): void {
    this.#lines.push(...lines);
    this.#wake.resolve();
  }

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake.resolve();
  }

  async *read(signal: AbortSignal): AsyncGenerator<unknown> {
    signal.addEventListener('abort', () => this.end());
    while (!this.#ended || this.#lines.length > 0) {
      if (this.#lines.length > 0) yield this.#lines.shift();
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    }
    if (this.#error !== undefined) throw this.#error;
  }
}

const current = { kind: 'current' };
let clock: FakeClock;
let streams: Map<string, Stream>;
let edges: { ids: string[]; changed: () => void };
let heard: unknown[];
let outcome: string | undefined;
let stop: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  edges = { ids: ['a', 'b'], changed: () => undefined };
  streams = new Map(['a', 'b'].map((id) => [id, new Stream()]));
  heard = [];
  outcome = undefined;
  stop = new AbortController();
});

const at = (id: string): Stream => streams.get(id) ?? new Stream();
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}
async function follow(): Promise<void> {
  const followed = {
    ids: edges.ids,
    onChanged(listener: () => void) {
      edges.changed = listener;
      return () => undefined;
    },
  };
  const open = (id: string, signal: AbortSignal) => at(id).read(signal);
  (async () => {
    for await (const line of followEveryEdge({ edges: followed, open, clock }, stop.signal)) heard.push(line);
  })().then(
    () => (outcome = 'ended'),
    (error: unknown) => (outcome = String(error)),
  );
  await settled();
}

describe('the voice events of two edges', () => {
  it('come as one stream, which is current once both are', async () => {
    await follow();
    at('a').say('a1', current);
    await settled();
    expect(heard).toEqual(['a1']);
    at('b').say('b1', current, 'b2');
    await settled();
    at('a').say('a2');
    await settled();
    expect(heard).toEqual(['a1', 'b1', current, 'b2', 'a2']);
    expect(outcome).toBeUndefined();
  });

  it('go on while one edge is gone, and begin anew when the edges have changed', async () => {
    await follow();
    at('a').say(current);
    at('b').say(current);
    at('a').end(new Error('gone'));
    await settled();
    at('b').say('b1');
    await settled();
    expect([heard.at(-1), outcome]).toEqual(['b1', undefined]);
    edges.changed();
    await settled();
    expect(outcome).toBe('Error: gone');
  });

  it('begin anew when an edge whose stream broke has not been replaced', async () => {
    await follow();
    at('a').end();
    await settled();
    clock.advance(4_999);
    await settled();
    expect(outcome).toBeUndefined();
    clock.advance(1);
    await settled();
    expect(outcome).toBe('ended');
  });

  it('end at once when both are gone, and when nobody listens any more', async () => {
    await follow();
    at('a').end();
    at('b').end(new Error('cut'));
    await settled();
    expect(outcome).toBe('Error: cut');
    streams = new Map(['a', 'b'].map((id) => [id, new Stream()]));
    outcome = undefined;
    await follow();
    stop.abort();
    await settled();
    expect(outcome).toBe('ended');
  });
});
