import type { NdjsonWriter } from '#infra/http/ndjson.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { TrackedInteraction } from '../interactions/interaction.ts';
import type { Interactions } from '../interactions/interactions.ts';
import type { Witness } from '../witness/witness.ts';
import { BotStream, type Greeting } from './bot-stream.ts';
import { InteractionWindow } from './interaction-window.ts';

export interface BotAttachmentPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly witness: Pick<Witness, 'sign'>;
  readonly interactions: Pick<Interactions, 'takeOver' | 'unanswered'>;
  /** Answers an interaction that the bot is too busy for; true if that ends it. */
  readonly refuse: (interaction: TrackedInteraction) => Promise<boolean>;
}

/** The bot as it is attached: its stream, and the interactions that it is given, each with its transaction token. */
export class BotAttachment {
  readonly stream: BotStream;
  readonly #ports: BotAttachmentPorts;
  readonly #window: InteractionWindow;

  constructor(ports: BotAttachmentPorts) {
    const { clock, logger, refuse } = ports;
    this.#ports = ports;
    this.stream = new BotStream(clock);
    this.#window = new InteractionWindow({
      clock,
      logger,
      deliver: ({ interaction, txn }) => this.stream.interaction(interaction.payload, txn),
      refuse,
    });
  }

  /** A bot attaches: it gets everything it needs to continue. */
  async attach(writer: NdjsonWriter, greeting: () => Greeting): Promise<void> {
    const { interactions, witness } = this.#ports;
    interactions.takeOver();
    const signed = await Promise.all(
      interactions.unanswered().map(async ({ id, transaction }) => [id, await witness.sign(transaction)] as const),
    );
    this.stream.attach(writer, greeting());
    this.#window.open(interactions.unanswered(), new Map(signed));
  }

  detach(writer: NdjsonWriter): void {
    if (this.stream.detach(writer)) this.#window.close();
  }

  deliver(interaction: TrackedInteraction): void {
    void this.#ports.witness.sign(interaction.transaction).then((txn) => this.#window.offer({ interaction, txn }));
  }

  changed(interaction: TrackedInteraction): void {
    this.#window.changed(interaction);
  }
}
