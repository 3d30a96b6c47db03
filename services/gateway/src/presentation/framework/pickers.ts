import type { Clock } from '#infra/kernel/clock.ts';

/** How long a member may take to pick. */
export const pickWithinMs = 60_000;
/** Each bot remembers so many; the oldest are then over at once. */
const most = 500;

interface Picker {
  readonly cancel: () => void;
  readonly over: () => void;
  isTaken: boolean;
  isDue: boolean;
}

/** Menus that may be picked from, by the interaction that each answers: for a minute, and until something came of it. */
export class Pickers {
  readonly #open = new Map<string, Picker>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `over` is called if nothing was picked in time; it must not reject. */
  open(id: string, over: () => Promise<void>): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= most && oldest !== undefined) this.#end(oldest);
    const cancel = this.#clock.after(pickWithinMs, () => this.#due(id));
    this.#open.set(id, { cancel, over: () => void over(), isTaken: false, isDue: false });
  }

  /** False if it is over, or a pick is being carried out. */
  take(id: string): boolean {
    const picker = this.#open.get(id);
    if (!picker || picker.isTaken) return false;
    picker.isTaken = true;
    return true;
  }

  /** Nothing came of the pick: another one may be made, if there is time left. */
  giveBack(id: string): void {
    const picker = this.#open.get(id);
    if (!picker) return;
    picker.isTaken = false;
    if (picker.isDue) this.#end(id);
  }

  /** Something came of it. */
  close(id: string): void {
    this.#open.get(id)?.cancel();
    this.#open.delete(id);
  }

  #due(id: string): void {
    const picker = this.#open.get(id);
    if (!picker) return;
    picker.isDue = true;
    if (!picker.isTaken) this.#end(id);
  }

  #end(id: string): void {
    const picker = this.#open.get(id);
    this.close(id);
    picker?.over();
  }
}
