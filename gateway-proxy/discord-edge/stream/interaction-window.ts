import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { TrackedInteraction } from '../interactions/interaction.ts';

/** An interaction for the bot, with its transaction token. */
export interface Delivery {
  readonly interaction: TrackedInteraction;
  readonly txn: string | undefined;
}

export interface InteractionWindowOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deliver: (delivery: Delivery) => void;
  /** Tells the member that the bot is busy. False if it can be retried. */
  readonly refuse: (interaction: TrackedInteraction) => Promise<boolean>;
}

/** Delivered, and the bot has not called back. A healthy bot does so within 1.2 s (services/gateway). */
const maxUnacknowledged = 16;
/** Delivered and not answered: a bot that waits for a slow music server continues with other interactions. */
const maxUnanswered = 64;
const maxWaiting = 256;
/** After this the member is told that the bot is busy, which leaves the rest of Discord's 3 s for that answer. */
const pendingWaitMs = 1_500;
/** The same for members who already see "is thinking", and for everything that a bot finds when it attaches. */
const deferredWaitMs = 10_000;
/** A bot that has not answered for this long will not: longer than any of its calls. */
const heldAtMostMs = 20_000;
const refusalsAtOnce = 48;
const retryAfterMs = 1_000;
const reportEveryMs = 5_000;

interface Held {
  readonly delivery: Delivery;
  readonly cancel: () => void;
}

const isOpen = ({ state, payload, lost }: TrackedInteraction): boolean =>
  state !== 'answered' && payload !== undefined && !lost;

/**
 * Delivers as many interactions to a bot as it answers, in order. Those that wait too long, or find no room to wait,
 * are answered by the edge and never delivered.
 */
export class InteractionWindow {
  readonly #options: InteractionWindowOptions;
  #isOpen = false;
  readonly #delivered = new Map<string, Held>();
  readonly #waiting = new Map<string, Held>();
  readonly #refusing = new Set<string>();
  readonly #refusals: Delivery[] = [];
  #refusalsUnderWay = 0;
  #refused = 0;

  constructor(options: InteractionWindowOptions) {
    this.#options = options;
  }

  /**
   * A new bot has attached and has none of these yet. Interactions without a fresh token arrived while the tokens were
   * being signed.
   */
  open(unanswered: readonly TrackedInteraction[], tokens: ReadonlyMap<string, string | undefined>): void {
    this.close();
    this.#isOpen = true;
    const known = new Map(this.#waiting);
    this.#waiting.clear();
    for (const interaction of unanswered) {
      const txn = tokens.get(interaction.id) ?? known.get(interaction.id)?.delivery.txn;
      const isSigned = tokens.has(interaction.id) || known.has(interaction.id);
      if (isSigned) this.#take({ interaction, txn }, deferredWaitMs);
    }
  }

  /** No bot is attached: what it had, and what waits, goes to the next one. */
  close(): void {
    this.#isOpen = false;
    const all = [...this.#delivered.values(), ...this.#waiting.values()];
    this.#delivered.clear();
    this.#waiting.clear();
    for (const { delivery, cancel } of all) {
      cancel();
      if (isOpen(delivery.interaction)) this.#wait(delivery, deferredWaitMs);
    }
  }

  offer(delivery: Delivery): void {
    const { state, receivedAtMs } = delivery.interaction;
    const leftMs = receivedAtMs + pendingWaitMs - this.#options.clock.now();
    this.#take(delivery, state === 'pending' && leftMs > 0 ? leftMs : deferredWaitMs);
  }

  #take(delivery: Delivery, waitMs: number): void {
    const { interaction } = delivery;
    const isKnown = [this.#delivered, this.#waiting, this.#refusing].some((each) => each.has(interaction.id));
    if (isKnown || !isOpen(interaction)) return;
    if (this.#isOpen && this.#waiting.size === 0 && this.#hasRoom()) this.#deliver(delivery);
    else if (this.#waiting.size < maxWaiting) this.#wait(delivery, waitMs);
    else this.#refuse(delivery);
  }

  /** An interaction has changed: it may have been acknowledged, answered or lost. */
  changed(interaction: TrackedInteraction): void {
    if (isOpen(interaction)) {
      if (interaction.state !== 'acknowledged') return;
    } else {
      for (const each of [this.#delivered, this.#waiting]) {
        each.get(interaction.id)?.cancel();
        each.delete(interaction.id);
      }
    }
    this.#next();
  }

  #hasRoom(): boolean {
    if (this.#delivered.size >= maxUnanswered) return false;
    let unacknowledged = 0;
    for (const { delivery } of this.#delivered.values()) {
      if (delivery.interaction.state !== 'acknowledged') unacknowledged += 1;
    }
    return unacknowledged < maxUnacknowledged;
  }

  #deliver(delivery: Delivery): void {
    const { id } = delivery.interaction;
    const cancel = this.#options.clock.after(heldAtMostMs, () => {
      this.#delivered.delete(id);
      this.#next();
    });
    this.#delivered.set(id, { delivery, cancel });
    this.#options.deliver(delivery);
  }

  /** Without a bot it waits for one: the edge defers it in the meantime. */
  #wait(delivery: Delivery, waitMs: number): void {
    const { id } = delivery.interaction;
    const refuse = (): void => {
      this.#waiting.delete(id);
      this.#refuse(delivery);
    };
    const cancel = this.#isOpen ? this.#options.clock.after(waitMs, refuse) : () => undefined;
    this.#waiting.set(id, { delivery, cancel });
  }

  #next(): void {
    while (this.#isOpen && this.#hasRoom()) {
      const [first] = this.#waiting;
      if (!first) return;
      const [id, { delivery, cancel }] = first;
      cancel();
      this.#waiting.delete(id);
      this.#deliver(delivery);
    }
  }

  #refuse(delivery: Delivery): void {
    this.#refusing.add(delivery.interaction.id);
    this.#refusals.push(delivery);
    if (this.#refused === 0) this.#options.clock.after(reportEveryMs, () => this.#report());
    this.#refused += 1;
    this.#refuseNext();
  }

  #report(): void {
    this.#options.logger.warn({ interactions: this.#refused }, 'told members that their bot is busy');
    this.#refused = 0;
  }

  #refuseNext(): void {
    while (this.#refusalsUnderWay < refusalsAtOnce) {
      const delivery = this.#refusals.shift();
      if (!delivery) return;
      this.#refusalsUnderWay += 1;
      void this.#tell(delivery).finally(() => {
        this.#refusalsUnderWay -= 1;
        this.#refuseNext();
      });
    }
  }

  async #tell(delivery: Delivery): Promise<void> {
    const { clock, logger, refuse } = this.#options;
    const { id } = delivery.interaction;
    const told = await refuse(delivery.interaction).catch((error: unknown) => {
      logger.warn({ err: error, interaction: id }, 'could not tell a member that the bot is busy');
      return false;
    });
    if (told) {
      this.#refusing.delete(id);
      return;
    }
    clock.after(retryAfterMs, () => {
      this.#refusing.delete(id);
      this.offer(delivery);
    });
  }
}
