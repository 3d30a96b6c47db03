import { isEphemeral } from '../interactions/plan.ts';
import { isRaw, text, type Raw } from '../discord/raw.ts';

/** A message of the bot that carries buttons. */
export interface ControlMessage {
  readonly id: string;
  readonly channel: string;
}

/** Only this many of the newest are remembered. */
const most = 500;

/**
 * Messages of one tenant's bot whose buttons may still be pressed, so that the buttons can be removed when the bot is
 * suspended or deleted. Learnt from what the bot sends and from Discord's responses.
 */
export class Controls {
  readonly #channels = new Map<string, string>();
  #changes = 0;

  /** Grows with every change; shows whether what was saved is current. */
  get changes(): number {
    return this.#changes;
  }

  /** Newest first. */
  messages(): ControlMessage[] {
    return [...this.#channels].map(([id, channel]) => ({ id, channel })).reverse();
  }

  /** The bot has sent or edited a message; `made` is the message in Discord's response. */
  sent(body: Raw, made: unknown): void {
    if (!isRaw(made) || !Array.isArray(body['components'])) return;
    const id = text(made['id']);
    const channel = text(made['channel_id']);
    if (id === undefined || channel === undefined || isEphemeral(made)) return;
    if (body['components'].length === 0) return this.gone(id);
    this.#channels.delete(id);
    this.#channels.set(id, channel);
    this.#changes += 1;
    const oldest = this.#channels.keys().next().value;
    if (this.#channels.size > most && oldest !== undefined) this.#channels.delete(oldest);
  }

  /** The message is deleted, or no longer has buttons. */
  gone(id: string): void {
    if (this.#channels.delete(id)) this.#changes += 1;
  }

  restore(messages: readonly ControlMessage[]): void {
    for (const { id, channel } of messages.toReversed()) this.#channels.set(id, channel);
  }
}
