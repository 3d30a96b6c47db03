import { setTimeout as delay } from 'node:timers/promises';

/** Tells a story step by step; the first step that fails ends it. */
export class Story {
  readonly #say: (line: string) => void;
  readonly #between: (() => Promise<string>) | undefined;
  readonly #startedAt = Date.now();
  #number = 0;

  /** `between` is done between two steps, and returns what to say of it. */
  constructor(say: (line: string) => void, between?: () => Promise<string>) {
    this.#say = say;
    this.#between = between;
  }

  /** Runs a step and says how it went. @throws StepNotSeen */
  async step<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
    if (this.#number > 0 && this.#between) this.#say(`      ${await this.#between()}`);
    this.#number += 1;
    const began = Date.now();
    try {
      const result = await run();
      this.#say(`  ${String(this.#number).padStart(2)}. ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
      return result;
    } catch (cause) {
      throw new StepNotSeen(this.#number, what, cause);
    }
  }

  get seconds(): string {
    return ((Date.now() - this.#startedAt) / 1000).toFixed(1);
  }
}

/** Which step of the story failed, and why. */
export class StepNotSeen extends Error {
  constructor(number: number, what: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`step ${number} was not seen: ${what}\n      ${why}`, { cause });
    this.name = 'StepNotSeen';
  }
}

/** Polls until a value is there. @throws Error that says what was still missing */
export async function eventually<Result>(
  what: string,
  look: () => Promise<Result | undefined | false>,
  timeoutMs = 60_000,
): Promise<Result> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`after ${timeoutMs / 1000} s still not: ${what}`);
    await delay(100);
  }
}

/** @throws Error that says what was expected, if it does not hold */
export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
