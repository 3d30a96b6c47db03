import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import { shownAnswer, type InteractionDoor } from './shown-answer.ts';
import { isMomentary } from '../discord/discord-answers.ts';
import { text, type Raw } from '../discord/raw.ts';
import type { WitnessedTransaction } from '../witness/witness.ts';
import { Ages } from './ages.ts';
import { sendCallback } from './callback.ts';
import {
  callbackDeadlineMs,
  edgeDeferral,
  interactionLifeMs,
  trackedInteraction,
  type SavedInteraction,
  type TrackedInteraction,
} from './interaction.ts';
import { cancelTimers, createEntry, deferAgainInMs, isOpen, nothing, type Entry } from './entry.ts';
import { lastWord } from './last-word.ts';

export interface InteractionsOptions extends InteractionDoor {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Delivers an interaction to the bot, or keeps it for the next one. */
  readonly deliver: (interaction: TrackedInteraction) => void;
  /** Called for each that the bot did not answer: too late for Discord, or closed with an apology. */
  readonly ended: (how: 'too-late' | 'closed') => void;
  /** Discord waits 3 s; the edge steps in earlier. */
  readonly deferAfterMs?: number | undefined;
  /** A deferred interaction without an answer by then is closed. */
  readonly closeAfterMs?: number;
  readonly most?: number;
  /** Called when an interaction has changed. */
  readonly changed?: (interaction: TrackedInteraction) => void;
}

const closeBackoff = { minMs: 1_000, maxMs: 30_000 };
/** A bot that has just attached gets this long for the interactions that it found waiting. */
const secondChanceMs = 30_000;
/** Well before the token expires. */
const closeAtTheLatestMs = 14 * 60_000;

/**
 * The interactions of one tenant until they are answered or 15 minutes old. If no bot has called back in time, the edge
 * defers in its place, so that a crash, an upgrade or a slow start never causes "The application did not respond". An
 * interaction that is then not answered is closed with an apology; one that Discord no longer waits for is not
 * delivered to the bot.
 */
export class Interactions {
  readonly #options: InteractionsOptions;
  readonly #deferAfterMs: number;
  readonly #closeAfterMs: number;
  readonly #most: number;
  readonly #ages: Ages;
  readonly #byId = new Map<string, Entry>();
  readonly #byToken = new Map<string, Entry>();

  #changes = 0;

  constructor(options: InteractionsOptions) {
    this.#options = options;
    this.#deferAfterMs = options.deferAfterMs ?? 1_500;
    this.#closeAfterMs = options.closeAfterMs ?? 75_000;
    this.#most = options.most ?? 1_000;
    this.#ages = new Ages(options.clock);
  }

  /** Grows with every change; shows whether what was saved is current. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Starts to track an interaction and delivers it to the bot, unless it is already known (a resumed session repeats
   * dispatches) or is not an interaction. One that arrives when its time is nearly over is deferred first, and
   * delivered if Discord accepts that.
   */
  add(data: Raw, transaction: WitnessedTransaction | undefined): void {
    const ageMs = this.#ages.of(text(data['id']) ?? '');
    const interaction = trackedInteraction(data, transaction, this.#options.clock.now() - ageMs);
    if (!interaction || this.#byId.has(interaction.id)) return;
    const entry = this.#keep(interaction);
    entry.held = ageMs >= this.#deferAfterMs;
    this.#deferLater(entry, Math.max(0, this.#deferAfterMs - ageMs));
    if (!entry.held) this.#options.deliver(interaction);
  }

  byId(id: string, token: string): TrackedInteraction | undefined {
    const entry = this.#alive(this.#byId.get(id));
    return entry?.interaction.token === token ? entry.interaction : undefined;
  }

  byToken(token: string): TrackedInteraction | undefined {
    return this.#alive(this.#byToken.get(token))?.interaction;
  }

  /** Those that a bot still has to answer, oldest first. */
  unanswered(): TrackedInteraction[] {
    this.#sweep();
    return [...this.#byId.values()]
      .filter(({ interaction, held }) => isOpen(interaction) && interaction.payload !== undefined && !held)
      .map((entry) => entry.interaction);
  }

  /**
   * The bot is gone or replaced: what it had deferred and not answered counts as deferred for it, so that the next bot
   * can answer as if it were the first.
   */
  takeOver(): void {
    const now = this.#options.clock.now();
    for (const entry of this.#byId.values()) {
      const { interaction } = entry;
      const ageMs = now - interaction.receivedAtMs;
      if (interaction.state === 'pending' && ageMs >= this.#deferAfterMs) entry.held = true;
      const latestMs = interaction.receivedAtMs + closeAtTheLatestMs;
      entry.closeAtMs = Math.max(entry.closeAtMs, Math.min(now + secondChanceMs, latestMs));
      if (interaction.state !== 'acknowledged') continue;
      interaction.state = 'deferred';
      interaction.owed = undefined;
    }
  }

  /** Runs a bot's operation on an interaction after any others in progress. */
  async inTurn<Result>(interaction: TrackedInteraction, work: () => Promise<Result>): Promise<Result> {
    const entry = this.#byId.get(interaction.id);
    if (!entry) return work();
    const turn = entry.turn.then(work, work);
    // Only its completion matters: a result kept here would hold Discord's whole response for 15 minutes.
    entry.turn = turn.then(nothing, nothing);
    try {
      return await turn;
    } finally {
      this.#changes += 1;
      this.#options.changed?.(interaction);
    }
  }

  answered(interaction: TrackedInteraction): void {
    const entry = this.#byId.get(interaction.id);
    if (entry && interaction.state === 'pending') this.#ages.answerable(interaction.id, entry.arrivedAtMs);
    interaction.state = 'answered';
    interaction.payload = undefined;
    if (entry) cancelTimers(entry);
  }

  /** Discord now waits for content. */
  deferred(interaction: TrackedInteraction): void {
    const entry = this.#byId.get(interaction.id);
    if (!entry) return;
    entry.cancelDeferral();
    if (interaction.deferral?.type === 8) {
      interaction.payload = undefined;
      return;
    }
    this.#closeLater(entry, 0);
    if (!entry.held) return;
    entry.held = false;
    this.#options.deliver(interaction);
  }

  /** Discord no longer waits for an answer: nothing is done for this one. */
  missed(interaction: TrackedInteraction): void {
    interaction.lost = true;
    interaction.payload = undefined;
    this.#byId.get(interaction.id)?.cancelDeferral();
    this.#options.ended('too-late');
    this.#options.logger.warn({ interaction: interaction.id }, 'an interaction expired before it was answered');
  }

  save(): SavedInteraction[] {
    this.#sweep();
    return [...this.#byId.values()].map(({ interaction }) => ({
      ...interaction,
      transaction: interaction.transaction ?? null,
      payload: interaction.payload ?? null,
    }));
  }

  /** Continues with what an earlier edge tracked. */
  restore(saved: readonly SavedInteraction[]): void {
    for (const { transaction, payload, ...rest } of saved) {
      if (this.#byId.has(rest.id)) continue;
      const interaction = { ...rest, transaction: transaction ?? undefined, payload: payload ?? undefined };
      const entry = this.#keep(interaction);
      if (!isOpen(interaction)) continue;
      if (rest.state !== 'pending') this.#lookWhetherShown(entry);
      else this.#deferLater(entry, Math.max(0, rest.receivedAtMs + this.#deferAfterMs - this.#options.clock.now()));
    }
    this.takeOver();
  }

  /** What was answered after it was saved is not given to a bot again, and not closed. */
  #lookWhetherShown(entry: Entry): void {
    const { interaction } = entry;
    entry.held = true;
    entry.calledBack = true;
    this.#closeLater(entry, 0);
    const look = async () => {
      const shown = await shownAnswer(this.#options, interaction).finally(() => {
        entry.held = false;
      });
      if (shown) this.answered(interaction);
      else if (isOpen(interaction) && interaction.payload !== undefined) this.#options.deliver(interaction);
    };
    this.#inTurnAlone(entry, look, 'could not look whether an interaction was answered');
  }

  /**
   * The bot answered this one before it was sent again. It counts if something was called back that this edge did not
   * see: what Discord shows does not tell whether more is to come, below a button or where the original was deleted.
   */
  endedBefore(id: string): void {
    const entry = this.#byId.get(id);
    if (!entry?.calledBack || !isOpen(entry.interaction)) return;
    this.#inTurnAlone(entry, async () => this.answered(entry.interaction), 'could not note an answer');
  }

  /** Resolves when what is being done for interactions at this moment has ended, or after this time. */
  async settled(withinMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(withinMs, late.resolve);
    await Promise.race([Promise.all([...this.#byId.values()].map(({ turn }) => turn)), late.promise]);
    cancel();
  }

  close(): void {
    for (const entry of this.#byId.values()) cancelTimers(entry);
    this.#byId.clear();
    this.#byToken.clear();
  }

  #keep(interaction: TrackedInteraction): Entry {
    this.#sweep();
    if (this.#byId.size >= this.#most) {
      const entries = [...this.#byId.values()];
      const least = entries.find((each) => !isOpen(each.interaction)) ?? entries[0];
      if (least) this.#forget(least);
    }
    const closeAtMs = interaction.receivedAtMs + this.#closeAfterMs;
    const entry = createEntry(interaction, this.#options.clock.now(), closeAtMs);
    this.#changes += 1;
    this.#byId.set(interaction.id, entry);
    this.#byToken.set(interaction.token, entry);
    return entry;
  }

  #deferLater(entry: Entry, delayMs: number, attempt = 0): void {
    entry.cancelDeferral();
    entry.cancelDeferral = this.#options.clock.after(delayMs, () =>
      this.#inTurnAlone(entry, () => this.#defer(entry, attempt), 'could not defer an interaction'),
    );
  }

  async #defer(entry: Entry, attempt: number): Promise<void> {
    const { interaction } = entry;
    if (interaction.state !== 'pending' || interaction.lost) return;
    const deferral = edgeDeferral(interaction);
    const body = { type: deferral.type, ...(deferral.type === 8 ? { data: { choices: [] } } : {}) };
    const outcome = await sendCallback(this.#options, interaction, body);
    if (outcome.heard === 'not') return this.#deferAgain(entry, outcome.answer, attempt);
    if (outcome.heard === 'before') {
      if (outcome.shown) return this.answered(interaction);
      entry.calledBack = true;
    }
    if (outcome.heard === 'now') {
      this.#ages.answerable(interaction.id, entry.arrivedAtMs);
      interaction.deferral = deferral;
      interaction.state = 'deferred';
    }
    this.deferred(interaction);
  }

  /** Retries as long as Discord waits; for longer if Discord may have received it. */
  #deferAgain(entry: Entry, answer: Response, attempt: number): void {
    const { interaction } = entry;
    const ageMs = this.#options.clock.now() - interaction.receivedAtMs;
    const untilMs = interaction.sent ? closeAtTheLatestMs : callbackDeadlineMs;
    if (interaction.lost || !isMomentary(answer) || ageMs >= untilMs) return this.missed(interaction);
    this.#deferLater(entry, deferAgainInMs(answer.headers, attempt), attempt + 1);
  }

  #closeLater(entry: Entry, attempt: number): void {
    entry.cancelClosing();
    const dueInMs = Math.max(0, entry.closeAtMs - this.#options.clock.now());
    const delayMs = attempt === 0 ? dueInMs : backoffDelayMs(attempt - 1, closeBackoff);
    entry.cancelClosing = this.#options.clock.after(delayMs, () =>
      this.#inTurnAlone(entry, () => this.#closeWithWord(entry, attempt), 'could not close an interaction'),
    );
  }

  /** No bot has answered it. If the bot has acknowledged it, what the bot sends later replaces this text. */
  async #closeWithWord(entry: Entry, attempt: number): Promise<void> {
    const { interaction } = entry;
    const { clock, send, applicationId, ended, logger } = this.#options;
    if (!isOpen(interaction) || interaction.payload === undefined) return;
    if (clock.now() < entry.closeAtMs) return this.#closeLater(entry, 0);
    if (await shownAnswer(this.#options, interaction)) return this.answered(interaction);
    const answer = await lastWord(send, applicationId, interaction);
    const again = isMomentary(answer);
    const harmless = again === 'not-done' || (again === 'unknown' && interaction.deferral?.type === 5);
    if (harmless && clock.now() - interaction.receivedAtMs < interactionLifeMs)
      return this.#closeLater(entry, attempt + 1);
    interaction.payload = undefined;
    if (interaction.state === 'deferred') interaction.lost = true;
    ended('closed');
    logger.warn({ interaction: interaction.id, status: answer.status }, 'closed an unanswered interaction');
  }

  #inTurnAlone(entry: Entry, work: () => Promise<void>, failure: string): void {
    const { id } = entry.interaction;
    this.inTurn(entry.interaction, work).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, interaction: id }, failure);
    });
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
    entry.interaction.lost = true;
    this.#options.changed?.(entry.interaction);
    cancelTimers(entry);
    this.#byId.delete(entry.interaction.id);
    this.#byToken.delete(entry.interaction.token);
  }
}
