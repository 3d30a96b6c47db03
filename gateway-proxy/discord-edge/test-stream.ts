/** One frame of a stream; its fields depend on its kind. */
export type Frame = Record<string, unknown> & { readonly d?: Record<string, unknown> };

/** Reads a stream and lets a test wait for what arrives on it. */
export class StreamClient {
  readonly frames: Frame[] = [];
  readonly #stop: AbortController;
  readonly #waiting = new Set<() => void>();
  readonly #handlers: ((frame: Frame) => void)[] = [];
  ended = false;

  constructor(source: AsyncIterable<unknown>, stop: AbortController) {
    this.#stop = stop;
    void this.#read(source);
  }

  /** The first matching frame, already received or still to come. */
  async next(fits: (frame: Frame) => boolean, timeoutMs = 8_000): Promise<Frame> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.frames.find(fits);
      if (found) return found;
      if (deadline.aborted || this.ended) {
        throw new Error(
          `no such frame; there were ${JSON.stringify(this.frames.map(({ op, t, kind }) => op ?? kind ?? t))}`,
        );
      }
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  /** Passes every frame on, those already received first. */
  follow(handle: (frame: Frame) => void): void {
    for (const frame of this.frames) handle(frame);
    this.#handlers.push(handle);
  }

  dispatch(t: string, fits: (d: Record<string, unknown>) => boolean = () => true): Promise<Frame> {
    return this.next((frame) => frame['t'] === t && fits(frame.d ?? {}));
  }

  async closed(): Promise<void> {
    await eventually(() => this.ended);
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(source: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const frame of source) {
        this.frames.push(frame as Frame);
        for (const handle of this.#handlers) handle(frame as Frame);
        this.#wake();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted && !(error instanceof Error)) throw error;
    }
    this.ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Polls a condition until it holds; fails after `timeoutMs`. */
export async function eventually(holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`it did not come true in ${timeoutMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
