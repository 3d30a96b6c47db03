import { isEphemeral } from '../discord/ephemeral.ts';
import { isRaw, text, type Raw } from '../discord/raw.ts';

/** A message of the bot that carries buttons. */
export interface ControlMessage {
  readonly id: string;
  readonly channel: string;
  /** It consists of components, and cannot become anything else (Discord: Message Flags, IS_COMPONENTS_V2). */
  readonly layout?: true;
}

/** Only this many of the newest are remembered. */
const most = 500;

/**
 * Messages of one tenant's bot whose buttons may still be pressed, so that the buttons can be removed when the bot is
 * suspended or deleted. Learnt from what the bot sends and from Discord's responses.
 */
export class Controls {
  readonly #messages = new Map<string, Omit<ControlMessage, 'id'>>();
  #changes = 0;

  /** Grows with every change; shows whether what was saved is current. */
  get changes(): number {
    return this.#changes;
  }

  /** Newest first. */
  messages(): ControlMessage[] {
    return [...this.#messages].map(([id, message]) => ({ id, ...message })).reverse();
  }

  /** The bot has sent or edited a message; `made` is the message in Discord's response. */
  sent(body: Raw, made: unknown): void {
    if (!isRaw(made) || !Array.isArray(body['components'])) return;
    const id = text(made['id']);
    const channel = text(made['channel_id']);
    if (id === undefined || channel === undefined || isEphemeral(made)) return;
    if (!hasControls(body['components'])) return this.gone(id);
    this.#messages.delete(id);
    const isLayout = (Number(made['flags'] ?? 0) & layoutFlag) !== 0;
    this.#messages.set(id, { channel, ...(isLayout ? { layout: true } : {}) });
    this.#changes += 1;
    const oldest = this.#messages.keys().next().value;
    if (this.#messages.size > most && oldest !== undefined) this.#messages.delete(oldest);
  }

  /** The message is deleted, or no longer has buttons. */
  gone(id: string): void {
    if (this.#messages.delete(id)) this.#changes += 1;
  }

  restore(messages: readonly ControlMessage[]): void {
    for (const { id, ...message } of messages.toReversed()) this.#messages.set(id, message);
  }
}

const layoutFlag = 1 << 15;
const actionRow = 1;

/** Buttons and menus are in rows, and rows may be in containers. */
const hasControls = (components: unknown): boolean =>
  Array.isArray(components) &&
  components.some((part) => isRaw(part) && (part['type'] === actionRow || hasControls(part['components'])));
