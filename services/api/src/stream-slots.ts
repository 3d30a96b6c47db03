import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { SharedCounts, Statement } from '#infra/shared-state/shared-counts.ts';

/** How often an api says how many streams it has open. */
const sayEveryMs = 1_000;
/** The streams of an api that has not said so for this long have ended with it. */
const heardForMs = 4_000;

export interface StreamSlotsOptions {
  /** Which kind of stream: each is counted by itself. */
  readonly kind: string;
  /** At all apis together, as long as they can hear of each other; otherwise at each. */
  readonly perSubject: number;
  /** At this api. */
  readonly total: number;
  readonly counts: SharedCounts;
  readonly clock: Clock;
}

/**
 * How many streams of one kind may be open, per person and in total. A person's slots are permits with a lease: an api
 * says how many it has given before it opens a stream, and again every second. Two that do so at once hear of each
 * other, so that together they give no more than there are; each may then refuse the last one.
 */
export class StreamSlots implements Disposable {
  readonly #options: StreamSlotsOptions;
  readonly #open = new Map<string, number>();
  #count = 0;
  #cancel: () => void;

  constructor(options: StreamSlotsOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(sayEveryMs, () => void this.#say());
  }

  /**
   * The returned function releases the slot.
   * @throws BailiwickError stream.too-many (429)
   */
  async take(subject: string): Promise<() => void> {
    if (this.#openOf(subject) >= this.#options.perSubject || this.#count >= this.#options.total) throw tooMany();
    const release = this.#taken(subject);
    const others = await this.#heard(subject);
    if (this.#openOf(subject) + others <= this.#options.perSubject) return release;
    release();
    throw tooMany();
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#cancel = () => undefined;
  }

  #openOf(subject: string): number {
    return this.#open.get(subject) ?? 0;
  }

  #taken(subject: string): () => void {
    this.#open.set(subject, this.#openOf(subject) + 1);
    this.#count += 1;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#count -= 1;
      const left = this.#openOf(subject) - 1;
      if (left > 0) this.#open.set(subject, left);
      else this.#open.delete(subject);
      void this.#heard(subject);
    };
  }

  /** Says how many this api has open for a person. @returns how many the others have, as far as that can be known */
  async #heard(subject: string): Promise<number> {
    const { counts } = this.#options;
    if (!counts.isShared) return 0;
    const [others = []] = await counts.exchange([this.#statementOf(subject)]).catch(() => []);
    return others.reduce((sum, [open = 0]) => sum + open, 0);
  }

  #statementOf(subject: string): Statement {
    const open = this.#openOf(subject);
    const counts = open === 0 ? [] : [open];
    return { name: `${this.#options.kind} of ${subject}`, counts, forMs: heardForMs };
  }

  async #say(): Promise<void> {
    const { counts, clock } = this.#options;
    const statements = [...this.#open.keys()].map((subject) => this.#statementOf(subject));
    if (counts.isShared && statements.length > 0) await counts.exchange(statements).catch(() => undefined);
    this.#cancel();
    this.#cancel = clock.after(sayEveryMs, () => void this.#say());
  }
}

/** Slots that are given back with the app. */
export function slotsOf(
  app: { addHook(name: 'onClose', close: () => Promise<void>): unknown },
  { counts, clock }: Pick<StreamSlotsOptions, 'counts' | 'clock'>,
  limits: Pick<StreamSlotsOptions, 'kind' | 'perSubject' | 'total'>,
): StreamSlots {
  const slots = new StreamSlots({ ...limits, counts, clock });
  app.addHook('onClose', async () => slots[Symbol.dispose]());
  return slots;
}

const tooMany = () => callerFault('stream.too-many', 'Too many streams of this kind are open. Close one first.', 429);
