import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { DiscordCall } from '../rest/discord-rest.ts';
import type { Raw } from '../state/raw.ts';
import type { WitnessedTransaction } from '../witness/witness.ts';
import { edgeDeferral, interactionLifeMs, trackedInteraction, type TrackedInteraction } from './interaction.ts';

/** One call to Discord with an interaction's own token; without the bot's. */
export type InteractionSend = (call: Omit<DiscordCall, 'authorized'>) => Promise<Response>;

export interface InteractionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: InteractionSend;
  /** Discord gives 3 s; the edge steps in before. */
  readonly deferAfterMs?: number;
  readonly most?: number;
}

/** An interaction as it is saved with the session, so that a restarted edge goes on with it. */
export type SavedInteraction = Omit<TrackedInteraction, 'transaction' | 'payload'> & {
  readonly transaction: WitnessedTransaction | null;
  readonly payload: Raw | null;
};

interface Entry {
  readonly interaction: TrackedInteraction;
  /** One thing at a time happens to an interaction. */
  turn: Promise<unknown>;
  cancelDeferral: () => void;
}

const nothing = (): void => undefined;

/**
 * The interactions of one tenant until they are answered or 15 minutes old. When no bot has called back in time, the
 * edge defers in its place, so that a crash, an upgrade or a slow start costs nobody "The application did not respond".
 */
export class Interactions {
  readonly #options: InteractionsOptions;
  readonly #deferAfterMs: number;
  readonly #most: number;
  readonly #byId = new Map<string, Entry>();
  readonly #byToken = new Map<string, Entry>();

  #changes = 0;

  constructor(options: InteractionsOptions) {
    this.#options = options;
    this.#deferAfterMs = options.deferAfterMs ?? 2_000;
    this.#most = options.most ?? 1_000;
  }

  /** Grows with every change; tells whether what was saved is still true. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Starts to follow an interaction; false when it is known already (a resumed session repeats itself) or is none.
   * `ageMs` is how old it is on arrival.
   */
  add(data: Raw, transaction: WitnessedTransaction | undefined, ageMs = 0): boolean {
    const interaction = trackedInteraction(data, transaction, this.#options.clock.now() - ageMs);
    if (!interaction || this.#byId.has(interaction.id)) return false;
    this.#keep(interaction);
    this.#deferLater(interaction.id, Math.max(0, this.#deferAfterMs - ageMs));
    return true;
  }

  byId(id: string, token: string): TrackedInteraction | undefined {
    const entry = this.#alive(this.#byId.get(id));
    return entry?.interaction.token === token ? entry.interaction : undefined;
  }

  byToken(token: string): TrackedInteraction | undefined {
    return this.#alive(this.#byToken.get(token))?.interaction;
  }

  /** Those that a bot has still to answer, oldest first. */
  unanswered(): TrackedInteraction[] {
    this.#sweep();
    return [...this.#byId.values()]
      .map((entry) => entry.interaction)
      .filter(({ state, payload, lost }) => state !== 'answered' && payload !== undefined && !lost);
  }

  /**
   * The bot is gone or replaced: what it had deferred and not answered counts as deferred for it, so that the next bot
   * can answer as if it were the first to hear of it.
   */
  takeOver(): void {
    for (const { interaction } of this.#byId.values()) {
      if (interaction.state !== 'acknowledged') continue;
      interaction.state = 'deferred';
      interaction.owed = undefined;
    }
  }

  /** Runs what a bot does to an interaction after whatever else is happening to it. */
  async inTurn<Result>(interaction: TrackedInteraction, work: () => Promise<Result>): Promise<Result> {
    const entry = this.#byId.get(interaction.id);
    if (!entry) return work();
    const turn = entry.turn.then(work, work);
    // Only its end counts: a result kept here would be Discord's whole answer, for 15 minutes.
    entry.turn = turn.then(nothing, nothing);
    try {
      return await turn;
    } finally {
      this.#changes += 1;
    }
  }

  answered(interaction: TrackedInteraction): void {
    interaction.state = 'answered';
    interaction.payload = undefined;
    const entry = this.#byId.get(interaction.id);
    entry?.cancelDeferral();
    if (entry) entry.cancelDeferral = nothing;
  }

  save(): SavedInteraction[] {
    this.#sweep();
    return [...this.#byId.values()].map(({ interaction }) => ({
      ...interaction,
      transaction: interaction.transaction ?? null,
      payload: interaction.payload ?? null,
    }));
  }

  /** Goes on with what an earlier edge followed. */
  restore(saved: readonly SavedInteraction[]): void {
    for (const { transaction, payload, ...rest } of saved) {
      if (this.#byId.has(rest.id)) continue;
      this.#keep({ ...rest, transaction: transaction ?? undefined, payload: payload ?? undefined });
      if (rest.state === 'pending') {
        this.#deferLater(rest.id, Math.max(0, rest.receivedAtMs + this.#deferAfterMs - this.#options.clock.now()));
      }
    }
    this.takeOver();
  }

  close(): void {
    for (const entry of this.#byId.values()) entry.cancelDeferral();
    this.#byId.clear();
    this.#byToken.clear();
  }

  #keep(interaction: TrackedInteraction): void {
    this.#sweep();
    const oldest = this.#byId.values().next().value;
    if (oldest && this.#byId.size >= this.#most) this.#forget(oldest);
    const entry: Entry = { interaction, turn: Promise.resolve(), cancelDeferral: nothing };
    this.#changes += 1;
    this.#byId.set(interaction.id, entry);
    this.#byToken.set(interaction.token, entry);
  }

  #deferLater(id: string, delayMs: number): void {
    const entry = this.#byId.get(id);
    if (!entry) return;
    entry.cancelDeferral = this.#options.clock.after(delayMs, () => {
      this.inTurn(entry.interaction, () => this.#defer(entry.interaction)).catch((error: unknown) => {
        this.#options.logger.warn({ err: error, interaction: id }, 'could not defer an interaction');
      });
    });
  }

  async #defer(interaction: TrackedInteraction): Promise<void> {
    if (interaction.state !== 'pending') return;
    const deferral = edgeDeferral(interaction);
    const answer = await this.#options.send({
      method: 'POST',
      path: `/interactions/${interaction.id}/${interaction.token}/callback`,
      body: { type: deferral.type, ...(deferral.type === 8 ? { data: { choices: [] } } : {}) },
    });
    if (answer.ok) {
      interaction.deferral = deferral;
      interaction.state = 'deferred';
      if (deferral.type === 8) interaction.payload = undefined;
      return;
    }
    // 404: too late, Discord has forgotten it. 400: something else has answered it.
    if (answer.status === 404 || answer.status === 400) interaction.lost = true;
    this.#options.logger.warn({ interaction: interaction.id, status: answer.status }, 'could not defer an interaction');
  }

  #alive(entry: Entry | undefined): Entry | undefined {
    return entry && this.#options.clock.now() - entry.interaction.receivedAtMs < interactionLifeMs ? entry : undefined;
  }

  #sweep(): void {
    for (const entry of this.#byId.values()) {
      if (this.#alive(entry)) return;
      this.#forget(entry);
    }
  }

  #forget(entry: Entry): void {
    entry.cancelDeferral();
    this.#byId.delete(entry.interaction.id);
    this.#byToken.delete(entry.interaction.token);
  }
}
