import type { Logger } from '#infra/logger/logger.ts';
import { describeLeft, lastAnswer, takeLeave, type Farewell, type FarewellPorts } from './farewell.ts';
import type { TrackedInteraction } from './interactions/interaction.ts';

export interface LeaveTakingPorts extends FarewellPorts {
  readonly logger: Logger;
  /** Called with what is left at Discord, if it took too long. */
  readonly leftBehind: (what: string) => void;
}

/** A bot's leave of Discord: it is taken once, and from its beginning on the bot may send nothing. */
export class LeaveTaking {
  readonly #ports: LeaveTakingPorts;
  #begun: { readonly farewell: Farewell; readonly taken: Promise<void> } | undefined;

  constructor(ports: LeaveTakingPorts) {
    this.#ports = ports;
  }

  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  /** Resolves within seconds. Calling it again does nothing more. */
  take(farewell: Farewell): Promise<void> {
    this.#begun ??= { farewell, taken: this.#take(farewell) };
    return this.#begun.taken;
  }

  /** Answers an interaction that arrived meanwhile; false if the leave has not begun. */
  answers(interaction: TrackedInteraction): boolean {
    if (!this.#begun) return false;
    const { answers, logger } = this.#ports;
    const answer = lastAnswer(interaction, this.#begun.farewell);
    answers.callback(interaction, answer, { key: 'farewell' }).catch((error: unknown) => {
      logger.warn({ err: error, interaction: interaction.id }, 'could not send the final answer to an interaction');
    });
    return true;
  }

  async #take(farewell: Farewell): Promise<void> {
    const left = await takeLeave(this.#ports, farewell);
    const what = describeLeft(left);
    if (what === undefined) return;
    this.#ports.logger.warn({ left }, 'a bot did not finish its cleanup at Discord in time');
    this.#ports.leftBehind(what);
  }
}
