import type { Faults } from '../../faults.ts';
import { callbackDeadlineMs, failInteraction } from '../../world/interactions.ts';
import type { InteractionRecord } from '../../world/interactions.ts';
import type { World } from '../../world/world.ts';
import { postSigned } from './signed-post.ts';
import { takeCallback } from './answer.ts';

/** Delivers interactions to applications that have an endpoint URL, instead of over the gateway. */
export class HttpDelivery implements Disposable {
  readonly #world: World;
  readonly #stop: () => void;

  constructor(world: World, faults: Faults) {
    this.#world = world;
    this.#stop = world.listen((event) => {
      if (event.type !== 'interaction.created') return;
      const record = world.interactions.get(event.interactionId);
      if (record && !faults.losesInteractionsOf(record.applicationId)) void this.#deliver(record);
    });
  }

  async #deliver(record: InteractionRecord): Promise<void> {
    const application = this.#world.application(record.applicationId);
    const url = application.interactionsEndpointUrl;
    if (!url) return;
    const answer = await postSigned(application, url, record.payload, { timeoutMs: callbackDeadlineMs });
    // 202: the application answers through the callback endpoint instead.
    if (record.state !== 'pending' || answer?.status === 202) return;
    try {
      if (answer?.status !== 200) throw new Error('The endpoint did not answer 200.');
      takeCallback(this.#world, record, answer.body, []);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failInteraction(this.#world, record, 'bad-http-answer', message);
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
