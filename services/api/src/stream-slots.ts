import { callerFault } from '#infra/kernel/errors.ts';

/** How many streams of one kind may be open, per person and in total. */
export class StreamSlots {
  readonly #perSubject: number;
  readonly #total: number;
  readonly #open = new Map<string, number>();
  #count = 0;

  constructor({ perSubject, total }: { perSubject: number; total: number }) {
    this.#perSubject = perSubject;
    this.#total = total;
  }

  /**
   * The returned function releases the slot.
   * @throws BailiwickError stream.too-many (429)
   */
  take(subject: string): () => void {
    const own = this.#open.get(subject) ?? 0;
    if (own >= this.#perSubject || this.#count >= this.#total)
      throw callerFault('stream.too-many', 'Too many streams of this kind are open. Close one first.', 429);
    this.#open.set(subject, own + 1);
    this.#count += 1;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#count -= 1;
      const left = (this.#open.get(subject) ?? 1) - 1;
      if (left > 0) this.#open.set(subject, left);
      else this.#open.delete(subject);
    };
  }
}
